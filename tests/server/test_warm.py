"""The copies themselves, in this process; test_trial.py has what must not be one, tests/trust/test_isolation.py the whole way."""

import json
import os
import sys
from pathlib import Path

import pytest

from mcollective_py.errors import PluginError
from mcollective_py.plugins.modules import package_of
from mcollective_py.server.warm import News, WarmCode, wanted

AGENT = '''
from mcollective_py.agent import Agent, action

class Lamp(Agent):
    """Switches a lamp."""

    @action
    def switch(self, request, reply):
        from .wires import VOLTS
        reply["volts"] = VOLTS
'''


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "agents" / "lamp"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(AGENT)
    (folder / "wires.py").write_text("VOLTS = 230\n")
    yield folder
    for name in [name for name in sys.modules if name.startswith("_mcollective_plugin_lamp_")]:
        del sys.modules[name]


def test_there_is_no_copy_of_what_was_never_loaded(folder):
    assert WarmCode().agent(folder) is None


def test_a_copy_is_handed_out_as_long_as_nothing_in_the_folder_changes(folder):
    warm = WarmCode()
    warm.load(folder, [])
    agent = warm.agent(folder)
    assert agent is warm.agent(folder)
    assert list(agent.actions) == ["switch"]
    (folder / "wires.py").write_text("VOLTS = 110\n")
    assert warm.agent(folder) is None
    assert warm.news(frozenset(sys.modules)) == News(folder, (), is_stale=True)


def test_a_folder_that_went_is_no_copy_any_more(folder):
    warm = WarmCode()
    warm.load(folder, [])
    os.rename(folder, folder.parent / "gone")
    assert warm.agent(folder) is None


def test_modules_that_a_call_had_to_load_are_told_and_can_be_added(folder):
    warm, before = WarmCode(), frozenset(sys.modules)
    warm.load(folder, [])
    own = f"{package_of('lamp', folder)}.wires"
    warm.agent(folder)
    assert own not in sys.modules
    assert own in warm.load(folder, [own, "no_such_module_anywhere"])
    assert sys.modules[own].VOLTS == 230
    assert own in warm.news(before).modules
    assert warm.lacks(folder, [own, "wave"]) == ["wave"]


def test_an_agent_that_brings_packages_of_others_with_it_is_none_to_keep(folder, tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "lampmaker.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    (folder / "agent.py").write_text(f"import lampmaker\n{AGENT}")
    with pytest.raises(PluginError, match="it imports lampmaker as it is loaded"):
        WarmCode().load(folder, [])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root checks who could change an agent")
def test_root_makes_no_copy_of_what_others_could_change(folder):
    (folder / "wires.py").chmod(0o666)
    with pytest.raises(PluginError, match="not loaded for safety"):
        WarmCode().load(folder, [])


def test_a_folder_that_changes_while_it_is_loaded_is_none_to_keep(folder):
    (folder / "agent.py").write_text(f"from pathlib import Path\nPath(__file__).with_name('wires.py').write_text('VOLTS = 1')\n{AGENT}")
    with pytest.raises(PluginError, match="has just changed"):
        WarmCode().load(folder, [])


def test_only_python_s_own_modules_ours_and_the_agent_s_are_wanted():
    folder = Path("/srv/agents/lamp")
    own = package_of("lamp", folder)
    names = [own, f"{own}.wires", "json", "mcollective_py.agent.kept", "yaml.reader", "requests", "../x", "json\n", 7, f"{own}x.y", ""]
    assert wanted(folder, names) == [own, f"{own}.wires", "json", "mcollective_py.agent.kept", "yaml.reader"]
    assert len(wanted(folder, ["json"] * 1000)) == 400


def test_news_travel():
    news = News(Path("/srv/agents/lamp"), ("json",), is_stale=False)
    assert News.from_bytes(news.to_bytes()) == news


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b"7", b"null", b'{"folder":"/a"}', b'{"folder":7,"modules":[],"is_stale":true}', b"\xff" * 9,
        b'{"folder":"a/b","modules":[],"is_stale":true}', b'{"folder":"/a","modules":"json","is_stale":true}',
        json.dumps({"folder": "/a", "modules": ["x" * 1000] * 1000, "is_stale": False}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_news_is_none(data):
    assert News.from_bytes(data) is None
