import ast
from pathlib import Path, PurePosixPath

import pytest

from mcollective_py.cli.plugin.parcel import Dependency, Script, dependencies_of, file_mode, parts_of, script_of, split
from mcollective_py.cli.plugin.source import Source, SourceFile, read_source, read_sources
from mcollective_py.errors import UsageError

AGENTS = Path(__file__).parents[3] / "agents"


def source(kind, **texts):
    files = {
        name.replace("__", "/").replace("_py", ".py").replace("_yaml", ".yaml"): SourceFile(text.encode())
        for name, text in texts.items()
    }
    return Source(kind, "x", Path("/x"), files)


def test_an_agent_is_split_by_who_needs_what():
    agent = source(
        "agents",
        agent_py="from .both import a\nfrom .host import b",
        application_py="from . import both, desk",
        both_py="",
        host_py="",
        desk_py="from .inner import c",
        inner_py="",
        other_py="",
        ddl_yaml="",
        data__d__data_py="",
        data__d__ddl_yaml="",
        validators__v__validator_py="",
        aggregates__a__aggregate_py="",
        aggregates__a__ddl_yaml="",
    )
    assert {part: [name.removeprefix("agents/x/") for name in files] for part, files in split([agent]).items()} == {
        "common": ["both.py", "data/d/ddl.yaml", "ddl.yaml", "validators/v/validator.py"],
        "agent": ["agent.py", "data/d/data.py", "host.py", "other.py"],
        "client": ["aggregates/a/aggregate.py", "aggregates/a/ddl.yaml", "application.py", "desk.py", "inner.py"],
    }


def test_what_a_validator_an_aggregate_or_a_data_plugin_imports_is_where_it_runs():
    agent = source(
        "agents",
        agent_py="from .host import a",
        host_py="",
        checks_py="",
        sums_py="",
        numbers_py="",
        validators__v__validator_py="from ...checks import a",
        aggregates__a__aggregate_py="from ...sums import a",
        data__d__data_py="from ...numbers import a",
    )
    parts = {name.removeprefix("agents/x/"): part for part, files in split([agent]).items() for name in files}
    assert {name: parts[name] for name in ("checks.py", "sums.py", "numbers.py")} == {
        "checks.py": "common",
        "sums.py": "client",
        "numbers.py": "agent",
    }


@pytest.mark.parametrize("folder", sorted(path.parent for path in AGENTS.glob("*/application.py")), ids=lambda path: path.name)
def test_the_commands_of_our_agents_are_whole_without_what_only_hosts_have(folder):
    parts = split([read_source(folder, "agents")])
    there = {*parts.get("common", {}), *parts.get("client", {})}
    for name in there:
        if name.endswith(".py"):
            text = (folder / name.removeprefix(f"agents/{folder.name}/")).read_text()
            assert "import_module" not in text, f"{name}: what it imports so is in no package for sure"
    only_on_hosts = {PurePosixPath(name).stem for name in parts["agent"]}
    for name in there:
        if name.endswith(".py"):
            tree = ast.parse((folder / name.removeprefix(f"agents/{folder.name}/")).read_text())
            told = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level}
            assert not told & only_on_hosts, name


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("data", ["common", "agent"]),
        ("validators", ["common"]),
        ("aggregates", ["client"]),
        ("discovery", ["client"]),
        ("facts", ["agent"]),
    ],
)
def test_other_kinds_go_where_they_run(kind, parts):
    assert list(split([source(kind, code_py="", ddl_yaml="")])) == parts


def test_the_folders_of_a_part_are_the_plugins_own(plugin):
    [part, _] = parts_of(read_sources(plugin("agent", "greeter")), "mcollective-py-greeter")
    assert (part.name, part.folders) == ("mcollective-py-greeter-common", ("agents/greeter",))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["jq"], [Dependency("jq")]),
        (["jq (>= 1.5)"], [Dependency("jq", ">=", "1.5")]),
        (["jq>=1.5, curl<2"], [Dependency("jq", ">=", "1.5"), Dependency("curl", "<<", "2")]),
        (["jq curl", "jq"], [Dependency("jq"), Dependency("curl")]),
    ],
)
def test_dependencies_are_read_as_they_are_written(words, expected):
    assert list(dependencies_of(words)) == expected


@pytest.mark.parametrize("word", ["jq (>= )", "a;b", "$(x)", "jq >= 1\nProvides: y", "-x"])
def test_a_dependency_that_is_none_is_refused(word):
    with pytest.raises(UsageError, match="--dependency"):
        dependencies_of([word])


def test_scripts_are_words_for_a_shell_or_name_their_program():
    assert script_of("service x reload", "--postinstall") == Script("/bin/sh", "service x reload\n")
    assert script_of("#!/bin/sh -e\ntrue\n", "--postinstall") == Script("/bin/sh", "set -e\ntrue\n")
    for text, says in (("#!sh\n", "names one program by its path"), ("a\0b", "without control characters")):
        with pytest.raises(UsageError, match=says):
            script_of(text, "--postinstall")


def test_a_program_keeps_its_mode_and_nothing_else_does():
    assert (file_mode(SourceFile(b"", True)), file_mode(SourceFile(b""))) == (0o755, 0o644)
