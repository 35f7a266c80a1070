import pytest

from mcollective_py.client.discovery.base import Question
from mcollective_py.client.discovery.puppetdb import PuppetDB
from mcollective_py.config import Config
from mcollective_py.errors import ConfigError, DiscoveryError, UsageError
from mcollective_py.filter import Filter
from tests.client.discovery.answering import Answering, Nodes

WEB, DB = ("Class", "Role::Web"), ("Class", "Role::Db")
MAIN, AGENT = ("Class", "Main"), ("Mcollective_py::Agent", "package")
NODES = {
    "web1": ({"os": {"family": "Debian", "release": {"major": "12"}}, "cores": 4, "a.b": "whole"}, [MAIN, WEB, AGENT]),
    "web2": ({"os": {"family": "RedHat"}, "cores": 16, "a": {"b": "part"}, "virtual": True, "disks": [{"size": 5}]}, [MAIN, WEB]),
    "db1": ({"os": {"family": "Debian"}, "cores": 8, "a": {"b": None}, "agents": ["package", "puppet"]}, [MAIN, DB]),
}


def found(settings="", options=(), nodes=NODES, **words):
    with Answering(Nodes(nodes)) as server:
        config = Config.from_text(f"plugin.discovery.puppetdb.url = http://127.0.0.1:{server.port}\n{settings}", "client")
        discovered = PuppetDB(options, config).discover(Question(Filter.parse(**words), "mcollective", 2.0))
        assert server.connections <= 1
    assert (discovered.method, discovered.ended) == ("puppetdb", "source")
    return discovered.nodes


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        ({}, ("db1", "web1", "web2")),
        ({"facts": ["os.family=Debian"]}, ("db1", "web1")),
        ({"facts": ["os.release.major=12"]}, ("web1",)),
        ({"facts": ["os=release"]}, ("web1",)),
        ({"facts": ["cores>=8"]}, ("db1", "web2")),
        ({"facts": ["cores>=8", "os.family!=RedHat"]}, ("db1",)),
        ({"facts": ["virtual=true"]}, ("web2",)),
        ({"facts": ["disks.0.size<6"]}, ("web2",)),
        ({"facts": ["a.b=whole"]}, ("web1",)),
        ({"facts": ["a.b=part"]}, ("web2",)),
        ({"facts": ["a.b!=x"]}, ("db1", "web1", "web2")),  # null is a value
        ({"facts": ["nosuch!=x"]}, ()),
        ({"facts": ["agents=puppet"]}, ("db1",)),
        ({"classes": ["role::web"]}, ("web1", "web2")),
        ({"classes": ["/^role::(db|web)$/"]}, ("db1", "web1", "web2")),
        ({"classes": ["/db/"], "facts": ["cores=8"]}, ("db1",)),
        ({"classes": ["Role::Web"]}, ()),
        ({"classes": ["main"]}, ()),
        ({"classes": ["/nosuch/"]}, ()),
        ({"identities": ["web1", "nosuch"]}, ("web1",)),
        ({"identities": ["/^web/", "db1"]}, ("db1", "web1", "web2")),
        ({"identities": ["pql:nodes[certname] { certname = 'web2' }"]}, ("web2",)),
        ({"identities": ["pql:'web2'", "web1"]}, ("web1", "web2")),
        ({"identities": ["pql:'web2'", "/^db/"]}, ("db1", "web2")),
        ({"identities": ["pql:'web2'"], "facts": ["cores=4"]}, ()),
    ],
)
def test_a_filter_finds_its_hosts(words, hosts):
    assert found(**words) == hosts


def test_queries_given_as_options_narrow_what_the_filter_means():
    assert found(options=["pql:'web2' 'db1'"], classes=["role::web"]) == ("web2",)


def test_agents_are_resources_of_a_type_or_a_fact_and_those_of_every_daemon_are_everywhere():
    resources = "plugin.discovery.puppetdb.agents = Mcollective_py::Agent\n"
    assert found(resources, agents=["package"]) == ("web1",)
    assert found(resources, agents=["/^pack/"]) == ("web1",)
    assert found(resources, agents=["rpcutil"]) == ("db1", "web1", "web2")
    fact = "plugin.discovery.puppetdb.agents = fact:agents\n"
    assert found(fact, agents=["package"]) == ("db1",)
    assert found(fact, agents=["/^pup/", "rpcutil"]) == ("db1",)


def test_agents_are_applied_only_where_something_tells_of_them():
    assert "agents" not in PuppetDB((), Config.from_text("", "client")).capabilities
    assert "agents" in PuppetDB((), Config.from_text("plugin.discovery.puppetdb.agents = fact:x\n", "client")).capabilities


@pytest.mark.parametrize("value", ["agents", "fact:", "mcollective_py::agent", "A B"])
def test_what_tells_of_agents_is_a_type_or_a_fact(value):
    with pytest.raises(ConfigError, match=r"plugin\.discovery\.puppetdb\.agents"):
        PuppetDB((), Config.from_text(f"plugin.discovery.puppetdb.agents = {value}\n", "client"))


def test_an_option_that_is_no_query_is_refused():
    with pytest.raises(UsageError, match="takes --do 'pql:QUERY', and not 'web1'"):
        PuppetDB(("web1",), Config.from_text("", "client"))


def test_rows_without_a_name_are_an_error_that_says_what_to_write():
    with Answering(lambda query: (200, [{"value": 4}])) as server:
        config = Config.from_text(f"plugin.discovery.puppetdb.url = http://127.0.0.1:{server.port}\n", "client")
        with pytest.raises(DiscoveryError, match=r"without a certname: write nodes\[certname\]"):
            PuppetDB((), config).discover(Question(Filter.parse(identities=["pql:facts {}"]), "mcollective", 2.0))


def test_a_name_that_no_host_can_have_is_told_and_left_out(caplog):
    assert found(nodes={"web1": ({}, []), "no such\x1b[2J": ({}, [])}) == ("web1",)
    assert "1 nodes of PuppetDB have names that no host can have, and are left out: no such?[2J" in caplog.text


def test_facts_of_many_hosts_are_asked_for_in_parts():
    many = {f"web{number}": ({"cores": number}, []) for number in range(2500)}
    assert len(found(nodes=many, facts=["cores<2000"])) == 2000
