"""What all actions that change something share: the guard, the order of things, and what the reply tells of it."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

from mcollective_py.agent import Agent, InvalidRPCData, RPCReply, RPCRequest

if TYPE_CHECKING:
    from .addresses import Shortest
    from .changing import Outcome, Place, Plan
    from .entry import Entry
    from .guard import Guard

LEAST_CONFIRM, MOST_CONFIRM = 2.0, 86_400.0  # seconds
MOST_SPARED = 5  # that it tells of
_MAX_ROWS = 200  # changes that a reply names


class Acting(Agent):
    """Base of the files with actions that change something."""

    @property
    def _place(self) -> "Place":
        from .changing import Place

        return Place.of(self.config)

    def _guard(self, request: RPCRequest) -> "Guard":
        from pathlib import Path

        from .surroundings import gather

        kept = Path(self._place.settings.state_directory, "brokers.json")
        return gather(self.config, self.node.brokers, request.get("protect") or (), kept)

    def _change(
        self, request: RPCRequest, reply: RPCReply, plan: "Plan", what: str = "", *, is_guarded: bool = False,
        summary: "Callable[[Outcome], str] | None" = None,
    ) -> "Outcome":  # fmt: skip
        """Carry out a plan under this request's name, and tell of it.

        is_guarded: the guard has let all of its blocks pass already, or it blocks nobody: a guard that cannot be had, since a setting
        is wrong, must not keep anybody from being let go. summary: says what was done, in place of how many entries came and went.
        """
        from .changing import change

        guard = None if is_guarded else self._guard(request)
        outcome = change(
            self._place, plan, by=request.caller, guard=guard, confirm=confirm_of(request), id=id_of(request), noop=request.noop,
            what=what or request.action,
        )  # fmt: skip
        self._tell(request, reply, outcome, summary(outcome) if summary else summary_of(outcome, request.noop))
        return outcome

    def _tell(self, request: RPCRequest, reply: RPCReply, outcome: "Outcome", summary: str) -> None:
        """The outputs that all changes have; and what follows a change: connections are cut, the host's log is told."""
        from .cutting import cut
        from .entry import shown_key
        from .passing import vain_words

        reply["changed"], reply["backend"], reply["drift"] = outcome.changed, outcome.backend, [*outcome.drift]
        changed = chain(
            (("-", entry) for entry in outcome.removed),
            (("~" if entry.key in outcome.renewed else "+", entry) for entry in outcome.added),
        )
        changes = [f"{sign} {shown_key(entry.key)}" for sign, entry in islice(changed, _MAX_ROWS)]
        reply["changes"] = [*(f"+ {what}" for what in made_words(outcome.made)), *changes]
        reply["added"], reply["removed"] = len(outcome.added), len(outcome.removed)
        reply["confirm"], reply["deadline"] = outcome.confirm, int(outcome.deadline or 0)
        made = f"{'would be ' if request.noop else ''}set up: {', '.join(made_words(outcome.made))}" if outcome.made else ""
        words = [made, summary, vain_words(outcome.vain)]
        if not request.noop and outcome.changed:
            words.append(cut(self._place.settings, outcome.added))
            self._log(request, outcome)
        if outcome.confirm:
            words.append(f"undone in {confirm_of(request):g} s unless confirmed: mco iptables confirm {outcome.confirm}")
        words += outcome.spared[:MOST_SPARED]
        if outcome.drift:
            words.append(f"was changed by hand{'' if request.noop else ', and put right'}: {'; '.join(outcome.drift)}")
        reply["output"] = "; ".join(word for word in words if word)

    def _log(self, request: RPCRequest, outcome: "Outcome") -> None:
        """The historic line in the host's log; where nobody takes it the daemon's own log has to do."""
        from mcollective_py.agent import RPCAborted

        from .hostlog import tell_host

        some = [*outcome.added[:1], *outcome.removed[:1]]
        name = some[0].network if some else "the firewall"
        more = len(outcome.added) + len(outcome.removed) - 1
        text = f"mcollective: {request.action} {name}{f' and {more} more' if more > 0 else ''} by {request.caller} ({outcome.backend})"
        try:
            if tell_host(text, self._place.settings.logger):
                return
        except RPCAborted as error:
            text = f"{text}: {error}"
        self.logger.info("%s", text)


def id_of(request: RPCRequest) -> str:
    """What a change of this request is confirmed by: the same on all hosts that it went to."""
    return request.id[:12]


def confirm_of(request: RPCRequest) -> float | None:
    """Seconds within which a change has to be confirmed, None where it has not. Raises InvalidRPCData for too few or too many."""
    seconds = request.get("confirm")
    if seconds is None:
        return None
    if not LEAST_CONFIRM <= seconds <= MOST_CONFIRM:
        raise InvalidRPCData(f"confirm must be from {LEAST_CONFIRM:g} seconds to a day")
    return float(seconds)


def entry_asked(request: RPCRequest, now: float, kind: str, config: Mapping[str, str], shortest: "Shortest | None" = None) -> "Entry":
    """The entry of an address among the inputs, with end, reason, ticket and scope. Raises InvalidRPCData."""
    from .addresses import check_scope, parse_network, parse_ports, ports_text, shortest_of, shown
    from .entry import Entry

    network = parse_network(request["ipaddr"], shortest or shortest_of(config))
    protocol, ports = request.get("protocol") or "", parse_ports(request["ports"]) if request.get("ports") else ()
    if ports and not protocol:
        protocol = "tcp"
    check_scope(protocol or None, ports)
    seconds = seconds_asked(request)
    reason, ticket = texts_asked(request)
    return Entry(
        network=shown(network), kind=kind, protocol=protocol, ports=ports_text(ports), reason=reason, ticket=ticket,
        by=request.caller, at=now, expires=None if seconds is None else now + seconds,
    )  # fmt: skip


def seconds_asked(request: RPCRequest) -> float | None:
    """After how many seconds it ends, None where it does not. Raises InvalidRPCData for what would end before it began."""
    seconds = request.get("for")
    if seconds is not None and seconds < 1:
        raise InvalidRPCData("for must be at least a second")
    return None if seconds is None else float(seconds)


def texts_asked(request: RPCRequest) -> tuple[str, str]:
    """Reason and ticket, as a list can carry them too. Raises InvalidRPCData."""
    from .listlines import LONGEST_REASON, LONGEST_TICKET, check_text

    longest = {"reason": LONGEST_REASON, "ticket": LONGEST_TICKET}
    reason, ticket = (check_text(request.get(name) or "", name, most) for name, most in longest.items())
    return reason, ticket


def made_words(made: Sequence[str]) -> list[str]:
    """What setup made, in words; as it is kept it is `chain4`, `hook6`."""
    told = {"chain": "the chain of IPv", "hook": "the jump from INPUT of IPv"}
    return [f"{told[what[:-1]]}{what[-1]}" if what[:-1] in told else what for what in made if what != "legacy"]


def summary_of(outcome: "Outcome", noop: bool) -> str:
    """What came and went, in words; empty where nothing did, and the set-up or the drift is all that there is to tell."""
    from .entry import shown_key

    if not outcome.changed:
        return "nothing to change"
    verb = "would be " if noop else ""
    told = []
    new, changed = ([one for one in outcome.added if (one.key in outcome.renewed) is is_renewed] for is_renewed in (False, True))
    for what, some in (("put there", new), ("changed", changed), ("taken away", outcome.removed)):
        if some:
            told.append(f"{verb}{what}: {shown_key(some[0].key) if len(some) == 1 else f'{len(some)} entries'}")
    if told or outcome.made or outcome.drift:  # what else there is to say is said with every change
        return "; ".join(told)
    return f"{verb}{'taken down' if outcome.is_down else 'changed'}"
