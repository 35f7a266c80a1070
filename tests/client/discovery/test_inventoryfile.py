import pytest

from mcollective_py.client.discovery.inventoryfile import inventory_of
from mcollective_py.ddl.document import from_yaml
from mcollective_py.errors import DiscoveryError
from mcollective_py.filter import Filter

FLEET = """
hosts:
  web[1-2]: {classes: [role::web], facts: {country: uk, os: {family: Debian}}, agents: [package]}
  db1: {classes: [role::db], facts: {country: de}, collectives: [mcollective, db]}
  old:
groups:
  web: ["web[1-2]"]
  both: ["group:web", db1]
  debian: {facts: [os.family=Debian]}
  data: ["/^d/"]
  mixed: {hosts: [old], classes: ["!role::web"]}
"""


def inventory(text=FLEET):
    return inventory_of(from_yaml(text, "inventory", "fleet.yaml"))


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        ({}, ("web1", "web2", "db1", "old")),
        ({"facts": ["country=uk"]}, ("web1", "web2")),
        ({"facts": ["os.family=Debian"], "identities": ["web2", "db1"]}, ("web2",)),
        ({"facts": ["!country=uk"]}, ("db1",)),  # of a host without facts nobody knows
        ({"classes": ["/^role/"]}, ("web1", "web2", "db1")),
        ({"agents": ["package"]}, ("web1", "web2", "db1", "old")),
        ({"agents": ["service"]}, ("db1", "old")),
        ({"compound": ["role::web or country=de"]}, ("web1", "web2", "db1")),
    ],
)
def test_every_filter_works_offline(words, hosts):
    assert inventory().meant(Filter.parse(**words), "mcollective") == hosts


def test_a_host_is_in_the_collectives_that_are_named_or_else_in_all():
    assert inventory().meant(Filter(), "db") == ("web1", "web2", "db1", "old")
    assert inventory().meant(Filter(), "other") == ("web1", "web2", "old")


def test_a_data_plugin_can_only_be_asked_of_the_hosts():
    with pytest.raises(DiscoveryError, match="--dm mc asks the hosts"):
        inventory().meant(Filter.parse(compound=["fstat('/x').present=1"]), "mcollective")


@pytest.mark.parametrize(
    ("group", "hosts"),
    [
        ("web", ("web1", "web2")),
        ("both", ("web1", "web2", "db1")),
        ("debian", ("web1", "web2")),
        ("data", ("db1",)),
        ("mixed", ("old", "db1")),
    ],
)
def test_groups_have_members_by_name_by_expression_by_group_and_by_filter(group, hosts):
    assert inventory().members(group) == hosts


def test_a_group_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(DiscoveryError, match="has no group wep: did you mean web"):
        inventory().members("wep")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "fleet.yaml:1: must be a mapping"),
        ("hosts: {}", "there are no hosts"),
        ("hosts: {web1: }\nhost: {}", "fleet.yaml:2: host: is not known here: did you mean hosts"),
        ("hosts: {web1: {fact: {a: b}}}", "fleet.yaml:1: hosts.web1.fact: is not known here: did you mean facts"),
        ("hosts:\n  web1: {facts: [a]}", "fleet.yaml:2: hosts.web1.facts: must be a mapping"),
        ("hosts: {web1: {classes: web}}", "hosts.web1.classes: must be a list"),
        ("hosts: {web1: {agents: [Package]}}", "hosts.web1.agents[0]: must be the name of an agent"),
        ("hosts: {web1: {collectives: [a.b]}}", "must be the name of a collective"),
        ("hosts: {'web 1': }", "is no part of a host's name"),
        ("hosts: {'web[1-2]': , web2: }", "web2 stands here twice"),
        ("hosts: {web1: }\ngroups: {a: web1}", "groups.a: must be a mapping"),
        ("hosts: {web1: }\ngroups: {a: {}}", "a group is a list of hosts, or a mapping"),
        ("hosts: {web1: }\ngroups: {a: {facts: []}}", "an empty list would mean every host"),
        ("hosts: {web1: }\ngroups: {a: {facts: [x]}}", "is no fact filter"),
        ("hosts: {web1: }\ngroups: {a: {compound: [\"fstat('/x').size>0\"]}}", "knows nothing of data plugins"),
        ("hosts: {web1: }\ngroups: {a: ['/(/']}", "regular expression"),
        ("hosts: {web1: }\ngroups: {a: ['group:b'], b: ['group:a']}", "groups lead in a circle: a > b > a"),
        ("hosts: {web1: }\ngroups: {a: ['group:x']}", "has no group x"),
        ("hosts: {web1: }\ngroups: {'a b': [web1]}", "a group's name has letters"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, problem):
    with pytest.raises(DiscoveryError) as refused:
        inventory(text)
    assert problem in str(refused.value)


def test_groups_of_groups_are_looked_at_once_however_often_they_are_named():
    again = ", ".join(["'group:g{}'"] * 50)
    groups = [f"  g{level}: [{again.replace('{}', str(level + 1))}]" for level in range(14)]  # 50 ** 14 ways to the last one
    found = inventory("hosts: {web1: }\ngroups:\n" + "\n".join([*groups, "  g14: [web1]"]))
    assert found.members("g0") == ("web1",)


def test_groups_that_name_the_same_hosts_without_end_are_refused():
    many = ", ".join(["'group:all'"] * 250)
    with pytest.raises(DiscoveryError, match="up to the group many hosts are named more than 20000000 times"):
        inventory(f"hosts: {{'web[1-100000]': }}\ngroups:\n  all: ['web[1-100000]']\n  many: [{many}]")
