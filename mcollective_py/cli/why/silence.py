"""What the silence of a host can mean, the likeliest first, from all that a client can know. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..nearnames import near_names


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was seen around a silent host. collective: the one asked in.

    answered: by collective, who answered a ping just now. remembered: host -> when last heard, seconds since the epoch. unverified:
    answers dropped because nobody vouches for them. ahead: the median of seconds that this clock is ahead of the hosts' that answered,
    None where none did. refusals: words by which hosts refused the ping itself.
    """

    collective: str
    answered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    remembered: Mapping[str, float] = field(default_factory=dict)
    unverified: int = 0
    ahead: float | None = None
    refusals: tuple[str, ...] = ()

    @property
    def everybody(self) -> frozenset[str]:
        """Whoever answered anywhere."""
        return frozenset().union(*self.answered.values())


def reasons(host: str, seen: Surroundings, now: float) -> list[str]:
    """Why this host may have said nothing, a sentence each with what to do, the likeliest first. now: seconds since the epoch."""
    elsewhere = sorted(name for name, hosts in seen.answered.items() if host in hosts and name != seen.collective)
    if host in seen.answered.get(seen.collective, ()):
        return [
            "it answers a ping that goes to everybody, and nothing that goes to it by name: direct_addressing = 0 in its server.cfg, "
            "or the broker does not let it read its own queue; its log says which",
            "its daemon is busy or was restarted this moment: ask again with a longer -t",
        ]
    if elsewhere:
        return [f"it is not in the collective {seen.collective}: it answers in {', '.join(elsewhere)}: add -T {elsewhere[0]}"]
    if not seen.everybody and not seen.refusals:
        return [
            "nobody answers at all, so that it is hardly this host's fault: `mco doctor` checks this client",
            *_untrusted(seen),
        ]
    last = seen.remembered.get(host)
    found = _untrusted(seen)
    if last is not None:
        found += [
            f"it is down, cut off, or its daemon has stopped: it was last heard {_span(now - last)} ago: "
            "`systemctl status mcollectived` there, then its log for the broker's name",
            "it refuses this caller and tells nobody: its log has a line `refused a message` with the reason (an unknown CA, a "
            "revoked or expired certificate, a caller it does not take)",
        ]
        return found
    if near := near_names(host, {*seen.everybody, *seen.remembered}):
        found.append(f"the name: this host was never heard; did you mean {' or '.join(near)}?")
    found += [
        f"it was never heard by this user in {', '.join(sorted(seen.answered)) or seen.collective}: is mcollectived installed and "
        "running there, on the same brokers, with this client's collectives? `mco doctor --server` there checks it",
        "it refuses this caller and tells nobody: its log has a line `refused a message` with the reason",
    ]
    if seen.ahead is not None and abs(seen.ahead) > 30:
        word = "ahead of" if seen.ahead > 0 else "behind"
        found.append(f"the clocks: this one is {abs(seen.ahead):.0f} s {word} those of the hosts that answer: `timedatectl` here")
    return found


def _untrusted(seen: Surroundings) -> list[str]:
    if not seen.unverified:
        return []
    answers = "1 answer" if seen.unverified == 1 else f"{seen.unverified} answers"
    return [
        f"{answers} came that nobody vouches for, perhaps its own: a host whose certificate or key this client does not trust "
        "(another CA, expired, revoked), or somebody who forges; -vv names the reason"
    ]


def _span(seconds: float) -> str:
    """`40 s`, `3 minutes`, `2 hours`, `5 days`."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
