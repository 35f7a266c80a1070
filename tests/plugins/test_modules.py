import sys

import pytest

from mcollective_py.errors import PluginError
from mcollective_py.plugins.modules import class_name, load_class, load_module


def folder_with(tmp_path, name="service", **files):
    folder = tmp_path / name
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / f"{file}.py").write_text(text)
    return folder


def test_files_of_the_folder_import_one_another_relatively(tmp_path):
    folder = folder_with(tmp_path, agent="from .systemctl import answer\n", systemctl="answer = 42\n")
    assert load_module("service", folder, "agent").answer == 42


def test_sys_path_and_public_module_names_stay_as_they_are(tmp_path):
    folder = folder_with(tmp_path, agent="import json\n", json="raise RuntimeError('the wrong json')\n")
    path = list(sys.path)
    assert load_module("service", folder, "agent").json.dumps(1) == "1"
    assert sys.path == path
    assert not {"agent", "service", "service.agent"} & set(sys.modules)


def test_two_folders_of_one_name_stand_side_by_side(tmp_path):
    one = folder_with(tmp_path / "one", agent="from .data import x\n", data="x = 1\n")
    two = folder_with(tmp_path / "two", agent="from .data import x\n", data="x = 2\n")
    loaded = [load_module("service", folder, "agent") for folder in (one, two)]
    assert [module.x for module in loaded] == [1, 2]


def test_a_second_load_reads_the_files_anew(tmp_path):
    folder = folder_with(tmp_path, agent="from .data import x\n", data="x = 1\n")
    old = load_module("service", folder, "agent")
    (folder / "data.py").write_text("x = 'another length'\n")
    assert load_module("service", folder, "agent").x == "another length"
    assert old.x == 1


def test_a_plugin_that_an_agent_carries_imports_the_files_of_the_agent(tmp_path):
    agent = folder_with(tmp_path / "agents", agent="x = 1\n", disks="x = 'of the agent'\n")
    folder = folder_with(agent / "data", name="disk", data="from ...disks import x\nfrom .own import y\n", own="y = 2\n")
    loaded = load_module("disk", folder, "data")
    assert (loaded.x, loaded.y) == ("of the agent", 2)


def test_a_plugin_of_a_libdir_sees_nothing_beside_its_folder(tmp_path):
    (tmp_path / "agent.py").write_text("x = 1\n")
    folder = folder_with(tmp_path / "data", name="disk", data="from ...agent import x\n")
    with pytest.raises(PluginError, match=r"data\.py:1: ImportError"):
        load_module("disk", folder, "data")


BROKEN = [
    ("def handlemsg(self:\n", "agent.py:1: SyntaxError"),
    ("x = 1\n\nimport no_such_module\n", "agent.py:3: ModuleNotFoundError: No module named 'no_such_module'"),
    ("from .absent import x\n", "agent.py:1: ModuleNotFoundError"),
    ("x = 1\ny = x / 0\n", "agent.py:2: ZeroDivisionError: division by zero"),
    ("raise RuntimeError('no such luck')\n", "agent.py:1: RuntimeError: no such luck"),
    ("import sys\nsys.exit(3)\n", "agent.py:2: SystemExit: 3"),
    ("def f(n):\n    return f(n + 1)\nf(0)\n", "agent.py:2: RecursionError"),
    ("raise BaseExceptionGroup('many', [ValueError('one')])\n", "agent.py:1: ExceptionGroup"),
    ("from .broken import x\n", "broken.py:2: NameError: name 'nothing' is not defined"),
]


@pytest.mark.parametrize(("text", "reason"), BROKEN)
def test_a_broken_file_is_named_with_its_line_and_reason(tmp_path, text, reason):
    folder = folder_with(tmp_path, agent=text, broken="x = 1\nnothing\n")
    with pytest.raises(PluginError) as caught:
        load_module("service", folder, "agent")
    assert caught.value.reason.startswith(reason)
    assert caught.value.plugin == "service"


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path):
    folder = folder_with(tmp_path)
    with pytest.raises(PluginError, match=r"agent\.py: ModuleNotFoundError"):
        load_module("service", folder, "agent")
    (folder / "agent.py").write_bytes(b"x = '\xff\xfe'\n")
    with pytest.raises(PluginError, match=r"agent\.py:1: SyntaxError"):
        load_module("service", folder, "agent")


@pytest.mark.parametrize(
    ("name", "expected"), [("service", "Service"), ("exim_queue", "EximQueue"), ("rpcutil", "Rpcutil"), ("a1", "A1")]
)
def test_the_class_carries_the_folders_name(name, expected):
    assert class_name(name) == expected


def test_a_class_that_is_missing_is_named_with_those_there_are(tmp_path):
    folder = folder_with(tmp_path, agent="from pathlib import Path\nclass Servise: pass\nService = 5\n")
    with pytest.raises(PluginError, match=r"service: agent\.py has no class Service, there is Servise$"):
        load_class("service", folder, "agent")


def test_a_folder_with_another_name_than_a_plugins_is_told_so(tmp_path):
    folder = tmp_path / "my-service"
    folder.mkdir()
    (folder / "agent.py").write_text("class MyService: pass\n")
    with pytest.raises(PluginError, match="my-service: a plugin's folder is named in lower case letters, digits and _"):
        load_class("my-service", folder, "agent")
