"""The actions that change messages: freeze, thaw, giveup, rm, markdelivered, setsender, addrecipient, move, rmbounces and rmfrozen."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from mcollective_py.agent import Agent, RPCReply, RPCRequest, action

from .bounds import MAX_MESSAGES

if TYPE_CHECKING:
    from .aims import Aim, Target
    from .answers import Outcome
    from .reader import Reader

_HIGHEST = 1_000_000  # messages of one request
_SECONDS = 150.0  # of the 180 that an action has: what is not begun by then is told as such
_TURN = 15.0  # seconds for another action to be done with its call
_PAUSE = 0.3  # seconds for another operator to be done with a message


class Acting(Agent):
    """Acts on the messages that ids or a selection mean, by Exim's own commands."""

    @action
    def freeze(self, request: RPCRequest, reply: RPCReply) -> None:
        """Freeze messages."""
        self._act(request, reply)

    @action
    def thaw(self, request: RPCRequest, reply: RPCReply) -> None:
        """Thaw messages."""
        self._act(request, reply)

    @action
    def giveup(self, request: RPCRequest, reply: RPCReply) -> None:
        """Give messages up: their senders get bounces."""
        self._act(request, reply)

    @action
    def rm(self, request: RPCRequest, reply: RPCReply) -> None:
        """Remove messages, and tell nobody."""
        self._act(request, reply)

    @action
    def markdelivered(self, request: RPCRequest, reply: RPCReply) -> None:
        """Mark all recipients that wait, or one, as delivered."""
        self._act(request, reply)

    @action
    def setsender(self, request: RPCRequest, reply: RPCReply) -> None:
        """Give messages another sender."""
        self._act(request, reply)

    @action
    def addrecipient(self, request: RPCRequest, reply: RPCReply) -> None:
        """Give messages one more recipient."""
        self._act(request, reply)

    @action
    def move(self, request: RPCRequest, reply: RPCReply) -> None:
        """Move messages to another queue."""
        self._act(request, reply)

    @action
    def rmbounces(self, request: RPCRequest, reply: RPCReply) -> None:
        """Remove all messages without a sender."""
        self._remove_all("bounce", request, reply)

    @action
    def rmfrozen(self, request: RPCRequest, reply: RPCReply) -> None:
        """Remove all frozen messages."""
        self._remove_all("frozen", request, reply)

    # --- how ----------------------------------------------------------------------------------------------------------

    def _act(self, request: RPCRequest, reply: RPCReply) -> None:
        """Do to the messages that a request means what its action says, or tell what would be done."""
        from .aims import aim_of
        from .reader import Reader
        from .targets import ids_of

        ids, reader, aim = ids_of(request), Reader(self.config), aim_of(request.action, request.data)
        due, outcomes = self._meant(reader, aim, ids, request, reply)
        self._finish(reader, aim, due, outcomes, request, reply, is_selection=ids is None)

    def _remove_all(self, select: str, request: RPCRequest, reply: RPCReply) -> None:
        """The historic removals, which know themselves what they mean."""
        from .aims import aim_of
        from .answers import DONE, WOULD
        from .reader import Reader

        reader, aim = Reader(self.config), aim_of("rm", {})
        due, outcomes = self._meant(reader, aim, None, request, reply, select)
        if not outcomes:
            reply.abort("no messages")
        said = self._finish(reader, aim, due, outcomes, request, reply, is_selection=True)
        reply["count"] = reply["done"]
        removed = [f"Message {one.id} {one.text or aim.says}" for one in said if one.outcome in (DONE, WOULD)]
        reply["output"] = "" if request.noop else "\n".join(removed)

    def _meant(
        self,
        reader: "Reader",
        aim: "Aim",
        ids: Sequence[str] | None,
        request: RPCRequest,
        reply: RPCReply,
        select: str | None = None,
        *,
        looks_for_locks: bool = False,
    ) -> "tuple[list[Target], dict[str, Outcome]]":
        """The messages that are due, and the outcome of every one that is meant as far as it is known: WOULD of those that are due.

        looks_for_locks: also where it is to be done; most of Exim's commands say of a lock themselves, at the moment that counts.

        Aborts, with nothing touched, where more are meant than may be, and where the only one is not there.
        """
        from .answers import LOCKED, UNKNOWN, WOULD, Outcome
        from .targets import by_id, in_order, lock_holder, selected
        from .told import too_many

        most = int(request.between("max_messages", 1, _HIGHEST, self._usual_most()))
        if ids is None:
            targets = selected(reader, request["select"] if select is None else select)
            meant = [one.id for one in targets]
        else:
            targets, meant = [], list(ids)
        if len(meant) > most:
            reply["matched"], reply["outcomes"] = len(meant), []
            reply["status"] = too_many(len(meant), most)
            reply.abort(reply["status"])
        if ids is not None:
            targets = in_order(by_id(reader, ids), ids)
        judged = {one.id: aim.judge(one) for one in targets}
        if request.noop or looks_for_locks:
            for one in targets:
                if judged[one.id] is None and (holder := lock_holder(one)):
                    judged[one.id] = Outcome(one.id, LOCKED, locked_by(holder))
        outcomes = {id: judged[id] or Outcome(id, WOULD) if id in judged else Outcome(id, UNKNOWN, "is not there") for id in meant}
        return [one for one in targets if judged[one.id] is None], outcomes

    def _finish(
        self,
        reader: "Reader",
        aim: "Aim",
        due: "Sequence[Target]",
        outcomes: "dict[str, Outcome]",
        request: RPCRequest,
        reply: RPCReply,
        *,
        is_selection: bool,
    ) -> "list[Outcome]":
        """Do it, unless it was only asked for, and fill the reply."""
        from .answers import BROKEN, GONE, Outcome
        from .targets import by_id
        from .told import failing, fill, sentence

        if due and not request.noop:
            outcomes |= self._carried_out(reader, aim, due)
        if broken := [id for id, one in outcomes.items() if one.outcome == BROKEN]:
            there = by_id(reader, broken)  # a file that is not there may have been on its way out
            outcomes |= {id: Outcome(id, GONE, "has left the queue") for id in broken if id not in there}
        ended, bad = list(outcomes.values()), failing(aim, is_selection=is_selection)
        fill(reply, ended, bad, aim.says)
        reply["status"] = sentence(aim, ended, bad, noop=request.noop)
        if reply["failed"]:
            reply.fail(reply["status"])
        return ended

    def _carried_out(self, reader: "Reader", aim: "Aim", due: "Sequence[Target]") -> "dict[str, Outcome]":
        import time

        from mcollective_py.agent import run

        from .answers import answers_of, last_words
        from .carrying import carry_out
        from .targets import by_id
        from .turns import our_turn

        exim, end = reader.places.exim, time.monotonic() + _SECONDS

        def ask(group: "Sequence[Target]") -> "tuple[Mapping[str, Outcome], str]":
            with our_turn(self.config, _TURN):
                answer = run(aim.words(exim, group), timeout=max(end - time.monotonic(), 1.0) + 10.0)
            said = answers_of(aim.done, answer.stdout, answer.stderr)
            if answer.timed_out:
                return said, "Exim took too long and was ended"
            return said, last_words(answer.stderr or ("" if said else answer.stdout)) if answer.exitcode else ""

        def look(ids: Collection[str]) -> "Mapping[str, Target]":
            return by_id(reader, ids)

        return carry_out(aim, due, ask, look, pause=lambda: time.sleep(_PAUSE), has_time=lambda: time.monotonic() < end)

    def _usual_most(self) -> int:
        from mcollective_py.agent.ownsettings import whole

        return whole(self.config, "exim", "change_at_most", MAX_MESSAGES, 1, _HIGHEST)


def locked_by(pid: int) -> str:
    """Why a message cannot be had."""
    return f"is locked: process {pid} is at it" if pid > 0 else "is locked"
