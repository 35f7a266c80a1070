"""The action `trace`: what the log says of messages that are asked for by id, Message-ID or address, as deliveries."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mcollective_py.agent import Agent, InvalidRPCData, MissingRPCData, RPCReply, RPCRequest, action

if TYPE_CHECKING:
    from .reader import Reader
    from .spoolfile import Message

MAX_ASKED, MAX_ADDRESSES = 500, 20
_MAX_EVENTS = 5000  # of a reply
_DAY = 86_400.0
_WITHOUT = 2 * _DAY  # how far back is looked where nobody says it
_LONGEST = 60 * _DAY
_MARGIN = 5.0  # seconds that a line may be older than the id in it


class Tracing(Agent):
    """Reads the log for messages' ways."""

    @action
    def trace(self, request: RPCRequest, reply: RPCReply) -> None:
        """What became of messages on this host."""
        from .logs import lines_between, log_files, moment_of
        from .messageid import arrival_of, is_message_id
        from .reader import Reader
        from .trail import MAX_EVENTS, Trail, mentions, trail_row, trails

        reader = Reader(self.config)
        newest = reader.mainlog
        ids, references = _texts(request, "ids", MAX_ASKED, 23), _texts(request, "message_ids", MAX_ASKED, 998)
        references = [one.strip("<>") for one in references]
        addresses = [one.lower() for one in _texts(request, "addresses", MAX_ADDRESSES, 254)]
        if wrong := [id for id in ids if not is_message_id(id)]:
            raise InvalidRPCData(f"{wrong[0]!r} is no message id")
        if not (ids or references or addresses):
            raise MissingRPCData("trace", "ids, message_ids or addresses")
        limit = int(request.between("limit", 1, MAX_ASKED, 100))
        given, until = reader.between(request.data)

        def lines(since: str) -> Iterator[str]:
            return lines_between(log_files(newest, since), since, until)

        def start(of: Iterable[str], others: bool) -> str:
            earliest = min((arrival_of(id) - _MARGIN for id in of), default=reader.now)
            ago = max(reader.now - earliest, _WITHOUT if others else 0.0)
            return moment_of(f"{min(ago, _LONGEST):.0f}", reader.now)

        wanted = dict.fromkeys(ids)
        if addresses:
            about = mentions(lines(given or start((), others=True)), addresses)
            wanted |= about.ids
            reply["refusals"] = about.refusals
        chosen = list(wanted)[-max(limit, len(ids)) :]
        since = given if given and not addresses else start(chosen, others=bool(references))
        read = trails(lines(since), chosen, references, limit + len(ids))
        if others := sorted(read.senders - read.found.keys())[:limit]:  # known when their first lines had gone by
            chosen += others
            read = trails(lines(given or start(chosen, others=bool(references))), chosen, references, limit + len(chosen))
        came, dropped = read.found, read.dropped
        if addresses:  # a subject may have one as well
            came = {id: trail for id, trail in came.items() if id in ids or not _is_other(trail, addresses, about.ids)}
        waiting = self._waiting(reader, [*came, *(id for id in ids if id not in came)])
        for id in waiting:
            came.setdefault(id, Trail(id))
        rows = [trail_row(trail, waiting.get(id)) for id, trail in came.items()]
        rows.sort(key=lambda row: (row.get("at", 0.0), row["id"]))
        if sum(len(row["events"]) for row in rows) > _MAX_EVENTS:
            dropped += max(len(rows) - _MAX_EVENTS // MAX_EVENTS, 0)
            rows = rows[-(_MAX_EVENTS // MAX_EVENTS) :]
        left_out = dropped + max(len(wanted) - len(chosen), 0)
        reply["messages"], reply["found"], reply["truncated"] = rows, len(rows) + left_out, left_out > 0
        reply["files"] = len(log_files(newest, since))

    @staticmethod
    def _waiting(reader: "Reader", ids: Sequence[str]) -> "dict[str, Message]":
        """Those that are still in the queue; none where it is closed to us, or a file is broken."""
        from .queue import read_one
        from .spoolfile import Message

        try:
            folders = reader.folders()
            found = {id: read_one(folders, id) for id in ids}
        except OSError:
            return {}
        return {id: mail for id, mail in found.items() if isinstance(mail, Message)}


def _is_other(trail: Any, addresses: Sequence[str], mentioned: Iterable[str]) -> bool:
    return trail.id in mentioned and not trail.has_to_do_with(addresses)


def _texts(request: RPCRequest, name: str, most: int, longest: int) -> list[str]:
    """A list of texts among the inputs. Raises InvalidRPCData for what is none."""
    given = request.get(name) or []
    if len(given) > most:
        raise InvalidRPCData(f"{name} takes {most} at most, not {len(given)}")
    for one in given:
        if not isinstance(one, str) or not 0 < len(one) <= longest or any(ord(sign) < 32 or ord(sign) == 127 for sign in one):
            raise InvalidRPCData(f"{name} takes texts of at most {longest} characters, without control characters")
    return list(dict.fromkeys(given))
