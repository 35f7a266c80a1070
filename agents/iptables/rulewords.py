"""The words that iptables and ip6tables take and give for one chain of the filter table; pure.

What is ours carries the comment `mcollective`. Rules of others stay as they are, letter by letter, and so does their order.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from .backend import Hold
from .entry import ALLOW, BLOCK, Key

COMMENT = "-m comment --comment mcollective"
# Neighbours find each other by ICMPv6: without it nothing of a host on the same network comes through, whatever its protocol.
PING6 = "-p ipv6-icmp -m icmp6 --icmpv6-type 128"
FEW = 49  # deletions one by one cost 5 ms each in a chain of 10,000: for more of them the chain is written anew
_LINE = re.compile(r"\[([0-9]+):([0-9]+)\] -A (\S+) (.*)", re.ASCII)
_RULE = re.compile(
    r"-s (\S+)(?: -p (tcp|udp|icmp|ipv6-icmp))?(?: -m icmp6 --icmpv6-type 128)?(?: -m multiport --dports (\S+))?"
    r"( -m comment --comment mcollective)? -j (DROP|REJECT|RETURN)(?: --reject-with \S+)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the chain: its words without the chain, and its counters."""

    words: str
    packets: int = 0
    bytes: int = 0

    @property
    def is_ours(self) -> bool:
        """Whether it carries our comment."""
        return f"{COMMENT} " in f"{self.words} "


@dataclass(frozen=True, slots=True)
class Chain:
    """The historic chain of one family. hooks: the rules of INPUT that lead to it, ours and others'."""

    exists: bool = False
    hooks: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


def save(iptables: str, *, counters: bool = True) -> list[str]:
    """The filter table with its counters."""
    return [f"{iptables}-save", *(["-c"] if counters else []), "-t", "filter"]


def restore(iptables: str) -> list[str]:
    """Lines of standard input, all of them or none, with the lock waited for."""
    return [f"{iptables}-restore", "-w", "10", "-c", "--noflush"]


def check_rule(iptables: str, chain: str, key: Key, target: str, *, ours: bool = True) -> list[str]:
    """Whether a rule for this entry is there, of ours or as the agent in Ruby puts it: exit code 0."""
    words = rule_of(key, target)
    return [iptables, "-w", "10", "-C", chain, *(words if ours else words.replace(f"{COMMENT} ", "")).split()]


def has_rule(text: str, chain: str, key: Key, target: str) -> bool:
    """Whether a rule for this entry is in the chain that `save` prints without counters, of ours or as the agent in Ruby puts it."""
    words = rule_of(key, target)
    lines = f"\n{text}"
    return any(f"\n-A {chain} {one}{end}" in lines for one in (words, words.replace(f"{COMMENT} ", "")) for end in ("\n", " --reject"))


def list_hooks(iptables: str) -> list[str]:
    """The rules of INPUT alone."""
    return [iptables, "-w", "10", "-S", "INPUT"]


def leads(text: str, chain: str) -> bool:
    """Whether a rule among what `list_hooks` prints leads to the chain."""
    return any(line.startswith("-A INPUT ") and f" -j {chain} " in f"{line} " for line in text.splitlines())


def parse_save(text: str, chain: str) -> Chain:
    """The chain in what `save` prints. Raises ValueError where that is no table."""
    if "COMMIT" not in text and "*filter" in text:
        raise ValueError("the table ends in its middle")
    if "is incompatible" in text:
        raise ValueError("the filter table has rules of nft that iptables cannot read")
    exists, hooks, rules = False, [], []
    for line in text.splitlines():
        if line.startswith(f":{chain} "):
            exists = True
        elif (found := _LINE.fullmatch(line)) is not None:
            packets, count, name, words = found.groups()
            if name == chain:
                rules.append(Rule(words, int(packets), int(count)))
            elif name == "INPUT" and f" -j {chain} " in f" {words} ":
                hooks.append(words)
    return Chain(exists, tuple(hooks), tuple(rules))


def rule_of(key: Key, target: str) -> str:
    """The words of the rule of one entry, as iptables prints them."""
    network, kind, protocol, ports = key
    version = 6 if ":" in network else 4
    source = network if "/" in network else f"{network}/{128 if version == 6 else 32}"
    return " ".join(word for word in (f"-s {source}", scope_words(version, protocol, ports), COMMENT, verdict(kind, target)) if word)


def scope_words(version: int, protocol: str, ports: str) -> str:
    """Protocol and ports of a rule."""
    if version == 6 and protocol == "icmp":
        return PING6
    return " ".join(([f"-p {protocol}"] if protocol else []) + ([f"-m multiport --dports {ports.replace('-', ':')}"] if ports else []))


def verdict(kind: str, target: str) -> str:
    """What a rule does: an exception goes back to the host's own rules."""
    return "-j RETURN" if kind == ALLOW else f"-j {target}"


def key_of(rule: Rule) -> Key | None:
    """The entry that a rule stands for, None for one that is no entry."""
    found = _RULE.fullmatch(rule.words)
    if found is None or (found[5] == "RETURN" and not rule.is_ours):
        return None
    network = found[1].removesuffix("/128") if ":" in found[1] else found[1].removesuffix("/32")
    protocol = (found[2] or "").removeprefix("ipv6-")
    return network, ALLOW if found[5] == "RETURN" else BLOCK, protocol, (found[3] or "").replace(":", "-")


def holds_of(chain: Chain, *, ours: bool) -> dict[Key, Hold]:
    """The entries among the rules, ours or those of others."""
    return {key: Hold(None, rule.packets, rule.bytes) for rule in chain.rules if rule.is_ours is ours and (key := key_of(rule))}


def frame(chain: Chain, name: str) -> list[str]:
    """The lines that make the chain and lead INPUT to it, where that is not so."""
    lines = [] if chain.exists else [f":{name} - [0:0]"]
    return lines if chain.hooks else [*lines, f"-I INPUT 1 {COMMENT} -j {name}"]


def changed(chain: Chain, name: str, firsts: Iterable[str], lasts: Iterable[str], drops: Collection[str]) -> list[str]:
    """The lines that take rules away (their words) and put others first or last, and leave all else in its order."""
    gone = [rule.words for rule in chain.rules if rule.words in drops]
    if len(gone) <= FEW:
        lines = [f"-D {name} {words}" for words in gone]
        return [*lines, *(f"-I {name} 1 {words}" for words in reversed([*firsts])), *(f"-A {name} {words}" for words in lasts)]
    kept = [_counted(name, rule) for rule in chain.rules if rule.words not in drops]
    fresh = [[f"-A {name} {words}" for words in some] for some in (firsts, lasts)]
    return [f":{name} - [0:0]", *fresh[0], *kept, *fresh[1]]


def as_before(chain: Chain, name: str) -> list[str]:
    """The lines that bring back a chain that was changed or made, and its hook."""
    unhook = [] if chain.hooks else [f"-D INPUT {COMMENT} -j {name}"]
    if not chain.exists:
        return [*unhook, f"-F {name}", f"-X {name}"]
    return [*unhook, f":{name} - [0:0]", *(_counted(name, rule) for rule in chain.rules)]


def removed(chain: Chain, name: str, *, has_made_chain: bool) -> list[str]:
    """The lines that take away what is ours. A chain that we made stays where somebody else put rules into it."""
    if not chain.exists:
        return []
    others = [rule for rule in chain.rules if not rule.is_ours]
    if has_made_chain and not others:
        return [*(f"-D INPUT {words}" for words in chain.hooks), f"-F {name}", f"-X {name}"]
    ours = [words for words in chain.hooks if Rule(words).is_ours] if not others else []
    return [
        *(f"-D INPUT {words}" for words in ours),
        *changed(chain, name, (), (), {rule.words for rule in chain.rules if rule.is_ours}),
    ]


def input_of(lines: Sequence[str]) -> str:
    """What `restore` reads."""
    return "\n".join(["*filter", *lines, "COMMIT", ""])


def _counted(name: str, rule: Rule) -> str:
    return f"[{rule.packets}:{rule.bytes}] -A {name} {rule.words}"
