"""The actions that deliver: retrymsg, runq and delivermatching. Exim goes on by itself; who wants to know the end waits a little."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from mcollective_py.agent import RPCReply, RPCRequest, action

from .acting import Acting

if TYPE_CHECKING:
    from .answers import Outcome
    from .reader import Reader
    from .spoolfile import Message

_MOST_WAIT = 25.0  # seconds
_MOST_RETRIED = 5000  # messages that are named to Exim one by one
_SHARES, _LEAST_SHARE = 4, 25  # deliveries at a time, and messages that are worth one


class Delivering(Acting):
    """Has Exim deliver."""

    @action
    def retrymsg(self, request: RPCRequest, reply: RPCReply) -> None:
        """Try to deliver these messages now, frozen ones too."""
        from .aims import delivery
        from .commands import exim_m
        from .deliveries import shares
        from .reader import Reader
        from .targets import ids_of
        from .told import failing, fill, sentence

        ids, reader, aim = ids_of(request), Reader(self.config), delivery()
        wait, bad = request.between("wait", 0, _MOST_WAIT, 0), failing(aim, is_selection=ids is None)
        due, outcomes = self._meant(reader, aim, ids, request, reply, looks_for_locks=True)
        if len(due) > _MOST_RETRIED:
            reply["matched"], reply["outcomes"] = len(outcomes), []
            reply.abort(f"{len(due)} messages are more than the {_MOST_RETRIED} of one retrymsg: runq with force tries a whole queue")
        what, has_changed = "", bool(due)
        if due and not request.noop:
            commands = [
                exim_m(reader.places.exim, "-M", [one.id for one in share], share[0].queue)
                for share in shares(due, _SHARES, _LEAST_SHARE)
            ]
            ended, what, has_changed = self._delivered(reader, [one.id for one in due], commands, wait, request.id)
            outcomes |= ended
        fill(reply, list(outcomes.values()), bad)
        reply["changed"] = has_changed
        if not what or len(outcomes) == 1 or reply["failed"]:
            what = sentence(aim, list(outcomes.values()), bad, noop=request.noop)
        reply["status"] = what
        if reply["failed"]:
            reply.fail(what)

    @action
    def runq(self, request: RPCRequest, reply: RPCReply) -> None:
        """Run the queue, or what waits in it for a domain."""
        from .commands import exim_q, exim_rr
        from .layout import domain_of
        from .reader import Reader

        reader, force, queue = Reader(self.config), request.get("force", "none"), request.get("queue", "")
        domain = request.get("domain", "").lower()
        exim = reader.places.exim
        words = exim_rr(exim, force, domain, queue) if domain else exim_q(exim, force, queue)
        self._run_queue(
            reader, words, lambda mail: not domain or any(domain_of(address) == domain for address in mail.recipients), request, reply
        )

    @action
    def delivermatching(self, request: RPCRequest, reply: RPCReply) -> None:
        """Run the queue for recipients in whose address a text is."""
        from .commands import exim_r
        from .reader import Reader

        reader, pattern = Reader(self.config), request["pattern"]
        words = exim_r(reader.places.exim, request.get("force", "none"), pattern, request.get("queue", ""))
        self._run_queue(
            reader, words, lambda mail: any(pattern.lower() in address.lower() for address in mail.recipients), request, reply
        )

    # --- how ----------------------------------------------------------------------------------------------------------

    def _run_queue(
        self, reader: "Reader", words: Sequence[str], is_meant: "Callable[[Message], bool]", request: RPCRequest, reply: RPCReply
    ) -> None:
        """Start a queue run, and tell of the messages that are in it."""
        from .answers import UNCHANGED, WOULD, Outcome
        from .targets import selected
        from .told import fill

        wait, queue = request.between("wait", 0, _MOST_WAIT, 0), request.get("queue", "")
        takes_frozen = request.get("force") == "frozen"
        ids = [
            one.id
            for one in selected(reader, "")
            if one.queue == queue and one.mail and (takes_frozen or not one.mail.is_frozen) and is_meant(one.mail)
        ]
        of_them = f"{len(ids)} {'message is' if len(ids) == 1 else 'messages are'} in it"
        if request.noop:
            fill(reply, [Outcome(id, WOULD) for id in ids], ())
            reply["status"] = f"A queue run would be started: {of_them}"
            return
        outcomes, what, has_changed = self._delivered(reader, ids, [words], wait, request.id)
        # That another process delivers one of them is nothing that went wrong here.
        ended = [Outcome(one.id, UNCHANGED, one.text) if one.outcome in ("locked", "broken") else one for one in outcomes.values()]
        fill(reply, ended if wait else (), ())
        reply["matched"], reply["changed"] = len(ids), has_changed
        reply["status"] = what if wait else f"A queue run was started: {of_them}"

    def _delivered(
        self, reader: "Reader", ids: Collection[str], commands: Sequence[Sequence[str]], wait: float, id: str
    ) -> "tuple[dict[str, Outcome], str, bool]":
        """Start these deliveries, wait, and tell what became of each message, all of it in a sentence, and whether anything changed."""
        from .answers import DONE, Outcome
        from .deliveries import GOING_ON, kind_of, outcome_of, sentence
        from .deliverylog import Story, parse_deliveries
        from .runs import await_end, complaint_of, lines_since, mark, start
        from .targets import by_id, lock_holder

        place = mark(reader.places.mainlog)
        records = start(self.config, commands, id)
        if not wait:
            started = {one: Outcome(one, DONE, _PLAIN_START) for one in ids}
            return started, f"{len(ids)} messages are being delivered", True
        runs = await_end(records, wait)
        is_running = any(run.is_running for run in runs)
        stories, there = parse_deliveries(lines_since(place), ids), by_id(reader, ids)
        outcomes, kinds = {}, []
        for one in ids:
            story, now = stories.get(one, Story()), there.get(one)
            holder = lock_holder(now) if now is not None and (is_running or story.is_empty) else 0
            kind = kind_of(story, now, is_held=bool(holder), is_running=is_running)
            error = reader.last_try(now.mail).error if now is not None and now.mail is not None and not story.trouble else ""
            outcomes[one] = outcome_of(one, kind, story, now, error)
            kinds.append(kind)
        what = sentence(kinds, f"{len(ids)} messages" + (", and it goes on" if is_running else ""))
        if complaint := complaint_of(runs):
            what = f"{what}; Exim said: {complaint}"
        has_changed = any(story.delivered or story.failed for story in stories.values()) or GOING_ON in kinds or len(there) < len(ids)
        return outcomes, what, has_changed


_PLAIN_START = "is being delivered"
