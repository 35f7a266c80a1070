import pytest

from mcollective_py.client.discovery.choice import chosen, discover_by
from mcollective_py.client.whom import whom
from mcollective_py.config import Config
from mcollective_py.errors import FilterError, UsageError
from mcollective_py.filter import Filter
from tests.client.discovery.answering import Answering, Nodes

CONFIGURED = "default_discovery_method = inventory\ndefault_discovery_options = /etc/fleet.yaml\n"


@pytest.mark.parametrize(
    ("text", "method", "options", "words", "expected"),
    [
        ("", None, (), {}, ("mc", ())),
        ("", "flatfile", ("f",), {}, ("flatfile", ("f",))),
        (CONFIGURED, None, (), {}, ("inventory", ("/etc/fleet.yaml",))),
        (CONFIGURED, None, ("/tmp/f",), {}, ("inventory", ("/tmp/f",))),
        (CONFIGURED, "inventory", (), {}, ("inventory", ("/etc/fleet.yaml",))),
        (CONFIGURED, "stdin", (), {}, ("stdin", ())),
        (CONFIGURED, "mc", (), {}, ("mc", ())),
        (CONFIGURED, None, (), {"compound": ["web"]}, ("mc", ())),
        ("default_discovery_options = /etc/hosts.txt\n", "flatfile", (), {}, ("flatfile", ("/etc/hosts.txt",))),
        ("default_discovery_options = /etc/hosts.txt\n", None, (), {}, ("mc", ())),
    ],
)
def test_the_method_is_the_one_asked_for_else_the_configured_one(text, method, options, words, expected):
    assert chosen(method, options, Filter.parse(**words), Config.from_text(text, "client")) == expected


def test_asking_the_hosts_takes_no_options():
    with pytest.raises(UsageError, match="mc takes no options: --do is for others"):
        chosen(None, ("x",), Filter(), Config.from_text("", "client"))
    with pytest.raises(UsageError, match="-S is asked of the hosts, by mc"):
        chosen(None, ("x",), Filter.parse(compound=["web"]), Config.from_text(CONFIGURED, "client"))


def test_a_query_is_for_puppetdb_alone():
    with pytest.raises(FilterError, match="--dm puppetdb"):
        chosen(None, (), Filter.parse(identities=["pql:nodes{}"]), Config.from_text("", "client"))


def found(tmp_path, filter, exclude=(), agent=None, text=""):
    (tmp_path / "hosts").write_text("web2\nweb1\ndb1\n")
    config = Config.from_text(text, "client")
    asked = whom(filter, exclude, lambda name: ())
    return discover_by("flatfile", (str(tmp_path / "hosts"),), asked, config, agent=agent, collective="mcollective", timeout=1.0)


def test_names_are_judged_here_and_the_agent_of_a_call_is_no_hindrance(tmp_path):
    assert found(tmp_path, Filter(), agent="package").nodes == ("web2", "web1", "db1")
    assert found(tmp_path, Filter.parse(identities=["/^web/", "nosuch"]), ["web[2-9]"]).nodes == ("web1",)


def test_an_agent_that_was_asked_for_is_one(tmp_path):
    with pytest.raises(FilterError, match="cannot apply -A"):
        found(tmp_path, Filter.parse(agents=["package"]))


def test_names_need_direct_addressing(tmp_path):
    with pytest.raises(UsageError, match="need direct_addressing = 1"):
        found(tmp_path, Filter(), text="direct_addressing = 0\n")


def test_a_query_is_applied_beside_however_many_names():
    with Answering(Nodes({"web1": ({}, []), "web2": ({}, []), "db1": ({}, [])})) as server:
        config = Config.from_text(f"plugin.discovery.puppetdb.url = http://127.0.0.1:{server.port}\n", "client")
        meant = whom(Filter.parse(identities=["pql:'web2'", "h[1-70]", "web1"]), ["db9"], {}.__getitem__)
        found = discover_by("puppetdb", (), meant, config, agent="rpcutil", collective="mcollective", timeout=2.0)
    assert (found.nodes, found.method, found.ended) == (("web1", "web2"), "puppetdb", "source")
