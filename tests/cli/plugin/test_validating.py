import json
from pathlib import Path

import pytest

from mcollective_py.cli.plugin.source import read_sources
from mcollective_py.cli.plugin.validating import lint, validate
from mcollective_py.testing import conformance_problems

TREE = Path(__file__).parents[3]


def said(folder, *, libdirs=()):
    return [f"{one.severity} {one.file}:{one.line}: {one.text}" for one in lint(read_sources(folder)[0], libdirs)]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("agent", ("--actions", "start,stop")),
        ("agent", ("--external", "sh")),
        ("agent", ("--external", "perl")),
        ("data", ("--outputs", "free,total")),
        ("validator", ()),
        ("aggregate", ()),
        ("discovery", ()),
        ("facts", ()),
    ],
)
def test_a_new_plugin_has_nothing_wrong(plugin, kind, words):
    assert said(plugin(kind, "thing", *words)) == []


@pytest.mark.parametrize(
    "folder", sorted(path for kind in ("agents", "facts") for path in (TREE / kind).iterdir() if path.is_dir()), ids=str
)
def test_what_is_shipped_has_no_errors(folder):
    if folder.name != "__pycache__":
        assert [one for one in said(folder) if one.startswith("error")] == []


def test_errors_come_with_file_and_line_and_the_exit_code_says_so(plugin, capsys, options):
    folder = plugin("agent", "greeter")
    ddl = folder / "ddl.yaml"
    ddl.write_text(ddl.read_text().replace("impact: change", "impakt: change"))
    assert validate([str(folder)], (), options("validate")) == 1
    out = capsys.readouterr().out
    assert f"{folder}/ddl.yaml:14: error: actions[0].impakt: unknown key, did you mean impact?\n" in out
    assert "agent/greeter: 1 error, 0 warnings\n" in out


def test_warnings_alone_are_0_and_with_strict_1(plugin, capsys, options):
    folder = plugin("agent", "greeter")
    (folder / "README.md").unlink()
    assert validate([str(folder)], (), options("validate")) == 0
    assert "warning: there is no README.md" in capsys.readouterr().out
    assert validate([str(folder)], (), options("validate", "--strict")) == 1


def test_json_has_every_finding(plugin, capsys, options, tmp_path):
    folder = plugin("agent", "greeter")
    (folder / "agent.py").write_text("class Greeter(\n")
    assert validate([str(folder), str(tmp_path / "none")], (), options("validate", "--json")) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["ok"], [one["name"] for one in document["plugins"]]) == (False, ["greeter", None])
    assert document["plugins"][0]["findings"][0] == {
        "severity": "error", "file": "agent.py", "line": 1, "text": "SyntaxError: '(' was never closed",
    }  # fmt: skip


def test_no_code_is_run_unless_it_is_asked_for(plugin, tmp_path, options, capsys):
    folder, mark = plugin("agent", "greeter"), tmp_path / "ran"
    text = (folder / "agent.py").read_text()
    (folder / "agent.py").write_text(f"{text}\n\nopen({str(mark)!r}, 'w').close()\n")
    assert validate([str(folder)], (), options("validate")) == 0
    assert not mark.exists()
    assert validate([str(folder)], (), options("validate", "--load")) == 0
    assert mark.exists()


def test_a_validator_beside_it_counts_as_there(plugin):
    folder = plugin("agent", "greeter")
    ddl = folder / "ddl.yaml"
    ddl.write_text(ddl.read_text().replace("validation: ^[A-Za-z0-9 _.,-]+$", "validation: polite"))
    assert any("there is no validator polite here" in one for one in said(folder))
    plugin("validator", "polite")
    assert said(folder) == []


def test_an_aggregate_that_nobody_has_is_told(plugin):
    folder = plugin("agent", "greeter")
    ddl = folder / "ddl.yaml"
    ddl.write_text(ddl.read_text().replace("function: summary", "function: most"))
    assert any("there is no aggregate most here" in one for one in said(folder))
    plugin("aggregate", "most")
    assert said(folder) == []


def test_what_an_agent_carries_is_looked_at(plugin):
    folder = plugin("agent", "greeter")
    inner = folder / "validators" / "polite"
    inner.mkdir(parents=True)
    (inner / "validator.py").write_text("class Polite:\n    'Words.'\n")
    assert said(folder) == ["error validators/polite/validator.py:1: the class Polite has no validate"]


def test_a_program_that_cannot_be_run_and_a_file_that_all_may_write_are_told(plugin):
    folder = plugin("agent", "greeter", "--external", "sh")
    (folder / "agent.sh").chmod(0o644)
    (folder / "README.md").chmod(0o666)
    found = said(folder)
    assert any("README.md:None: can be written by everybody" in one for one in found)
    (folder / "README.md").chmod(0o644)
    assert any("agent.sh is not executable" in one for one in said(folder))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("maxlength: 80", "maxlength: 0"),
        ("      validation: ^[A-Za-z0-9 _.,-]+$\n        maxlength: 80\n", ""),
        ("    output:\n      result:\n        description: What the action answers\n        display_as: Result\n        type: string\n"
         "        default: nothing\n    aggregate:\n      - function: summary\n        args:\n          - result\n", ""),
        ("impact: change", "impact: read\n    supports_noop: true"),
    ],
)  # fmt: skip
def test_whatever_the_fixtures_of_authors_object_to_is_found_here_too(plugin, old, new):
    folder = plugin("agent", "greeter")
    ddl = folder / "ddl.yaml"
    text = ddl.read_text()
    assert old in text
    ddl.write_text(text.replace(old, new))
    assert said(folder) or not conformance_problems(folder)
