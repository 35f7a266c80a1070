"""Each recipe of docs/recipes.md is run as a script on a small real site, and prints what stands below it."""

import json
import re
import runpy
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcollective_py.cli.demoprocesses import RunningSite
from mcollective_py.cli.demosite import Site, SiteHost

TREE = Path(__file__).parents[1]
PAGE = (TREE / "docs" / "recipes.md").read_text()
# A heading, whatever is said, a script and below it what it prints.
RECIPES = re.findall(
    r"^## ([^\n]+)\n(?:(?!^## ).)*?^```python\n(.*?)^```\n```(text|console)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
)


@dataclass
class Desk:
    """Where the scripts lie, with a home of their own."""

    folder: Path
    config: Path


@pytest.fixture
def run(desk, monkeypatch, capsys):
    """Runs a script as Python runs one, but for the start of another Python: output, errors and exit code."""
    monkeypatch.setenv("HOME", str(desk.folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(desk.folder / "cache"))
    monkeypatch.delenv("MCOLLECTIVE_EXTRA_OPTS", raising=False)
    monkeypatch.chdir(TREE)

    def run(script, *words):
        file = desk.folder / "script.py"
        file.write_text(script)
        monkeypatch.setattr(sys, "argv", [str(file), *words])
        code = 0
        try:
            runpy.run_path(str(file), run_name="__main__")
        except SystemExit as left:
            code = left.code or 0
        printed = capsys.readouterr()
        return printed.out, printed.err, code

    return run


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipes")
    settings = {"libdir": str(TREE / "docs" / "examples")}
    site = Site(folder / "site", policies={}, settings={**settings, "plugin.actionpolicy.allow_unconfigured": "1"})

    def web(name, country):
        release = {"plugin.webapp.path": str(folder / f"release-{name}")}
        return SiteHost(name, classes=("role::web",), facts={"country": country, "cores": 4}, settings=release)

    hosts = (
        web("web1", "uk"),
        web("web2", "de"),
        SiteHost("db1", ("role::db",), {"country": "uk", "cores": 8}, {"plugin.webapp.path": "/no/such/folder/release"}),
    )
    with RunningSite(site, hosts) as running:
        config = site.write_client(running.broker, {**settings, "discovery_timeout": "1"})
        (folder / ".mcollective").symlink_to(config)
        yield Desk(folder, config)


def assert_prints(said, printed):
    """Every line that was said is printed once, in any order, `...` standing for anything; and nothing else is."""
    left = printed.splitlines()
    for line in said.splitlines():
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("...")))
        found = next((one for one in left if pattern.fullmatch(one.rstrip())), None)
        assert found is not None, f"not printed: {line!r}\nleft of what was: {left}"
        left.remove(found)
    assert [line for line in left if line.strip()] == []


def test_every_script_of_the_page_is_run():
    assert len(RECIPES) == PAGE.count("```python") == PAGE.count("\n## ")
    assert len(RECIPES) >= 20


@pytest.mark.parametrize(("script", "kind", "said"), [recipe[1:] for recipe in RECIPES], ids=[recipe[0] for recipe in RECIPES])
def test_the_recipe_prints_what_stands_below_it(run, script, kind, said):
    if kind == "text":
        out, err, code = run(script)
        assert_prints(said, out)
        assert (err, code) == ("", 0)
        return
    for session in said.split("$ ")[1:]:
        command, _, output = session.partition("\n")
        out, err, _ = run(script, *shlex.split(command)[1:])
        assert_prints(output, out + err)


@pytest.mark.parametrize(
    ("words", "outputs"),
    [
        (("rpc", "diskspace", "usage", "folder=/"), {"mount": "/"}),
        (("rpc", "account", "lookup", "user=root"), {"uid": 0}),
    ],
)
def test_the_examples_in_other_languages_answer_on_real_daemons(desk, words, outputs):
    if words[1] == "account" and subprocess.run(["perl", "-MJSON::PP", "-e", "1"], capture_output=True, check=False).returncode:
        pytest.skip("there is no perl with JSON::PP")
    command = [sys.executable, "-m", "mcollective_py", *words, "-c", str(desk.config), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    replies = json.loads(done.stdout)["replies"]
    assert (done.returncode, len(replies)) == (0, 3)
    assert all(reply["data"][name] == value for reply in replies for name, value in outputs.items())


def test_what_the_pages_show_of_the_examples_is_what_lies_there():
    agents, testing = ((TREE / "docs" / page).read_text() for page in ("agents.md", "testing-agents.md"))
    examples = TREE / "docs" / "examples" / "agents"
    for page, file in (
        (agents, "diskspace/agent.sh"),
        (agents, "account/agent.pl"),
        (testing, "webapp/tests/test_agent.py"),
    ):
        assert f"\n{(examples / file).read_text()}```\n" in page, f"docs show another {file}"


@pytest.mark.parametrize("page", ["library.md", "testing-agents.md"])
def test_the_scripts_of_other_pages_run(run, page):
    scripts = re.findall(
        r"^```python\n(.*?)^```\n(?:```text\n(.*?)^```$)?", (TREE / "docs" / page).read_text(), re.MULTILINE | re.DOTALL
    )
    for script, said in scripts:
        if "def test_" not in script and "pytest_plugins" not in script:
            out, err, code = run(script)
            assert (err, code) == ("", 0)
            if said:
                assert_prints(said, out)


def test_the_tests_of_the_example_agent_pass():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "docs/examples/agents/webapp"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=TREE, check=False)
    assert done.returncode == 0, done.stdout
