"""What is blocked and allowed, and how the host stands: everything that only looks."""

from typing import TYPE_CHECKING, Any

from mcollective_py.agent import RPCAborted, RPCReply, RPCRequest, action
from mcollective_py.agent.uncollected import uncollected

from .acting import Acting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .backend import Effect, Hold
    from .entry import Entry
    from .state import State

_MOST_ROWS = 100_000


class Looking(Acting):
    """isblocked, listblocked, export, status."""

    @action
    def isblocked(self, request: RPCRequest, reply: RPCReply) -> None:
        """Whether an address is blocked, by an entry of its own or by one around it."""
        import time

        from .acting import entry_asked
        from .addresses import Shortest
        from .choosing import ready_backend
        from .entry import BLOCK, shown_key
        from .passing import passing
        from .state import DOWN, within
        from .untouched import boot_id
        from .view import is_untouched

        now, place = time.time(), self._place
        asked = entry_asked(request, now, BLOCK, self.config, Shortest(1, 1))
        identity = place.store.identity()
        kept, around = place.store.glance(asked.network)
        scope = asked.key[2:] if asked.protocol else None
        meant = [entry for entry in around if not entry.is_over(now) and (scope is None or entry.key[2:] in (scope, ("", "")))]
        blocks = sorted((entry for entry in meant if entry.kind == BLOCK), key=lambda entry: (entry.protocol, entry.ports))
        passes = {block.key: let for block in blocks if (let := passing(block, meant)) is not None}
        standing = [block for block in blocks if block.key not in passes]
        reply["blocked"] = False
        if kept.installed == DOWN:
            reply["output"] = "the firewall was taken down here"
            return
        backend = ready_backend(place.settings, kept)
        # Where nobody has changed the kernel's rules since we did, it has what is kept, and nothing else.
        is_sure = kept.installed == backend.name and is_untouched(place.settings, place.store, backend, identity, boot_id(), now)
        if blocks and not standing:
            key = blocks[0].key
            reply["output"] = f"{shown_key(passes[key].key)} lets it through, in spite of {shown_key(key)}"
        elif blocks and not is_sure and not backend.probe(standing):
            reply["output"] = (
                f"{shown_key(standing[0].key)} is kept as blocked, but is not: it was taken away by hand, or what leads to it"
            )
        elif blocks:
            reply["blocked"], first = True, standing[0]
            reply["output"] = f"blocked by {shown_key(first.key)}"
            reply["entry"] = row_of(first, None, now)
        elif not is_sure and backend.probe([asked]):
            reply["blocked"], reply["output"] = True, "blocked by hand"
        elif "/" in asked.network and (parts := within(place.store.read().swept(now).entries, asked.network)):
            one = min(parts)
            reply["output"] = (
                f"not blocked as a whole, but {shown_key(one)} in it is{f', and {len(parts) - 1} more' if parts[1:] else ''}"
            )

    @action
    def listblocked(self, request: RPCRequest, reply: RPCReply) -> None:
        """All that is blocked, with what is left of its time and how often it was met."""
        import time

        now = time.time()
        limit, kind = int(request.between("limit", 1, _MOST_ROWS, _MOST_ROWS)), request.get("kind") or "block"
        with uncollected():
            state, effect, drift = self._state(now)
        entries = [entry for entry in entries_of(state, effect) if entry.kind == kind]
        if request.get("reason"):
            entries = [entry for entry in entries if entry.reason == request["reason"]]
        reply["blocked"] = [entry.network for entry in entries[:limit]]
        reply["entries"] = rows_of(entries[:limit], effect, now)
        reply["count"], reply["drift"] = len(entries), drift

    @action
    def export(self, request: RPCRequest, reply: RPCReply) -> None:
        """All that is kept, as lines that apply and reconcile take."""
        import time

        from .listlines import line_of

        now = time.time()
        state = self._place.store.read().swept(now)
        entries = sorted(entry for entry in state.entries.values() if not request.get("kind") or entry.kind == request["kind"])
        reply["list"], reply["count"] = [line_of(entry) for entry in entries[:_MOST_ROWS]], len(entries)
        reply["entries"] = [entry.row() for entry in entries[:_MOST_ROWS]]

    @action
    def status(self, request: RPCRequest, reply: RPCReply) -> None:
        """How the host stands: back end, numbers, what waits, what was changed by hand."""
        import time

        from .choosing import ready_backend
        from .state import DOWN

        now = time.time()
        state, effect, drift = self._state(now)
        try:
            reply["backend"] = ready_backend(self._place.settings, state).name
        except RPCAborted as error:
            reply["backend"], reply["output"] = "none", str(error)
        reply["state"] = "down" if state.installed == DOWN else "not set up" if not state.installed else "drift" if drift else "ok"
        kinds = [entry.kind for entry in state.entries.values()]
        reply["blocks"], reply["allows"], reply["foreign"] = kinds.count("block"), kinds.count("allow"), len(effect.foreign)
        reply["packets"] = sum(hold.packets for hold in effect.holds.values())
        reply["drift"] = drift
        reply["pending"] = [
            {"id": one.id, "what": one.what, "by": one.by, "at": int(one.at), "deadline": int(one.deadline), "entries": len(one.before)}
            for one in state.pendings.values()
        ]

    def _state(self, now: float) -> "tuple[State, Effect, list[str]]":
        """What is kept, what holds, and how they differ."""
        from .backend import Effect
        from .choosing import ready_backend
        from .compared import drift
        from .state import DOWN

        place = self._place
        state = place.store.read()
        if state.installed == DOWN:
            return state.swept(now), Effect(), []
        effect = ready_backend(place.settings, state).read()
        return state.swept(now), effect, drift(state, effect, now) if state.installed else []


def entries_of(state: "State", effect: "Effect") -> "list[Entry]":
    """What is kept, and after it what others put into the historic chain."""
    from .entry import Entry

    return [*state.entries.values(), *(Entry(*key) for key in effect.foreign if key not in state.entries)]


def rows_of(entries: "Iterable[Entry]", effect: "Effect", now: float) -> list[dict[str, Any]]:
    """The rows of many. Those of one list differ by their network and counters alone: the rest is made once."""
    alike: dict[tuple[Any, ...], dict[str, Any]] = {}
    rows, holds, foreign = [], effect.holds, effect.foreign
    for entry in entries:
        rest, key = entry[1:], entry[:4]
        if (row := alike.get(rest)) is None:
            row = alike[rest] = row_of(entry, None, now)
        row = row.copy()
        row["network"] = entry[0]
        if (hold := holds.get(key) or foreign.get(key)) is not None and hold[1]:
            _, row["packets"], row["bytes"] = hold
        rows.append(row)
    return rows


def row_of(entry: "Entry", hold: "Hold | None", now: float) -> dict[str, Any]:
    """An entry with the seconds that are left of it, and what its rule has met."""
    row = entry.row()
    if entry.expires is not None:
        row["remaining"] = max(0, round(entry.expires - now))
    if hold is not None and hold.packets:
        row["packets"], row["bytes"] = hold.packets, hold.bytes
    return row
