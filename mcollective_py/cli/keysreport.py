"""What a process or a fleet trusts -> lines of text; pure. Hosts may say anything: it is shown inert, no shape relied on."""

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..client.results import RPCResult
from ..matching.nodeset import fold, natural
from ..wire.plainjson import plain_json
from .inert import inert

SOON = 30 * 86400.0  # seconds before its end at which a certificate is to be renewed
_SHORT = 12  # characters of a fingerprint that are enough to tell two apart
_SAME = ("provider", "ca", "crl", "revocation", "callers", "privileged", "wanted", "trouble")
_NAMES = 14  # columns


@dataclass(frozen=True, slots=True)
class TrustGroup:
    """Hosts that trust the same by the same rules. said: the outputs of the first."""

    hosts: tuple[str, ...]
    said: Mapping[str, Any]


def trust_groups(results: Iterable[RPCResult]) -> list[TrustGroup]:
    """Results of `rpcutil trusted` that are alike in all but the hosts' own certificates; the largest group first."""
    found: dict[str, list[RPCResult]] = defaultdict(list)
    for result in results:
        if result.is_ok:
            found[json.dumps([plain_json(result.data.get(name)) for name in _SAME], sort_keys=True)].append(result)
    groups = [TrustGroup(tuple(sorted((one.sender for one in same), key=natural)), same[0].data) for same in found.values()]
    return sorted(groups, key=lambda group: (-len(group.hosts), natural(group.hosts[0])))


def fleet_lines(groups: Sequence[TrustGroup], here: Mapping[str, Any], now: float) -> list[str]:
    """One block a group: how many hosts, whether they trust what this client does, who they are, their lists and rules."""
    lines: list[str] = []
    for group in groups:
        count = len(group.hosts)
        lines += [""] if lines else []
        lines += [f"{count} host{'s' if count > 1 else ''}: {_compared(group.said, here)}", f"   {inert(fold(group.hosts))}"]
        lines += [f"   {line}" for line in (*trust_lines(group.said, now), *rule_lines(group.said))]
    return lines


def ending_lines(results: Iterable[RPCResult], now: float) -> list[str]:
    """A line for each host whose own certificate others refuse, or will before long; those that end first on top."""
    rows: list[tuple[float, str]] = []
    for result in results:
        own = _mapping(result.data.get("certificate")) if result.is_ok else {}
        end, refused = _number(own.get("not_after")), result.data.get("refused")
        if refused:
            rows.append((end or 0.0, f"{inert(result.sender)}: others refuse what it signs: {inert(str(refused)[:200])}"))
        elif end is not None and end - now < SOON:
            rows.append((end, f"{inert(result.sender)}: its certificate ends {_day(end)}, in {(end - now) / 86400:.0f} days"))
    return [text for _, text in sorted(rows)]


def own_lines(report: Mapping[str, Any], now: float, *, certificate: str, key: str) -> list[str]:
    """The own certificate of a trust_report. certificate, key: where the two are."""
    own = _mapping(report.get("certificate"))
    end, names = float(own["not_after"]), [name for name in own["names"] if name != own["name"]]
    rows = {
        "name": f"{own['name']} ({own['key']}), signed by {own['issuer']}",
        "also": ", ".join(names),
        "file": certificate,
        "key": key,
        "fingerprint": own["fingerprint"],
        "valid": f"{_day(own['not_before'])} to {_day(end)}"
        + (f", {(end - now) / 86400:.0f} more days" if end > now else ", it is over"),
        "extensions": ", ".join(f"{name}={value}" for name, value in own["extensions"].items()),
        "refused": report["refused"],
    }
    return [f"{label:<{_NAMES}}{inert(str(value))}" for label, value in rows.items() if value]


def trust_lines(report: Mapping[str, Any], now: float) -> list[str]:
    """CA certificates and CRLs of a report, ours or a host's."""
    if report.get("trouble"):
        return [f"nobody is trusted: {inert(str(report['trouble'])[:300])}"]
    lines = []
    authorities = report.get("authorities")
    for authority in authorities[:50] if isinstance(authorities, list) else ():
        told = _mapping(authority)
        kind = "root" if told.get("root") is True else "intermediate"
        name, short = inert(str(told.get("name"))[:200]), inert(str(told.get("fingerprint"))[:_SHORT])
        lines.append(f"{name}: {kind} {short}, valid to {_day(told.get('not_after'))}")
        lines.append(f"   {_list_words(told.get('crl'), report.get('revocation'), now)}")
    return lines


def rule_lines(report: Mapping[str, Any]) -> list[str]:
    """Who may ask, for whom, and what his certificate must say."""
    privileged, wanted = _words(report.get("privileged")), _words(report.get("wanted"))
    lines = [f"callers: {_words(report.get('callers')) or 'nobody'}"]
    lines += [f"on behalf of others: {privileged}"] if privileged else []
    return [*lines, *([f"certificates must say: {wanted}"] if wanted else [])]


def _list_words(crl: object, revocation: object, now: float) -> str:
    if revocation == "off":
        return "no revocation list is asked (plugin.x509.revocation = off)"
    if not isinstance(crl, Mapping):
        return "NO REVOCATION LIST"
    number = f" {crl['number']}" if _number(crl.get("number")) is not None else ""
    last, following, revoked = _number(crl.get("last_update")), _number(crl.get("next_update")), _number(crl.get("revoked"))
    age = "" if last is None else f" ({_age(now - last)} old)"
    ends = "" if following is None else f", next by {_day(following)}{': OVERDUE' if crl.get('stale') is True else ''}"
    count = f"{revoked:.0f}" if revoked is not None else "?"
    return f"CRL{inert(number)} {inert(str(crl.get('fingerprint'))[:_SHORT])} of {_day(last)}{age}: {count} revoked{ends}"


def _compared(said: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    if said.get("provider") != "x509":
        return f"no certificates, securityprovider = {inert(str(said.get('provider'))[:40])}"
    if said.get("trouble"):
        return "they trust nobody now"
    words = []
    for name, label in (("ca", "CA"), ("crl", "CRL")):
        short = inert(str(said.get(name) or "none")[:_SHORT])
        words.append(f"{label} {short}{', as here' if said.get(name) == here.get(name) else ', ANOTHER THAN HERE'}")
    return "; ".join(words)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**256 else None


def _words(value: object) -> str:
    return " ".join(inert(str(word)[:300]) for word in value[:100]) if isinstance(value, list) else ""


def _day(seconds: object) -> str:
    number = _number(seconds)
    if number is None or not 0 <= number < 253_402_300_800:  # the year 10000
        return "?"
    return datetime.datetime.fromtimestamp(number, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _age(seconds: float) -> str:
    if seconds < 0:
        return "0 s"
    for unit, word in ((86400.0, "days"), (3600.0, "hours"), (60.0, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {word}"
    return f"{seconds:.0f} s"
