"""10,000 generated filters on generated hosts: whom they mean to Ruby's node and to ours, but for a written list of its defects."""

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from mcollective_py.errors import FilterError
from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import matches
from mcollective_py.matching.versions import version_keys
from mcollective_py.node.view import NodeView
from tests.parts.rubymatcher import RubyMatcher

pytestmark = pytest.mark.parts

HOSTS, FILTERS = 50, 200

TEXTS = (
    "uk",
    "de",
    "us",
    "United Kingdom",
    "Debian",
    "RedHat",
    "true",
    "false",
    "",
    "a=b",
    "x/y",
    "web",
    "10.0.0.1",
    "4",
    "04",
    "16",
    "100",
)
NUMBERS = (
    "0",
    "4",
    "04",
    "16",
    "100",
    "1.5",
    "1.50",
    "12.25",
    "-3",
    "8.9",
    "8.10",
    "7.0",
    "1e3",
    "2.6.32",
    "2.6.9",
    "10.0.0.2",
    "8.9.0-rc1",
)
NAMES = ("country", "cpus", "load", "version", "motd", "ips", "os", "virtual", "nosuch")
OPERATORS = ("=", "==", "!=", "<", ">", "<=", ">=", "=>", "=<", "=~")
REGEXES = (
    "^u",
    "k$",
    ".",
    "^$",
    "d.b",
    "[0-9]+",
    "(uk|de)",
    "^1[06]",
    "\\d\\.\\d",
    "K",
    "x*",
    "::",
    "^role",
    "web$",
    "b1|b2",
    "a",
    "9",
)
CLASSES = ("settings", "role::web", "role::db", "profile::base", "mail", "mail::server", "web", "Web")
AGENTS = ("rpcutil", "package", "service", "puppet", "mcollective")
IDENTITIES = ("web1", "web2", "db1", "web1.example.com", "mail-1", "web10")


def a_host(chance: random.Random) -> NodeView:
    facts: dict[str, object] = {name: chance.choice((*TEXTS, *NUMBERS)) for name in NAMES[:5]}
    facts["ips"] = chance.sample((*TEXTS, *NUMBERS), chance.randrange(4))
    facts["os"] = dict.fromkeys(chance.sample(TEXTS, 2), "x")
    facts["virtual"] = chance.choice(("true", "false"))
    return NodeView(
        chance.choice(IDENTITIES),
        ("mcollective",),
        agents=frozenset({"rpcutil", *chance.sample(AGENTS[:-1], 2)}),
        classes=frozenset(chance.sample(CLASSES, chance.randrange(1, 6))),
        facts={name: value for name, value in facts.items() if chance.random() < 0.9},
    )


def a_fact(chance: random.Random) -> str:
    name, space = chance.choice(NAMES), chance.choice(("", "", "", " "))
    if chance.random() < 0.2:
        return f"{name}{space}{chance.choice(('=', '=~', '='))}{space}/{chance.choice(REGEXES)}/"
    operator = chance.choice(OPERATORS)
    value = chance.choice(REGEXES if operator == "=~" else (*TEXTS, *NUMBERS, *NUMBERS))
    return f"{name}{space}{operator}{space}{value}"


def a_name(names: tuple[str, ...], chance: random.Random) -> str:
    return f"/{chance.choice(REGEXES)}/" if chance.random() < 0.3 else chance.choice(names)


def a_filter(chance: random.Random) -> dict[str, list[str]]:
    """Words by Ruby's names of their kinds."""
    words: dict[str, list[str]] = {}
    for kind, make, share in (
        ("fact", a_fact, 0.7),
        ("cf_class", lambda chance: a_name(CLASSES, chance), 0.35),
        ("agent", lambda chance: a_name(AGENTS, chance), 0.2),
        ("identity", lambda chance: a_name(IDENTITIES, chance), 0.25),
    ):
        if chance.random() < share:
            words[kind] = [make(chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    if chance.random() < 0.15:
        parts = [chance.choice((f"cpus>={chance.choice(NUMBERS)}", f"country={chance.choice(TEXTS[:3])}", chance.choice(CLASSES)))]
        words["combined"] = [" ".join([*parts, *chance.sample(CLASSES, chance.randrange(2))])]
    if chance.random() < 0.15:
        join, sign = chance.choice((" and ", " or ")), chance.choice(("not ", "!", ""))
        words["compound"] = [join.join((f"{sign}country={chance.choice(TEXTS[:3])}", chance.choice(CLASSES[:6]), "virtual=true"))]
    return words


def read(words: dict[str, list[str]]) -> Filter | None:
    """What our client makes of them; None where it refuses them."""
    try:
        return Filter.parse(
            facts=words.get("fact", ()),
            classes=words.get("cf_class", ()),
            agents=words.get("agent", ()),
            identities=words.get("identity", ()),
            combined=words.get("combined", ()),
            compound=words.get("compound", ()),
        )
    except FilterError:
        return None


def compared(filter: Filter, host: NodeView) -> Iterator[tuple[str, str, str]]:
    """Operator, value of the test and one text of the host, for each comparison that is no search and no equality."""
    for test in filter.facts:
        if test.operator in ("<", ">", "<=", ">=", "!="):
            yield from ((test.operator, test.value, one) for one in values(host, test.fact))


# What stands in docs/ruby-differences.md, each with how it is known by: the filter, and the host.
DEFECTS: dict[str, Callable[[Filter, NodeView], bool]] = {
    "only one of several identities may match": lambda filter, host: (
        sum(matches(Filter(identities=(one,)), host) for one in filter.identities) > 1
    ),
    "versions are compared as texts": lambda filter, host: any(
        operator != "!=" and version_keys(one, value) for operator, value, one in compared(filter, host)
    ),
}


def values(host: NodeView, fact: str) -> list[str]:
    """The texts that a test of this fact looks at."""
    value = (host.facts or {}).get(fact, [])
    return [str(one) for one in value] if isinstance(value, list | dict) else [str(value)]


@pytest.fixture(scope="module")
def ruby() -> Iterator[RubyMatcher]:
    with RubyMatcher() as matcher:
        yield matcher


def test_10_000_filters_mean_the_same_hosts_to_ruby_and_to_us_but_for_its_defects(ruby: RubyMatcher) -> None:
    chance = random.Random(2012)
    met: Counter[str] = Counter()
    wrong = []
    for _ in range(HOSTS):
        host = a_host(chance)
        ruby.become(dict(host.facts or {}), sorted(host.classes or ()), sorted(host.agents), host.identity)
        for _ in range(FILTERS):
            words = a_filter(chance)
            meant = read(words)
            theirs = ruby.takes(**words)
            if meant is None:
                met["refused by ours"] += 1
                if theirs and not any(word.rstrip().endswith(("<", ">", "=")) for word in words.get("fact", ())):  # no value, a slip
                    wrong.append((words, host, theirs, None))
                continue
            is_ours = matches(meant, host)
            met["means the host" if is_ours else "does not"] += 1
            if is_ours == bool(theirs):
                continue
            known = next((defect for defect, applies in DEFECTS.items() if applies(meant, host)), None)
            if known is None:
                wrong.append((words, host, theirs, is_ours))
            else:
                met[known] += 1
    assert wrong[:5] == []
    assert met["means the host"] > 1000
    assert met["does not"] > 1000
    assert all(met[defect] for defect in DEFECTS), met
    assert sum(met[defect] for defect in DEFECTS) < HOSTS * FILTERS // 20, met
