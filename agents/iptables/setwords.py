"""The words that ipset takes and gives, and the rules that look into its sets; pure."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

from .backend import Hold, Timed
from .entry import ALLOW, BLOCK, Key, Scope, by_scope
from .rulewords import COMMENT, Chain, Rule, scope_words, verdict
from .untouched import Mark

PREFIX = "mco-"
LONGEST = 2_147_483.0  # seconds: the longest timeout of a set, 24 days
_RULE = re.compile(
    r"(?:-p (tcp|udp|icmp|ipv6-icmp) )?-m set --match-set (mco-[a-z0-9-]+) src(?: -m icmp6 --icmpv6-type 128)?"
    r"(?: -m multiport --dports (\S+))? -m comment --comment mcollective -j (DROP|REJECT|RETURN)(?: --reject-with \S+)?",
    re.ASCII,
)


_ADDED = re.compile(rb"^add (mco-[a-z0-9-]+ [0-9a-f:./]+)", re.ASCII | re.MULTILINE)


class Group(NamedTuple):
    """What one set has: sets of networks know every prefix length, and find the narrowest by themselves."""

    kind: str
    version: int
    protocol: str = ""
    ports: str = ""

    @property
    def name(self) -> str:
        """`mco-block4`; with a digest where there are protocol and ports: a name has 31 characters at most."""
        plain = f"{PREFIX}{self.kind}{self.version}"
        if not self.protocol:
            return plain
        return f"{plain}-{hashlib.sha256(f'{self.protocol} {self.ports}'.encode()).hexdigest()[:16]}"


PLAIN = tuple(Group(kind, version) for kind in (ALLOW, BLOCK) for version in (4, 6))


@dataclass(frozen=True, slots=True)
class Sets:
    """What `save_sets` prints of ours: the elements of each set, by the network, and the sets that are of another make."""

    elements: Mapping[str, Mapping[str, Hold]] = field(default_factory=dict)
    odd: tuple[str, ...] = ()


def save_sets(ipset: str) -> list[str]:
    """All sets with their elements."""
    return [ipset, "save"]


def restore_sets(ipset: str) -> list[str]:
    """Lines of standard input; what is there already is no failure."""
    return [ipset, "-exist", "restore"]


def test_set(ipset: str, key: Key) -> list[str]:
    """Whether an element is there: exit code 0."""
    return [ipset, "test", group_of(key).name, key[0]]


def group_of(key: Key) -> Group:
    """The set that an entry of this key is in."""
    network, kind, protocol, ports = key
    return Group(kind, 6 if ":" in network else 4, protocol, ports)


def group_of_scope(scope: Scope) -> Group:
    """The set that entries of this scope are in: one for all prefix lengths."""
    return Group(scope.kind, scope.version, scope.protocol, scope.ports)


def parse_sets(text: str) -> Sets:
    """Our sets among those that are printed. Raises ValueError for a line that is none."""
    elements: dict[str, dict[str, Hold]] = {}
    odd: list[str] = []
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        name, _, rest = rest.partition(" ")
        if word not in ("create", "add"):
            raise ValueError(f"ipset printed a line that is none: {line[:60]!r}")
        if not name.startswith(PREFIX):
            continue
        if word == "create":
            elements[name] = {}
            if not rest.startswith("hash:net ") or " timeout " not in rest or " counters" not in rest:
                odd.append(name)
        else:
            network, *words = rest.split()
            said = dict(zip(words[::2], words[1::2], strict=False))
            timeout = int(said.get("timeout", 0))
            elements[name][network] = Hold(float(timeout) if timeout else None, int(said.get("packets", 0)), int(said.get("bytes", 0)))
    return Sets(elements, tuple(odd))


def mark_of_text(text: str) -> Mark:
    """What the elements of our sets are known by, of what `save_sets` prints: in a fraction of the time that reading them takes."""
    return _mark(_ADDED.findall(text.encode()))


def mark_of(keys: Iterable[Key]) -> Mark:
    """The same of sets with the entries of these keys and no others."""
    names = ((group_of_scope(scope).name, some) for scope, some in by_scope(keys).items())
    return _mark([f"{name} {key[0]}".encode() for name, some in names for key in some])


def _mark(elements: Collection[bytes]) -> Mark:
    return Mark(len(elements), sum(map(crc32, elements)))


def holds_of(sets: Sets, groups: Iterable[Group]) -> dict[Key, Hold]:
    """The entries of these groups' sets."""
    return {
        (network, group.kind, group.protocol, group.ports): hold
        for group in groups
        for network, hold in sets.elements.get(group.name, {}).items()
    }


def groups_of(chains: Iterable[tuple[int, Chain]]) -> tuple[Group, ...]:
    """The groups that the rules of ours look into, in their order."""
    found = []
    for version, chain in chains:
        for rule in chain.rules:
            if (match := _RULE.fullmatch(rule.words)) is not None:
                kind = ALLOW if match[4] == "RETURN" else BLOCK
                found.append(Group(kind, version, (match[1] or "").removeprefix("ipv6-"), (match[3] or "").replace(":", "-")))
    return tuple(found)


def rule_of(group: Group, target: str) -> str:
    """The words of the rule that looks into a set, as iptables prints them."""
    protocol, _, ports = scope_words(group.version, group.protocol, group.ports).partition(" -m ")
    words = (protocol, f"-m set --match-set {group.name} src", f"-m {ports}" if ports else "", COMMENT, verdict(group.kind, target))
    return " ".join(word for word in words if word)


def wanted_rules(groups: Iterable[Group], version: int, target: str) -> list[str]:
    """The rules of ours that one family is to have, the exceptions first."""
    return [rule_of(group, target) for group in sorted({*groups}) if group.version == version]


def is_as_wanted(rules: Sequence[Rule], wanted: Sequence[str]) -> bool:
    """Whether the rules of ours are these, and in this order."""
    ours = [rule.words for rule in rules if rule.is_ours]
    return len(ours) == len(wanted) and all(words.startswith(want) for words, want in zip(ours, wanted, strict=True))


def lines_of(create: Iterable[Group], puts: Iterable[Timed], drops: Iterable[Key], most: int) -> list[str]:
    """What `restore_sets` reads: sets, then what goes, then what comes."""
    lines = [
        f"create {group.name} hash:net family inet{'6' if group.version == 6 else ''} timeout 0 counters maxelem {most}"
        for group in create
    ]
    for scope, keys in by_scope(drops).items():
        name = group_of_scope(scope).name
        lines += [f"del {name} {key[0]}" for key in keys]
    timed_by_key = {timed.key: timed for timed in puts}
    for scope, keys in by_scope(timed_by_key).items():
        name = group_of_scope(scope).name
        for key in keys:
            _, seconds, hold = timed_by_key[key]
            whole = 0 if seconds is None or seconds > LONGEST else max(1, round(seconds))
            lines.append(f"add {name} {key[0]} timeout {whole} packets {hold.packets} bytes {hold.bytes}")
    return lines
