import os
import time

import pytest

from mcollective_py.node.classes import ClassesFile
from mcollective_py.node.data import DataPlugins, builtin_data
from mcollective_py.node.factsource import CachedFacts
from mcollective_py.node.state import NodeState


class Source:
    def __init__(self):
        self.answer, self.print = {"country": "uk"}, 1

    def load(self):
        return self.answer

    def fingerprint(self):
        return self.print


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def classes(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text("role::web\n")
    os.utime(path, (1_000_000, 1_000_000))
    return path


@pytest.fixture
def state(source, classes):
    return NodeState(
        "web1",
        ["mcollective", "uk"],
        "mcollective",
        classes=ClassesFile(str(classes)),
        facts=CachedFacts(source, patience=5),
        data=DataPlugins(builtin_data()),
        agents=["discovery"],
    )


def test_a_view_holds_what_the_host_knows(state):
    view = state.view()
    assert (view.identity, view.collectives, view.main_collective) == ("web1", ("mcollective", "uk"), "mcollective")
    assert view.agents == {"discovery"}
    assert view.classes == {"role::web"}
    assert view.facts == {"country": "uk"}
    assert view.data_plugins == ("agent", "collective", "fact", "fstat")


def test_data_is_asked_about_the_view_itself(state):
    view = state.view()
    assert view.data("fact", "country") == {"exists": True, "value": "uk", "value_encoding": "text/plain"}
    assert view.data("collective", "uk") == {"member": True}
    assert view.data("nosuch", None) is None


def test_the_same_view_is_given_until_something_changes(state, source, classes, tmp_path):
    first = state.view()
    assert state.view() is first
    state.set_agents(["discovery", "puppet"])
    second = state.view()
    assert second.agents == {"discovery", "puppet"}
    (tmp_path / "new").write_text("role::db\n")
    (tmp_path / "new").rename(classes)
    third = state.view()
    assert third.classes == {"role::db"}
    source.answer, source.print = {"country": "de"}, 2
    deadline = time.monotonic() + 5
    while state.view().facts != {"country": "de"}:
        assert time.monotonic() < deadline
    assert first.facts == {"country": "uk"}
    assert first.classes == {"role::web"}
    assert first.agents == {"discovery"}


def test_troubles_of_both_sources_are_told(state, classes, source):
    state.view()
    assert state.troubles == []
    classes.unlink()
    source.answer, source.print = {}, 2
    deadline = time.monotonic() + 5
    while len(state.troubles) < 2:
        state.view()
        assert time.monotonic() < deadline
    assert "no such file" in state.troubles[0]
    assert state.troubles[1] == "there are no facts"


def test_a_view_costs_little_while_nothing_changes(state):
    state.view()
    begun = time.perf_counter()
    for _ in range(1000):
        state.view()
    assert (time.perf_counter() - begun) / 1000 < 100e-6  # 8 us at rest; the room is for a busy machine
