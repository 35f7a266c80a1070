"""The action reconcile: a desired list is made true, of a request or of the host's own file."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from mcollective_py.agent import InvalidRPCData, RPCReply, RPCRequest, action

from .acting import Acting
from .entry import BLOCK, Entry

if TYPE_CHECKING:
    from .changing import Changes, Outcome, Place
    from .guard import Guard
    from .reconcile import Difference
    from .state import State

DEFAULT = "default"
_TOLD = 200  # lines of a difference that a reply has


class Reconciling(Acting):
    """A desired list against what is there."""

    @action
    def reconcile(self, request: RPCRequest, reply: RPCReply) -> None:
        """Add, change and take away what makes the host have the list."""
        from .addresses import shortest_of
        from .lists import wanted

        guard = self._guard(request)
        if "list" in request:
            desired = wanted(request.data, request.time, shortest_of(self.config), sparing(guard), guard.lets_all)
        else:
            desired = own_list(self.config, guard)
        if not desired and not request.get("empty", False):
            raise InvalidRPCData("the list is empty, and all that it brought would go: empty=true where that is meant")
        steps = Steps(desired, request.get("name") or DEFAULT, request.caller, is_exact=request.get("exact", False))
        self._change(
            request, reply, steps.plan, f"reconcile {steps.origin}", is_guarded=True,
            summary=lambda outcome: summary(steps.difference, is_trial=request.noop),
        )  # fmt: skip
        found = steps.difference
        reply["changes"], reply["same"], reply["others"] = found.lines(_TOLD), found.same, found.others
        reply["added"], reply["replaced"], reply["removed"] = len(found.adds), len(found.changes), len(found.removes)


class Steps:
    """The plan of one list; `difference` is what it found, once it has run."""

    def __init__(self, desired: Sequence[Entry], origin: str, by: str, *, is_exact: bool = False) -> None:
        self.desired, self.origin, self._by, self._is_exact = desired, origin, by, is_exact
        self.difference: Difference

    def plan(self, state: "State", now: float) -> "Changes":
        """See changing.Plan."""
        from .changing import Changes
        from .reconcile import difference

        desired = [entry for entry in self.desired if not entry.is_over(now)]
        self.difference = found = difference(desired, state.entries, self.origin, is_exact=self._is_exact)
        adds = (*found.adds, *(becomes for _, becomes in found.changes))
        return Changes([entry._replace(by=self._by, at=now) for entry in adds], [entry.key for entry in found.removes])


def apply_file(place: "Place", guard: "Guard", say: Callable[[str], None]) -> "Outcome | None":
    """Make the host's own list true, as at the daemon's start; None where no setting names one. say: what came of it.

    Raises RPCAborted for a file that cannot be taken, and then all stays as it is.
    """
    from .changing import change
    from .listfile import place_of_list

    if (path := place_of_list(place.config)) is None:
        return None
    desired = own_list(place.config, guard)
    steps = Steps(desired, DEFAULT, path)
    outcome = change(place, steps.plan, by=path, guard=guard, what=f"list {path}")
    say(f"{path}: {summary(steps.difference)}")
    return outcome


def own_list(config: Mapping[str, str], guard: "Guard") -> list[Entry]:
    """The entries of the host's own file. Raises InvalidRPCData where no setting names one, RPCAborted for one that cannot be taken."""
    from .listfile import place_of_list, read_list

    path = place_of_list(config)
    if path is None:
        raise InvalidRPCData("no list came with the request, and plugin.iptables.list names none on this host")
    return read_list(path, sparing(guard))


def sparing(guard: "Guard") -> Callable[[Entry], None]:
    """What refuses the blocks of a list that would cut this host off."""

    def check(entry: Entry) -> None:
        if entry.kind == BLOCK:
            guard.check(entry.network)

    return check


def summary(found: "Difference", *, is_trial: bool = False) -> str:
    """`2 added, 1 changed, 3 taken away, 120 as they should be; 4 others are left alone`."""
    parts = [(len(found.adds), "added"), (len(found.changes), "changed"), (len(found.removes), "taken away")]
    told = ", ".join(f"{count} {'to be ' if is_trial else ''}{what}" for count, what in parts if count) or "nothing to change"
    told += f", {found.same} as they should be" if found.same else ""
    rest = "1 other is" if found.others == 1 else f"{found.others} others are"
    return told + (f"; {rest} left alone" if found.others else "")
