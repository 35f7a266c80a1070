from mcollective_py.cli.why.question import Hypothesis
from mcollective_py.cli.why.rubyhost import from_inventory, view_of
from mcollective_py.cli.why.verdict import CANNOT, Verdict
from mcollective_py.filter import Filter

INVENTORY = {
    "agents": ["rpcutil", "discovery", "service"],
    "facts": {"country": "uk", "secret": "hunter2"},
    "classes": ["role::web"],
    "collectives": ["mcollective"],
    "version": "2.12.5",
}
MUTE = Verdict("old1", CANNOT, reason="it has no `rpcutil explain`")


def notes(filter, agent=None, collective="mcollective", inventory=INVENTORY):
    return from_inventory(MUTE, inventory, Hypothesis(agent, None, {}, filter, collective, 60)).notes


def test_the_filter_is_judged_by_the_hosts_own_inventory_and_no_value_is_told():
    told = notes(Filter.parse(facts=["secret=x"]))
    assert told[0] == "by its inventory the filter does not mean it: fact secret==x: does not hold"
    assert "hunter2" not in " ".join(told)


def test_a_filter_that_means_it_says_so_with_the_agent():
    assert notes(Filter.parse(classes=["role::web"]), "service")[0] == (
        "by its inventory the filter means it, and the agent service is active"
    )
    assert notes(Filter(), "package")[0] == "by its inventory the filter does not mean it: agent package: not on this host"


def test_another_collective_and_data_functions_are_pointed_out():
    told = notes(Filter.parse(compound=["fstat('/etc/motd').size > 0"]), collective="dmz")
    assert told[0] == "it is not in the collective dmz; it is in mcollective"
    assert told[1].startswith("data functions of -S are asked on the host alone")


def test_a_host_that_does_not_tell_its_inventory_is_left_at_that():
    assert notes(Filter(), inventory=None) == ("it answers, and does not tell its inventory: ask its log",)


def test_an_inventory_of_another_shape_breaks_nothing():
    view = view_of("old1", {"agents": "x", "facts": [1], "classes": None, "collectives": 5})
    assert (view.agents, view.facts, view.classes, view.collectives) == (frozenset(), {}, frozenset(), ("mcollective",))
