import subprocess
import time

import pytest

from mcollective_py.cli.plugin.loadcheck import check_loading, problems


@pytest.mark.parametrize(
    ("kind", "folder", "words"),
    [
        ("agent", "agents", ("--external", "sh")),
        ("data", "data", ("--outputs", "x")),
        ("validator", "validators", ()),
        ("aggregate", "aggregates", ()),
        ("discovery", "discovery", ()),
        ("facts", "facts", ()),
    ],
)
def test_a_new_plugin_of_each_kind_loads(plugin, kind, folder, words):
    assert problems(folder, plugin(kind, "thing", *words), []) == []


def test_what_only_running_it_shows_is_told_with_its_line(plugin):
    folder = plugin("agent", "greeter")
    (folder / "agent.py").write_text("print('noise')\nimport no_such_module\n")
    [one] = check_loading("agents", folder, [])
    assert (one.file, one.line, one.text) == ("agent.py", 2, "ModuleNotFoundError: No module named 'no_such_module'")


def test_code_that_ends_its_process_is_told(plugin):
    folder = plugin("agent", "greeter")
    (folder / "agent.py").write_text("import os\nos._exit(7)\n")
    assert [one.text for one in check_loading("agents", folder, [])] == ["the process that loaded it ended with 7 and said nothing"]


def test_code_that_does_not_come_back_is_ended_with_all_that_it_started(plugin, tmp_path):
    folder = plugin("agent", "greeter")
    left = tmp_path / "pid"
    (folder / "agent.py").write_text(
        f"import subprocess, time\nchild = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(left)!r}, 'w').write(str(child.pid))\ntime.sleep(600)\n"
    )
    [one] = check_loading("agents", folder, [], seconds=3.0)
    assert one.text == "loading it took longer than 3 s"
    deadline = time.monotonic() + 30
    while subprocess.run(["ps", "-o", "stat=", "-p", left.read_text()], capture_output=True, text=True).stdout.strip(" Z\n"):
        assert time.monotonic() < deadline


def test_no_cache_is_left_beside_the_sources(plugin):
    folder = plugin("agent", "greeter")
    check_loading("agents", folder, [])
    assert not (folder / "__pycache__").exists()
