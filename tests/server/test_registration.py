import pytest

from mcollective_py.config import Config
from mcollective_py.errors import ConfigError
from mcollective_py.node.view import NodeView
from mcollective_py.server.registration import AgentList, Meta, registration_plugin
from mcollective_py.wire.symbol import Symbol

WEB1 = NodeView(
    "web1",
    collectives=("uk", "mcollective"),
    agents=frozenset({"rpcutil", "discovery"}),
    classes=frozenset({"web", "base"}),
    facts={"country": "uk"},
)


def test_the_agent_list_is_a_plain_list_of_names() -> None:
    assert AgentList().body(WEB1) == ["discovery", "rpcutil"]


def test_meta_has_what_inventories_of_ruby_sites_read() -> None:
    body = Meta().body(WEB1)
    assert body == {
        "agentlist": ["discovery", "rpcutil"],
        "facts": {"country": "uk"},
        "classes": ["base", "web"],
        "collectives": ["mcollective", "uk"],
        "identity": "web1",
    }
    assert {type(key) for key in body} == {Symbol}


def test_meta_of_a_host_without_facts_and_classes_has_none() -> None:
    body = Meta().body(NodeView("web1", facts=None, classes=None))
    assert (body["facts"], body["classes"]) == ({}, [])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", AgentList),
        ("registration = agentlist\n", AgentList),
        ("registration = Agentlist\n", AgentList),
        ("registration = Meta\n", Meta),
    ],
)
def test_the_plugin_is_the_one_of_the_setting_in_rubys_spelling_too(text: str, kind: type) -> None:
    assert type(registration_plugin(Config.from_text(f"registerinterval = 300\n{text}"))) is kind


def test_without_an_interval_there_is_none_whatever_is_named() -> None:
    assert registration_plugin(Config.from_text("registration = Redis\n")) is None


def test_an_unknown_one_is_said_at_the_start() -> None:
    with pytest.raises(ConfigError, match="there is no registration plugin Redis: write agentlist or meta, or registerinterval = 0"):
        registration_plugin(Config.from_text("registerinterval = 300\nregistration = Redis\n"))
