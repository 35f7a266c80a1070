"""Discovery by a real PuppetDB: what it finds is what hosts with the same facts and classes say of themselves."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.client.discovery.base import Question
from mcollective_py.client.discovery.puppetdb import PuppetDB as Method
from mcollective_py.config import Config
from mcollective_py.errors import DiscoveryError
from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import matches
from mcollective_py.node.view import NodeView
from tests.connector.certificates import Authority
from tests.parts.puppetdb import PuppetDB
from tests.parts.require import require_puppetdb

pytestmark = pytest.mark.parts

PREFIX = "plugin.discovery.puppetdb."
GONE = "gone.example.com"
# As text: what PuppetDB is sent, and what a host would read, are the same bytes.
FACTS = """{
"web1": {"os": {"family": "Debian", "release": {"full": "12.4", "major": "12"}}, "cores": 4, "virtual": true, "country": "uk"},
"web2": {"os": {"family": "Debian", "release": {"full": "11.9", "major": "11"}}, "cores": 16, "virtual": false, "country": "de"},
"web3": {"os": {"family": "RedHat", "release": {"full": "9.3", "major": "9"}}, "cores": "4", "virtual": "true", "country": "UK"},
"db1": {"load": 0.10, "disks": [{"name": "sda", "size": 5}, {"name": "sdb", "size": 12345678901234567890}], "country": "uk"},
"db2": {"load": 1.0, "disks": [], "tags": ["a", "b", 3, true, null, 0.5], "country": null},
"db3": {"load": 1e20, "tags": [], "nested": {"a": {"b": {"c": {"d": "deep"}}}, "list": [["x"], {"y": 1}]}},
"mail1": {"os.family": "dotted", "os": {"family": "nested"}, "puppetversion": "8.9.0", "country": ""},
"mail2": {"os.release": {"major": "dotted"}, "puppetversion": "8.10.0", "net": {"br.lan": {"ip": "10.0.0.1"}, "br": {"up": 1}}},
"odd1": {"it's \\"quoted\\" \\\\": "a\\"b'c\\\\d", "$path": "%27", "snow": "\u2603 \U0001f600", "empty": {}},
"odd2": {"text": "line one\\nline two", "neg": -5, "float": -2.50, "zero": 0, "no": false, "net": {"br": {"ip": "10.0.0.2"}}},
"bare": {}
}"""
CLASSES = {
    "web1": ("Role::Web", "Profile::Base", "Ntp"),
    "web2": ("Role::Web", "Profile::Base"),
    "web3": ("Role::Webshop",),
    "db1": ("Role::Db", "Profile::Base"),
    "mail1": ("Role::Mail", "A::B_c::D2"),
    "odd1": ("Profile::Odd",),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("ca"))
    made.issue("alice", "alice.mcollective")
    return made


@pytest.fixture(scope="module")
def database(authority: Authority) -> Iterator[PuppetDB]:
    """A PuppetDB with eleven nodes, and one that was deactivated."""
    require_puppetdb()
    with PuppetDB(authority) as database:
        for name, facts in {**json.loads(FACTS), GONE: {"country": "uk", "cores": 4}}.items():
            database.node(name, facts, CLASSES.get(name, ()), ["package"] if name.startswith("web") else [])
        database.wait_for(["from", "catalogs", ["extract", "certname"]], 12)
        database.wait_for(["from", "factsets", ["extract", "certname"]], 12)
        database.deactivate(GONE)
        database.wait_for(["from", "nodes", ["extract", "certname", ["=", "node_state", "active"]]], 11)
        yield database


@pytest.fixture(scope="module")
def tls(authority: Authority, database: PuppetDB) -> str:
    """Settings for PuppetDB over TLS with the caller's certificate."""
    files = {"ca": "ca.pem", "cert": "alice.pem", "key": "alice.key"}
    lines = [
        f"{PREFIX}url = https://localhost:{database.tls_port}",
        *(f"{PREFIX}{k} = {authority.folder / v}" for k, v in files.items()),
    ]
    return "\n".join([*lines, ""])


def found(settings: str, *options: str, **words: list[str]) -> tuple[str, ...]:
    method = Method(options, Config.from_text(settings, "client"))
    return method.discover(Question(Filter.parse(**words), "mcollective", 30.0)).nodes


def of_hosts(**words: list[str]) -> tuple[str, ...]:
    """Who matches, by the matcher that hosts use, of nodes with the same facts and classes."""
    filter = Filter.parse(**words)
    views = [
        NodeView(name, facts=facts, classes=frozenset(title.lower() for title in (*CLASSES.get(name, ()), "Settings")))
        for name, facts in json.loads(FACTS).items()
    ]
    return tuple(sorted(view.identity for view in views if matches(filter, view)))


FACT_TESTS = r"""
os.family=Debian os.family=nested os.family=dotted os.family!=Debian os.family=~ebian os.family=/^(Red|Deb)/ os=family os=release
os.release.major=12 os.release.major=dotted os.release.major>=10 os.release.full>11.10 os.release.full<12.10 os.nosuch=x nosuch!=x
nosuch.a.b!=x cores=4 cores>=4 cores<16 cores!=4 cores=~4 cores=4.0 cores>3.5 virtual=true virtual=false virtual!=false virtual=/^t/
country=uk country=/(?i)^uk$/ country!=uk load=0.1 load=0.10 load=1.0 load=1 load>0.5 disks.0.size=5
disks.1.size=12345678901234567890 disks.1.name=sdb disks.2.size=5 disks=sda tags=a tags=3 tags=true tags=0.5 tags=c tags.0=a tags.9=a
nested=a nested.a=b nested.a.b.c.d=deep nested.a.b.c=d nested.list=x nested.list.0=x nested.list.1.y=1 nested.list.1=y
puppetversion>=8.10 puppetversion<8.10 puppetversion=8.9.0 net.br.lan.ip=10.0.0.1 net.br.ip=10.0.0.2 net.br.up=1 net=br.lan
text=/two$/ text=~one neg<0 neg>=-5 float=-2.5 zero=0 no=false no!=true $path=%27 snow=/☃/ empty=x a"b'c\d=x
"""


@pytest.mark.parametrize("word", [*FACT_TESTS.split(), "snow=☃ 😀"])
def test_a_fact_test_means_the_same_hosts_as_on_the_hosts_themselves(tls: str, database: PuppetDB, word: str) -> None:
    assert found(tls, facts=[word]) == of_hosts(facts=[word])


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"classes": ["role::web"]},
        {"classes": ["role::web", "ntp"]},
        {"classes": ["/^role::web/"]},
        {"classes": ["/(?i)WEB/"]},
        {"classes": ["a::b_c::d2"]},
        {"classes": ["Role::Web"]},
        {"classes": ["settings"]},
        {"classes": ["main"]},
        {"classes": ["/main/"]},
        {"classes": ["nosuch"]},
        {"classes": ["/profile/"], "facts": ["country=uk"]},
        {"identities": ["web1"]},
        {"identities": ["web1", "db1", "nosuch", GONE]},
        {"identities": ["/^(web|db)[12]$/"]},
        {"identities": ["/1$/", "bare"]},
        {"identities": ["/gone/"]},
        {"combined": ["role::web cores>=4"]},
        {"facts": ["cores>=4", "virtual=true", "os.family=/./"], "classes": ["/web/"], "identities": ["/3$/"]},
    ],
)
def test_a_filter_means_the_same_hosts_as_on_the_hosts_themselves(tls: str, database: PuppetDB, words: dict[str, list[str]]) -> None:
    assert found(tls, **words) == of_hosts(**words)


@pytest.mark.parametrize(
    "words",
    [
        {"facts": ['country=x"]]], ["=", 1, 1]']},
        {"facts": ["country=x'or'1'<2"]},
        {"facts": ["country=~['\"]"]},
        {"facts": ["country!=\u2028\\"]},
        {"facts": ['os."family"=Debian', 'a"].b!=x']},
        {"facts": ["os.$1.?=x"]},
        {"facts": ["os.release'--=x"]},
        {"classes": ["/['\"]/"]},
        {"classes": ['x"']},
        {"identities": ["/['\"]/"]},
        {"identities": ["/web1|x' or 1=1 --/"]},
    ],
)
def test_no_word_gets_out_of_its_place_in_a_query(tls: str, database: PuppetDB, words: dict[str, list[str]]) -> None:
    assert found(tls, **words) == of_hosts(**words)


def test_a_number_with_an_exponent_comes_back_written_out(tls: str, database: PuppetDB) -> None:
    assert of_hosts(facts=["load=1.0e+20"]) == ("db3",)
    assert found(tls, facts=["load=1.0e+20"]) == ()
    assert found(tls, facts=["load=100000000000000000000"]) == ("db3",)


def test_a_query_of_ones_own_is_one_of_several_names(tls: str, database: PuppetDB) -> None:
    debian = 'pql:inventory[certname] { facts.os.family = "Debian" }'
    assert found(tls, identities=[debian]) == ("web1", "web2")
    assert found(tls, identities=[debian, "bare"]) == ("bare", "web1", "web2")
    assert found(tls, debian, facts=["cores>=16"]) == ("web2",)
    assert found(tls, identities=['pql:nodes[certname] { node_state = "any" }', "bare"], facts=["country=uk"]) == ("db1", "web1")


def test_agents_are_resources_or_a_fact(tls: str, database: PuppetDB) -> None:
    assert found(f"{tls}{PREFIX}agents = fact:tags\n", agents=["a"]) == ("db2",)
    resources = f"{tls}{PREFIX}agents = Mcollective_py::Agent\n"
    assert found(resources, agents=["package", "rpcutil"], classes=["role::web"]) == ("web1", "web2")
    assert found(resources, agents=["/^pack/"]) == ("web1", "web2", "web3")


def test_puppetdbs_own_words_are_told(tls: str, database: PuppetDB) -> None:
    with pytest.raises(DiscoveryError, match=r"answers 400: PQL parse error at line 1, column 8: nodes \{ \^ Expected one of"):
        found(tls, identities=["pql:nodes {"])
    with pytest.raises(DiscoveryError, match=r"without a certname: write nodes\[certname\]"):
        found(tls, identities=["pql:facts[value] { }"])


def test_who_shows_no_certificate_of_its_ca_is_told_so(authority: Authority, database: PuppetDB, tmp_path: Path) -> None:
    other = Authority(tmp_path, "Other CA")
    other.issue("mallory", "mallory")
    files = f"{PREFIX}cert = {tmp_path}/mallory.pem\n{PREFIX}key = {tmp_path}/mallory.key\n"
    settings = f"{PREFIX}url = https://localhost:{database.tls_port}\n{files}"
    with pytest.raises(DiscoveryError, match=f"PuppetDB .*https://localhost:{database.tls_port}.*"):
        found(f"{settings}{PREFIX}ca = {authority.ca}\n")
    with pytest.raises(DiscoveryError, match="TLS refused"):
        found(f"{settings}{PREFIX}ca = {other.ca}\n")


def test_plain_http_is_asked_where_the_url_says_so(database: PuppetDB) -> None:
    assert found(f"{PREFIX}url = http://127.0.0.1:{database.port}\n", facts=["cores>=16"]) == ("web2",)
