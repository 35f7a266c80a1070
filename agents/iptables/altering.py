"""Exceptions, ends, and whole lists: the changes beside block and unblock."""

from typing import TYPE_CHECKING, Any

from mcollective_py.agent import InvalidRPCData, RPCAborted, RPCReply, RPCRequest, action
from mcollective_py.agent.uncollected import uncollected

from .acting import Acting, entry_asked, seconds_asked, texts_asked

if TYPE_CHECKING:
    from .entry import Entry
    from .state import State


class Altering(Acting):
    """allow, disallow, extend, flush, apply, ban."""

    @action
    def allow(self, request: RPCRequest, reply: RPCReply) -> None:
        """Let an address through, whatever block it lies in."""
        import time

        from .changing import Changes
        from .entry import ALLOW, shown_key

        entry = entry_asked(request, round(time.time(), 3), ALLOW, self.config)

        def plan(state: "State", now: float) -> Changes:
            if entry.key in state.entries:
                raise RPCAborted(f"{entry.network} is already allowed: extend gives it another end")
            return Changes(adds=[entry])

        self._change(request, reply, plan, shown_key(entry.key), is_guarded=True)

    @action
    def disallow(self, request: RPCRequest, reply: RPCReply) -> None:
        """Take an exception back."""
        import time

        from .changing import Changes
        from .entry import ALLOW, shown_key

        key = entry_asked(request, round(time.time(), 3), ALLOW, self.config).key

        def plan(state: "State", now: float) -> Changes:
            if key not in state.entries and key not in state.foreign:
                raise RPCAborted(f"{key[0]} is not allowed")
            return Changes(removes=[key])

        self._change(request, reply, plan, f"disallow of {shown_key(key)}", is_guarded=True)

    @action
    def extend(self, request: RPCRequest, reply: RPCReply) -> None:
        """Another end for what is there, counted from now; without one it stays until it is taken away."""
        import time

        from .changing import Changes
        from .entry import shown_key

        wanted = entry_asked(request, round(time.time(), 3), request.get("kind") or "block", self.config)

        def plan(state: "State", now: float) -> Changes:
            there = state.entries.get(wanted.key)
            if there is None:
                raise RPCAborted(f"{shown_key(wanted.key)} is not {'allowed' if wanted.kind == 'allow' else 'blocked'}")
            return Changes(
                adds=[
                    there._replace(expires=wanted.expires, reason=wanted.reason or there.reason, ticket=wanted.ticket or there.ticket)
                ]
            )

        self._change(request, reply, plan, f"extension of {shown_key(wanted.key)}")

    @action
    def flush(self, request: RPCRequest, reply: RPCReply) -> None:
        """Let go of all that was put there for one reason, ticket or caller, or of all."""
        from .changing import Changes

        named = {name: str(request[name]) for name in ("reason", "ticket", "by") if request.get(name)}
        if not named and not request.get("all"):
            raise InvalidRPCData("flush needs a reason, a ticket or a caller, or all=true")
        kind = request.get("kind") or "block"

        def plan(state: "State", now: float) -> Changes:
            def is_meant(entry: "Entry") -> bool:
                return entry.kind == kind and all(getattr(entry, name) == value for name, value in named.items())

            return Changes(removes=[key for key, entry in state.entries.items() if is_meant(entry)])

        self._change(request, reply, plan, is_guarded=True)

    @action
    def apply(self, request: RPCRequest, reply: RPCReply) -> None:
        """A whole list, all of it or nothing: what is there already ends no earlier than it does, and the answer tells of it."""
        import time

        from .addresses import shortest_of
        from .changing import Changes
        from .entries import FEW, as_entries
        from .entry import Entry
        from .joining import Joined, joined
        from .lists import wanted
        from .reconciling import sparing

        now, guard = round(time.time(), 3), self._guard(request)

        seconds = seconds_asked(request)
        given = dict(zip(("reason", "ticket"), texts_asked(request), strict=True))

        alike: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        made = tuple.__new__

        def completed(entries: list[Entry]) -> list[Entry]:
            found = []
            for entry in entries:
                if (rest := alike.get(entry[1:])) is None:  # most of a long list differ by their network alone
                    more = {name: value for name, value in given.items() if value and not getattr(entry, name)}
                    end = now + seconds if seconds is not None and entry.expires is None else entry.expires
                    rest = alike[entry[1:]] = entry._replace(by=request.caller, at=now, expires=end, **more)[1:]
                found.append(made(Entry, (entry[0], *rest)))
            return found

        found = Joined((), (), 0, 0)

        def plan(state: "State", now: float) -> Changes:
            nonlocal found
            found = joined(entries, state.entries if len(entries) < FEW else as_entries(state.entries).all)
            return Changes(adds=[*found.new, *found.changed])

        with uncollected():
            entries = completed(wanted(request.data, now, shortest_of(self.config), sparing(guard), guard.lets_all))
            self._change(
                request, reply, plan, f"list of {len(entries)} entries", is_guarded=True,
                summary=lambda outcome: found.summary(is_trial=request.noop),
            )  # fmt: skip
        reply["added"], reply["replaced"], reply["same"] = len(found.new), len(found.changed), found.longer + found.same

    @action
    def ban(self, request: RPCRequest, reply: RPCReply) -> None:
        """Blocks that another host asks for, which let nobody go."""
        import time

        from .addresses import shortest_of
        from .banning import banned, check_ban
        from .changing import Changes
        from .lists import wanted
        from .reconciling import sparing

        now, guard = round(time.time(), 3), self._guard(request)
        spare = sparing(guard)

        def check(entry: "Entry") -> None:
            check_ban(entry)
            spare(entry)

        entries = [
            entry._replace(by=request.caller, at=now)
            for entry in wanted(request.data, now, shortest_of(self.config), check, guard.lets_all)
        ]

        def plan(state: "State", now: float) -> Changes:
            return Changes(adds=banned(entries, state.entries))

        self._change(request, reply, plan, f"{len(entries)} bans", is_guarded=True)
