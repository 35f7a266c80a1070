"""Which messages are meant: those of ids, or of a selection at this moment; and who holds one of them."""

import os
import struct
from collections.abc import Collection, Mapping, Sequence

from mcollective_py.agent import InvalidRPCData, MissingRPCData, RPCAborted, RPCRequest

from .aims import Target
from .bounds import MAX_IDS
from .messageid import is_message_id
from .queue import Broken, read_one
from .reader import Reader
from .spoolfile import Message

_FEW = 50  # ids that are looked up one by one; for more of them the queue is read once
_LOCK = "hhqqi4x"  # struct flock: type, whence, start, length, pid


def ids_of(request: RPCRequest) -> tuple[str, ...] | None:
    """The ids that a request names, None where it has a selection. Raises InvalidRPCData, MissingRPCData."""
    given = [name for name in ("msgid", "msgids", "select") if request.get(name) not in (None, "", [])]
    if len(given) > 1:
        raise InvalidRPCData(f"which messages: {' or '.join(given)}? One of them is wanted")
    if given in ([], ["select"]) and (select := request.get("select")) is not None:
        if not select.strip():
            raise InvalidRPCData("an empty selection means every message: say 'age>=0' where that is meant")
        return None
    if not given:
        raise MissingRPCData(request.action, "msgid, msgids or select")
    ids = request["msgids"] if given == ["msgids"] else [request["msgid"]]
    for id in ids:
        if not isinstance(id, str) or not is_message_id(id):
            raise InvalidRPCData("msgids are message ids, as 1q2w3e-000abc-XY")
    found = tuple(dict.fromkeys(ids))
    if len(found) > MAX_IDS:
        raise InvalidRPCData(f"{len(found)} ids are more than the {MAX_IDS} of one request: a selection has no such bound")
    return found


def selected(reader: Reader, select: str) -> list[Target]:
    """The messages that a selection means, oldest first; of one whose file cannot be read nobody can say it."""
    found = reader.listing({"select": select})
    if any(not mail.folder for mail in found.messages):  # Exim told the listing
        raise RPCAborted("the spool is closed to this daemon: to act on messages it must be root, or Exim's user")
    return [_target(mail) for mail in found.messages]


def by_id(reader: Reader, ids: Collection[str]) -> Mapping[str, Target]:
    """Those of these messages that are in the queue. Raises RPCAborted where it cannot be read."""
    try:
        folders = reader.folders()
        if len(ids) <= _FEW:
            read = [read_one(folders, id) for id in ids]
        else:
            wanted, listing = frozenset(ids), reader.listing({})
            read = [*(mail for mail in listing.messages if mail.id in wanted), *(one for one in listing.broken if one.id in wanted)]
    except OSError as error:
        raise RPCAborted(f"the spool {reader.places.spool} cannot be read: {error.strerror or error}") from error
    return {one.id: _target(one) for one in read if one is not None}


def lock_holder(target: Target) -> int:
    """The process that has a message locked, 0 for none. Nothing is locked to find it out."""
    import fcntl

    mail = target.mail
    if mail is None:
        return 0
    try:
        handle = os.open(f"{mail.folder}/{mail.id}-D", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        asked = struct.pack(_LOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, pid = struct.unpack(_LOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))
    except OSError:
        return 0
    finally:
        os.close(handle)
    return 0 if kind == fcntl.F_UNLCK else int(pid) or -1


def _target(found: "Message | Broken") -> Target:
    if isinstance(found, Broken):
        return Target(found.id, found.queue, None, found.reason)
    place = f"{found.folder}/{found.id}"
    if not os.path.lexists(f"{place}-D") and os.path.lexists(f"{place}-H"):
        return Target(found.id, found.queue, None, "its -D file is not there")
    return Target(found.id, found.queue, found)


def in_order(targets: Mapping[str, Target], ids: Sequence[str]) -> list[Target]:
    """The messages that are there, in the order of their ids."""
    return [targets[id] for id in ids if id in targets]
