"""The words that nft takes and gives: a table of our own with a set for each scope; pure.

A set for each prefix length is looked up by the source address cut to that length: networks may lie in one another, which sets of
intervals refuse, and each keeps its own end and counters.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from .backend import Effect, Hold, Timed
from .entry import ALLOW, BLOCK, KINDS, Key, Scope, by_scope, scope_of

TABLE = "inet mcollective"
PRIORITY = -310  # before raw (-300), so before connection tracking; after the fragments are joined (-400)
_NAME = re.compile(r"(block|allow)([46])_([0-9]{1,3})(?:_(tcp|udp|icmp)((?:_[0-9]{1,5}(?:to[0-9]{1,5})?)*))?", re.ASCII)
_SAID = re.compile(r"/dev/stdin:([0-9]{1,3}):[^ ]* Error: (.*)", re.ASCII)  # nft tells of every line that fails
_COUNTER = re.compile(r" counter packets ([0-9]{1,20}) bytes ([0-9]{1,20})\b", re.ASCII)
_VERDICTS = {"DROP": "drop", "REJECT": "reject"}


def list_table(nft: str) -> list[str]:
    """The whole table as JSON."""
    return [nft, "-j", "list", "table", *TABLE.split()]


def from_stdin(nft: str) -> list[str]:
    """One transaction out of standard input."""
    return [nft, "-f", "-"]


def check_stdin(nft: str) -> list[str]:
    """The same, thrown away before it holds: what it says of a deletion is whether something is there and used, in no time."""
    return [nft, "-c", "-f", "-"]


def get_element(nft: str, key: Key) -> list[str]:
    """One element with its counters; exit code 1 where it is not there."""
    return [nft, "get", "element", *TABLE.split(), set_name(scope_of(key)), f"{{ {_address(key)} }}"]


def set_name(scope: Scope) -> str:
    """`block4_32`, `block4_24_tcp_25_587to590`: its scope can be read from it again."""
    ports = "".join(f"_{part.replace('-', 'to')}" for part in scope.ports.split(",")) if scope.ports else ""
    return f"{scope.kind}{scope.version}_{scope.length}{f'_{scope.protocol}' if scope.protocol else ''}{ports}"


def scope_of_set(name: str) -> Scope | None:
    """The scope of a set's name, None for a name that is not ours."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    ports = found[5].removeprefix("_").replace("_", ",").replace("to", "-") if found[5] else ""
    scope = Scope(found[1], int(found[2]), int(found[3]), found[4] or "", ports)
    return scope if scope.length <= (32 if scope.version == 4 else 128) else None


def rule_text(scope: Scope, target: str) -> str:
    """The rule of one scope, without its chain."""
    source = "ip saddr" if scope.version == 4 else "ip6 saddr"
    if scope.length < (32 if scope.version == 4 else 128):
        source += f" & {_mask(scope)}"
    return " ".join(
        part
        for part in (f"{source} @{set_name(scope)}", _protocol(scope), "accept" if scope.kind == ALLOW else _VERDICTS[target])
        if part
    )


def transaction(present: Effect, puts: Sequence[Timed], drops: Collection[Key], scopes: Collection[Scope], target: str) -> str:
    """One transaction: afterwards the table has these scopes' sets, with what was there, and puts, and without drops.

    present: what the table has now; where something in it is not as it should be the chains are written anew.
    """
    lines: list[str] = []
    there = {scope for name in present.sets if (scope := scope_of_set(name))}
    is_whole = present.is_set_up and not present.faults and set(scopes) <= there and there <= set(scopes)
    if not is_whole:
        lines += _frame(sorted(set(scopes) | there))
        lines += [f"add rule {TABLE} {scope.kind} {rule_text(scope, target)}" for scope in sorted(scopes, reverse=True)]
        lines += [f"delete set {TABLE} {name}" for name in present.sets if scope_of_set(name) not in scopes]
    gone = [key for key in drops if scope_of(key) in scopes and scope_of(key) in there]
    renewed = [timed.key for timed in puts if timed.key in present.holds] if present.holds else []
    # An element that goes by itself between our reading and this is no failure: it is added, then deleted.
    for scope, keys in by_scope([*gone, *renewed]).items():
        elements = ", ".join(_address(key) for key in keys)
        lines += [f"{word} element {TABLE} {set_name(scope)} {{ {elements} }}" for word in ("add", "delete")]
    timed_by_key = {timed.key: timed for timed in puts}
    for scope, keys in by_scope(timed_by_key).items():
        elements = ", ".join([_element(timed_by_key[key]) for key in keys])
        lines.append(f"add element {TABLE} {set_name(scope)} {{ {elements} }}")
    return "\n".join([*lines, ""])


def probe_text(key: Key) -> str:
    """What `check_stdin` is asked for one element: would it go, and would its set and its chain, which something must lead to."""
    name = set_name(scope_of(key))
    return f"delete element {TABLE} {name} {{ {_address(key)} }}\ndelete set {TABLE} {name}\ndelete chain {TABLE} {key[1]}\n"


def is_met(stderr: str) -> bool:
    """Whether packets meet the element of `probe_text`, by what nft says to it: it is there, and set and chain are in use."""
    said = {int(found[1]): found[2] for line in stderr.splitlines() if (found := _SAID.match(line, 0))}
    return 1 not in said and all("resource busy" in said.get(line, "") for line in (2, 3))


def delete_table() -> str:
    """The end of it all."""
    return f"add table {TABLE}\ndelete table {TABLE}\n"


def parse_table(text: str, target: str) -> Effect:
    """What the JSON of `list_table` says. Raises ValueError for what is none."""
    try:
        objects: list[Mapping[str, Any]] = json.loads(text)["nftables"]
        return _effect(objects, target)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("nft printed no list of objects") from error


def parse_element(text: str) -> Hold:
    """The counters that `get_element` prints: as words, even where JSON is asked for (1.0.6)."""
    found = _COUNTER.search(text)
    return Hold(None, int(found[1]), int(found[2])) if found else Hold()


def _effect(objects: Iterable[Mapping[str, Any]], target: str) -> Effect:
    holds: dict[Key, Hold] = {}
    names: list[str] = []
    faults: list[str] = []
    rules: dict[str, list[tuple[str, str]]] = {"input": [], ALLOW: [], BLOCK: []}
    is_hooked = False
    for one in objects:
        if (found := one.get("set")) is not None:
            scope = scope_of_set(str(found.get("name", "")))
            if scope is None or "timeout" not in found.get("flags", ()):
                faults.append(f"the set {found.get('name')} is not ours")
            else:
                holds.update(_elements(scope, found.get("elem", ())))
            names.append(str(found.get("name", "")))
        elif (found := one.get("chain")) is not None:
            if found.get("name") == "input":
                is_hooked = (found.get("hook"), found.get("prio"), found.get("policy")) == ("prerouting", PRIORITY, "accept")
            elif found.get("name") not in KINDS:
                faults.append(f"the chain {found.get('name')} is not ours")
        elif (found := one.get("table")) is not None:
            if found.get("flags"):  # what they are is printed wrongly by some versions; ours has none
                faults.append("the table is dormant, or has another flag")
        elif (found := one.get("rule")) is not None:
            rules.setdefault(str(found.get("chain")), []).append(_rule(found.get("expr", ())))
    if not is_hooked or rules["input"] != [("", ALLOW), ("", BLOCK)]:
        faults.append("the chain input does not lead to ours")
    verdicts = {ALLOW: "accept", BLOCK: _VERDICTS[target]}
    for kind in KINDS:
        wanted = {(name, verdicts[kind]) for name in names if name.startswith(kind) and scope_of_set(name)}
        if set(rules[kind]) != wanted or len(rules[kind]) != len(wanted):
            faults.append(f"the rules of the chain {kind} were changed")
    return Effect(is_set_up=is_hooked, faults=tuple(faults), holds=holds, sets=tuple(names))


def _frame(scopes: Iterable[Scope]) -> list[str]:
    """Table, chains and sets; what is there already stays, and the chains are empty afterwards."""
    hook = f"{{ type filter hook prerouting priority {PRIORITY}; policy accept; }}"
    lines = [f"add table {TABLE}", *(f"add chain {TABLE} {kind}" for kind in KINDS), f"add chain {TABLE} input {hook}"]
    lines += [f"flush chain {TABLE} {chain}" for chain in ("input", *KINDS)]
    lines += [f"add rule {TABLE} input jump {kind}" for kind in (ALLOW, BLOCK)]
    return lines + [
        f"add set {TABLE} {set_name(scope)} {{ type ipv{scope.version}_addr; flags timeout; counter; }}" for scope in scopes
    ]


def _address(key: Key) -> str:
    return key[0].partition("/")[0]


def _element(timed: Timed) -> str:
    (network, *_), seconds, hold = timed
    address = network.partition("/")[0]
    if seconds is None and not hold.packets:
        return address
    counter = f" counter packets {hold.packets} bytes {hold.bytes}" if hold.packets else ""
    return f"{address}{counter}{_timeout(seconds)}"


def _mask(scope: Scope) -> str:
    from ipaddress import ip_network

    return str(ip_network(f"{'0.0.0.0' if scope.version == 4 else '::'}/{scope.length}").netmask)  # noqa: S104  nothing listens there


def _protocol(scope: Scope) -> str:
    if scope.protocol == "icmp":
        return "meta l4proto icmp" if scope.version == 4 else "icmpv6 type echo-request"  # see rulewords.PING6
    if scope.ports:
        return f"{scope.protocol} dport {{ {scope.ports.replace(',', ', ')} }}"
    return f"meta l4proto {scope.protocol}" if scope.protocol else ""


def _elements(scope: Scope, elements: Iterable[Any]) -> dict[Key, Hold]:
    full = 32 if scope.version == 4 else 128
    end = "" if scope.length == full else f"/{scope.length}"
    kind, protocol, ports, new = scope.kind, scope.protocol, scope.ports, Hold()
    found: dict[Key, Hold] = {}
    for element in elements:
        said = element.get("elem", element) if isinstance(element, dict) else {"val": element}
        address, counter, expires = said["val"], said.get("counter"), said.get("expires")
        if not isinstance(address, str):  # a network, or a range: none of ours
            address = str(address)
        packets = counter["packets"] if counter else 0
        hold = new  # of most of a long list
        if packets or expires is not None:
            hold = Hold(None if expires is None else float(expires), int(packets), int(counter["bytes"]) if counter else 0)
        found[(address + end, kind, protocol, ports)] = hold
    return found


def _rule(expressions: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """The set that a rule looks into, and what it does."""
    name, verdict = "", ""
    for expression in expressions:
        if "match" in expression and str(expression["match"].get("right", "")).startswith("@"):
            name = str(expression["match"]["right"])[1:]
        elif "jump" in expression:
            verdict = str(expression["jump"].get("target"))
        elif "match" not in expression:
            verdict = next(iter(expression), "")
    return name, verdict


def _timeout(seconds: float | None) -> str:
    """The words for an end. nft takes no number beyond 32 bits, so that milliseconds alone would end after 49 days."""
    if seconds is None:
        return ""
    whole, rest = divmod(max(1, round(seconds * 1000)), 1000)
    return f" timeout {whole}s{rest}ms" if whole > 4_000_000 else f" timeout {1000 * whole + rest}ms"
