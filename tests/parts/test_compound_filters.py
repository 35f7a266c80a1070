"""Compound filters beside Ruby's own: the same words make the same call stack, the same call stack means the same hosts."""

import random
from collections.abc import Iterator

import pytest

from mcollective_py.errors import FilterError
from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import matches
from mcollective_py.node.data import DataPlugins, builtin_data
from mcollective_py.node.view import NodeView
from tests.parts.rubymatcher import AGENT, RubyMatcher

pytestmark = pytest.mark.parts

HOSTS = {
    "web": NodeView(
        "web1",
        ("mcollective", "uk"),
        agents=frozenset({"rpcutil", "package"}),
        classes=frozenset({"settings", "role::web", "common", "mail::server"}),
        facts={"country": "uk", "cpus": 4, "load": 0.5, "motd": "all is well",
               "path": "/usr/bin", "ips": ["10.0.0.1", "10.0.0.2"],
               "os": {"name": "Debian", "family": "Debian"}, "virtual": True, "eq": "a=b",
               "odd": "x (y) [z] {1} a.b*c+?^$|", "none": None,
               "kernel": "linux", "quote": "it's \"so\""},
    ),
    "db": NodeView(
        "web1",
        ("mcollective", "uk"),
        agents=frozenset({"rpcutil"}),
        classes=frozenset({"role::db", "common"}),
        facts={"country": "de", "cpus": 16, "load": 12.25, "motd": "", "path": "/usr", "ips": [], "os": {"family": "RedHat"},
               "virtual": False, "eq": "a", "kernel": "linux = free"},
    ),
    "bare": NodeView("web1", ("mcollective", "uk"), classes=frozenset(), facts={"country": "us"}),
}  # fmt: skip

# What sites write: one call stack, Ruby's and ours.
SAME = """\
country=us
country = us
country="United Kingdom"
country='it\\'s'
cpus>=4
cpus < 4
web and country=us
!web
not web
not(web)
!(web or db)
(web or db) and not country=us
not not web
/^web::/ and role::db
/web/ or /db/
country=/United K/
path=/a\\/b/
os=/^(deb|ubu)/
country=us and (web or (db and !mail))
fstat('/etc/hosts').md5=/baa3772104/
fstat("/etc/hosts").md5!=/baa/
fstat('/etc/hosts').size > 5
fstat('/etc/hosts').size>=5 and web
fact('a.b').value=1.5 or puppet().enabled=true
fact('x').value="a b"
collective('uk').member=true and not fact('country').value = de
kernel=2.6.32-5
role::mail-server_1.x""".splitlines()

# Where ours differs: what Ruby's client makes of it, what ours makes of it; None where it is refused.
DIFFERENT = {
    # Ruby's nodes find the fact "country!", the text "=us" or "~us": none of them what was meant.
    "country!=us": ([{"statement": "country!=us"}],
                    [{"(": "("}, {"statement": "country<us"}, {"or": "or"}, {"statement": "country>us"}, {")": ")"}]),
    "country==us": ([{"statement": "country==us"}], [{"statement": "country=us"}]),
    "country=~us": ([{"statement": "country=~us"}], [{"statement": "country=/us/"}]),
    "cpus=>4": ([{"statement": "cpus=>4"}], [{"statement": "cpus>=4"}]),
    # Ruby's nodes search for the value: /usr/bin2 passes, too.
    "path='/usr/bin'": ([{"statement": "path=/usr/bin"}], [{"statement": "path=/\\A\\/usr\\/bin\\z/"}]),
    # They cut it off at the second sign.
    "eq='a=b'": ([{"statement": "eq=a=b"}], [{"statement": "eq=/\\Aa\\x3db\\z/"}]),
    "eq=/a=b/": ([{"statement": "eq=/a=b/"}], [{"statement": "eq=/a\\x3db/"}]),
    "eq=a=b": ([{"statement": "eq=a=b"}], None),
    # They drop the request.
    "motd=''": ([{"statement": "motd="}], [{"statement": "motd=/\\A\\z/"}]),
    "motd=": ([{"statement": "motd="}], None),
    # Names of classes that nobody has: slips.
    "AND": ([{"statement": "AND"}], None),
    "or": ([{"statement": "or"}], None),
    "'country=uk'": ([{"statement": "country=uk"}], None),
    "country=tr\"ue": None,
    # One query, as every data plugin takes.
    "fact('a','b').value=1": ([{"fstatement": {"r_compare": "1", "operator": "==", "value": "value", "name": "fact",
                                               "params": "a','b"}}], None),
    # What Ruby's client cannot read.
    "not": ([{"statement": "not"}], None),
    "fact('x').value != y": (None, [{"fstatement": {"r_compare": "y", "operator": "!=", "value": "value", "name": "fact",
                                                    "params": "x"}}]),
    "(/web/)": (None, [{"(": "("}, {"statement": "/web/"}, {")": ")"}]),
    "ip=10.0.0.1/24": (None, [{"statement": "ip=10.0.0.1/24"}]),
    "country != us": (None, [{"(": "("}, {"statement": "country<us"}, {"or": "or"}, {"statement": "country>us"}, {")": ")"}]),
}  # fmt: skip

REFUSED = ["a=b c=d", "a=b and", "and a=b", "(a=b", "a=b)", "()", "web && db", "web AND db", "x=a(b)", "puppet().enabled", "a b", "!",
           "fact(x).value=1", "or or"]  # fmt: skip


@pytest.fixture(scope="module")
def ruby() -> Iterator[RubyMatcher]:
    with RubyMatcher() as matcher:
        yield matcher


def ours(text: str) -> list[dict[str, object]] | None:
    try:
        (stack,) = Filter.parse(compound=[text]).compound
    except FilterError:
        return None
    assert isinstance(stack, list)
    return stack


def become(ruby: RubyMatcher, host: NodeView) -> NodeView:
    """Both are this host; ours with its data plugins."""
    ruby.become(dict(host.facts or {}), sorted(host.classes or ()), sorted(host.agents))
    plugins = DataPlugins(builtin_data(dict.fromkeys(host.agents, AGENT).get))
    return NodeView(host.identity, host.collectives, agents=host.agents, classes=host.classes, facts=host.facts,
                    data_plugins=plugins.names, data=lambda name, query: plugins.query(name, query, host))  # fmt: skip


@pytest.mark.parametrize("text", SAME)
def test_what_sites_write_makes_the_same_call_stack(ruby: RubyMatcher, text: str) -> None:
    assert ours(text) == ruby.parse(text) is not None


@pytest.mark.parametrize("text", DIFFERENT)
def test_what_rubys_nodes_would_misread_is_sent_otherwise_or_refused(ruby: RubyMatcher, text: str) -> None:
    known = DIFFERENT[text]
    if known is None:
        assert ours(text) is None
    else:
        assert (ruby.parse(text), ours(text)) == known


@pytest.mark.parametrize("text", REFUSED)
def test_what_ruby_refuses_is_refused(ruby: RubyMatcher, text: str) -> None:
    assert ours(text) is None
    assert ruby.parse(text) is None


# ¤ stands for a blank.
_TERMS = """\
country=uk country=de country!=uk country==uk country=/^u/ country=~'^(u|d)' country<f country>=uk nosuch=1 nosuch!=1
nosuch=/./ nosuch<5 cpus=4 cpus!=4 cpus>4 cpus<=16 cpus=>4 cpus!=04 load<1.5 load>=12.25 load!=0.5 load!=0.50 motd=''
motd='all¤is¤well' motd=/well$/ motd!='' path='/usr/bin' path='/usr' path=/usr/ path!='x' ips=10.0.0.1 ips!=10.0.0.1
ips=/^10/ ips!=x os=name os!=name os=/fam/ os=Debian virtual=true virtual!=true eq='a=b' eq=a eq=/a=b/ eq=~'=' eq!='a'
none='' none=/x*/ odd='x¤(y)¤[z]¤{1}¤a.b*c+?^$|' odd=/\\(y\\)/ quote='it\\'s¤"so"' kernel='linux¤=¤free' kernel=linux
kernel=/x.=/ role::web role::db common nosuch /^role::/ /mail/ /o::d/ /./ fact('country').value=uk fact("country").value!=uk
fact('country').value=/^u/ fact('country').value!=/^u/ fact('nosuch').exists=true fact('nosuch').exists=false
fact('country').exists=true fact('country').exists!=true fact('country').exists=maybe fact('cpus').value>3
fact('nosuch').value=uk fact('os.family').value=/Deb/ fact('nosuch').value=/x/ fact('cpus').value=4
agent('package').timeout=5 agent('rpcutil').timeout>4 agent('rpcutil').timeout>=5.0 agent('rpcutil').timeout<-5
agent('rpcutil').timeout=x agent('rpcutil').timeout!=5 agent('rpcutil').timeout=/5/ agent('rpcutil').version=1.0
agent('rpcutil').version>0 collective('uk').member=true collective('de').member=true collective('de').member!=true
collective('uk').member='¤true¤' fstat('/nonexistent').present=0 fstat('/nonexistent').size=0 fstat('/etc/passwd').type=file
fstat('/etc').type=directory fstat('/etc/passwd').size>10 fstat('/dev/fd').type=symlink nosuchplugin().x=1
nosuchplugin('a').x!=1
"""
TERMS = [word.replace("¤", " ") for word in _TERMS.split()]


PLAIN = [term for term in TERMS if "()" not in term and "('" not in term and '("' not in term]  # no data functions


def expression(chance: random.Random, depth: int = 0) -> str:
    """Any expression, of up to some twenty terms."""
    kind = chance.random()
    if depth > 3 or kind < 0.35:
        return chance.choice(TERMS if chance.random() < 0.7 else PLAIN)
    if kind < 0.5:
        return f"{chance.choice(('not ', '!', 'not '))}({expression(chance, depth + 1)})"
    if kind < 0.6:
        return f"({expression(chance, depth + 1)})"
    word = chance.choice((" and ", " or "))
    return word.join(expression(chance, depth + 1) for _ in range(chance.randint(2, 3)))


def test_every_term_means_the_same_hosts_to_ruby_and_to_us(ruby: RubyMatcher) -> None:
    wrong = []
    for name, host in HOSTS.items():
        view = become(ruby, host)
        for term in TERMS:
            for text in (term, f"not {term}"):
                meant = Filter.parse(compound=[text])
                if ruby.passes(*meant.compound) != matches(meant, view):
                    wrong.append((name, text, matches(meant, view)))
    assert wrong == []


def test_expressions_mean_the_same_hosts_to_ruby_and_to_us(ruby: RubyMatcher) -> None:
    chance, passed = random.Random(7), 0
    for host in HOSTS.values():
        view = become(ruby, host)
        for _ in range(800):
            texts = [expression(chance) for _ in range(chance.choice((1, 1, 1, 2)))]
            try:
                meant = Filter.parse(compound=texts)
            except FilterError as error:
                assert "questions" in str(error), texts
                continue
            is_meant = matches(meant, view)
            passed += is_meant
            assert ruby.passes(*meant.compound) == is_meant, texts
    assert 300 < passed < 2_000  # neither all nor none


def test_what_rubys_client_sends_means_the_same_to_us_or_is_refused(ruby: RubyMatcher) -> None:
    chance, refused = random.Random(8), 0
    for host in HOSTS.values():
        view = become(ruby, host)
        for _ in range(500):
            text = expression(chance)
            stack = ruby.parse(text)
            if stack is None:
                continue
            try:
                meant = Filter(compound=(stack,))
            except FilterError:
                refused += 1
                continue
            assert ruby.passes(stack) == matches(meant, view), text
    assert refused > 50
