"""The queue out of the spool's own files: every folder that may have messages, each file read once and then only where it changed.

Messages come and go at any time: one that is gone when its file is opened was not there. A file that cannot be read is told of by its
id and keeps none of the others away.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from string import ascii_letters, digits

from mcollective_py.agent.uncollected import uncollected

from .addresses import RESERVED
from .messageid import is_message_id
from .spoolfile import MAX_FILE, BrokenSpoolFile, Message, parse_header_file, parse_journal, sender_of

MAX_MESSAGES = 200_000  # of which one request reads; a host with more is in other trouble than a listing can help with
MAX_KEPT = 20_000  # messages that are remembered, some 20 MB
MAX_ADDRESSES = 200_000  # recipients of those messages, as much again: one who sends to lists fills no memory
_MAX_QUEUES = 200
_LOOK_AGAIN = 30.0  # seconds: who writes into a file of the spool by hand does not change its folder, as Exim does
_MARGIN = 1.0  # seconds: what changed this lately may change again at what its file system's clock takes for the same moment
_FIRST = 16 * 1024  # nearly every -H file is read at once
_SPLIT = digits + ascii_letters  # the folders of a split spool
_id_of = attrgetter("id")


@dataclass(frozen=True, slots=True)
class Broken:
    """A message whose files tell no tale; reason in words."""

    id: str
    reason: str
    queue: str = ""


@dataclass(slots=True)
class Listing:
    """What a queue holds. messages: those that were wanted, oldest first. total: how many there are. broken: that cannot be read."""

    messages: list[Message] = field(default_factory=list)
    total: int = 0
    broken: list[Broken] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder with messages. queue: the named queue, empty for the usual one."""

    path: str
    queue: str = ""


@dataclass(slots=True)
class Known:
    """A folder as it was found.

    changed: its time of change in ns, -1 where it may have changed since unseen. looked: when its files were looked at, seconds.
    found: by id. A message that was under delivery is not in it, nor what is beyond MAX_KEPT. addresses: how many these have.
    """

    changed: int
    looked: float
    found: "dict[str, Message | Broken]"
    addresses: int = 0


@dataclass(slots=True)
class Kept:
    """What readings remember, by the folder's path. clock: by how much the time of day was ahead of the clock that never goes back."""

    folders: dict[str, Known] = field(default_factory=dict)
    clock: float = 0.0


def queue_folders(spool: str) -> list[Folder]:
    """Every folder of a spool that may hold messages: the input folder, those of a split spool, and the same of each named queue.

    A spool whose queue was never used has none. Raises FileNotFoundError where there is no spool, PermissionError where it is closed.
    """
    names = sorted(path.name for path in Path(spool).iterdir())
    homes = [Folder(f"{spool}/input")] if "input" in names else []
    others = [name for name in names if name not in RESERVED and not name.startswith(".")]
    homes += [Folder(f"{spool}/{name}/input", name) for name in others[:_MAX_QUEUES] if Path(spool, name, "input").is_dir()]
    folders = []
    for home in homes:
        folders.append(home)
        folders += [replace(home, path=f"{home.path}/{name}") for name in _SPLIT if Path(home.path, name).is_dir()]
    return folders


def read_queue(
    folders: list[Folder],
    wanted: Callable[[Message], bool] | None = None,
    *,
    sender_wanted: Callable[[str], bool] | None = None,
    kept: Kept | None = None,
) -> Listing:
    """The messages of these folders that are wanted; all of them without `wanted`.

    sender_wanted: where it says no to a sender, the rest of the file need not be read. kept: what earlier readings found, brought up to
    date; the messages in it are the same values. Raises PermissionError for a folder that is closed.
    """
    listing, seen = Listing(), Kept(clock=time.time() - time.monotonic())
    if kept is not None and abs(kept.clock - seen.clock) > _MARGIN / 2:  # somebody set the clock: times of change tell nothing
        kept.folders = {}
    with uncollected():
        for folder in folders:
            with suppress(FileNotFoundError):
                if kept is None:
                    _read_folder(folder, listing, wanted, sender_wanted)
                else:
                    _recall_folder(folder, listing, wanted, kept, seen)
    if kept is not None:
        kept.folders, kept.clock = seen.folders, seen.clock
    listing.messages.sort(key=_id_of)  # which begins with the time
    if listing.total >= MAX_MESSAGES:
        listing.broken.insert(0, Broken("", f"only {MAX_MESSAGES} messages of a host are read at once, and there are as many or more"))
    return listing


def read_one(folders: list[Folder], id: str) -> Message | Broken | None:
    """One message by its id, None where it is not in the queue. Raises ValueError for what is no id, PermissionError."""
    if not is_message_id(id):
        raise ValueError("no message id")
    for folder in folders:
        with suppress(FileNotFoundError), _opened(folder.path) as handle:
            return _read_message(handle, folder, id, has_journal=True)
    return None


def read_part(path: str, limit: int) -> tuple[bytes, bool]:
    """The first bytes of a file of the spool, and whether there are more. Follows no link. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        content = _read(handle, limit + 1)
    finally:
        os.close(handle)
    return content[:limit], len(content) > limit


def read_tail(path: str, limit: int) -> bytes:
    """The last bytes of a file. Follows no link. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.lseek(handle, max(os.fstat(handle).st_size - limit, 0), os.SEEK_SET)
        return _read(handle, limit)
    finally:
        os.close(handle)


def _read_folder(
    folder: Folder, listing: Listing, wanted: Callable[[Message], bool] | None, sender_wanted: Callable[[str], bool] | None
) -> None:
    """All of a folder, and nothing remembered."""
    with _opened(folder.path) as handle:
        heads, journals = _names(handle)
        for id in heads:
            if listing.total >= MAX_MESSAGES:
                return
            if not is_message_id(id):
                continue
            try:
                found = _read_message(handle, folder, id, id in journals, sender_wanted)
            except FileNotFoundError:  # delivered or removed since the folder was read
                continue
            listing.total += 1
            if found is not None:
                _add(listing, found, wanted)


def _recall_folder(folder: Folder, listing: Listing, wanted: Callable[[Message], bool] | None, kept: Kept, seen: Kept) -> None:
    """A folder, of which only what changed since it was read last is read again.

    Exim writes each file anew and gives it its name then, so a folder that is as it was has nothing new; all the same its files are
    looked at every half minute. A file whose status last changed before the last reading began was read as it is now: no writing,
    renaming or restoring leaves that time as it was.
    """
    with _opened(folder.path) as handle:
        began, changed = time.time(), os.fstat(handle).st_mtime_ns
        known = kept.folders.get(folder.path)
        if known is not None and known.changed == changed and began - known.looked < _LOOK_AGAIN:
            seen.folders[folder.path] = known
            for one in known.found.values():
                _add(listing, one, wanted)
            listing.total += len(known.found)
            return
        heads, journals = _names(handle)
        room = MAX_KEPT - sum(len(one.found) for one in seen.folders.values())
        address_room, addresses = MAX_ADDRESSES - sum(one.addresses for one in seen.folders.values()), 0
        before, same_before = (known.found, int((known.looked - _MARGIN) * 1e9)) if known is not None else ({}, 0)
        all_found: dict[str, Message | Broken] = {}
        is_whole = not journals
        for id in heads:
            if listing.total >= MAX_MESSAGES:
                is_whole = False
                break
            if not is_message_id(id):
                continue
            has_journal = id in journals
            try:
                found = None if has_journal else before.get(id)  # a journal says what the file does not
                if not isinstance(found, Message) or _changed_at(handle, id) >= same_before:
                    found = _read_message(handle, folder, id, has_journal)
            except FileNotFoundError:  # delivered or removed since the folder was read
                continue
            assert found is not None  # every sender is wanted
            listing.total += 1
            more = len(found.recipients) + len(found.delivered) if isinstance(found, Message) else 0
            if not has_journal and len(all_found) < room and addresses + more <= address_room:
                all_found[id] = found
                addresses += more
            else:
                is_whole = False
            _add(listing, found, wanted)
        is_settled = began * 1e9 - changed > _MARGIN * 1e9
        seen.folders[folder.path] = Known(changed if is_whole and is_settled else -1, began, all_found, addresses)


def _changed_at(handle: int, id: str) -> int:
    return os.stat(f"{id}-H", dir_fd=handle, follow_symlinks=False).st_ctime_ns


def _add(listing: Listing, found: Message | Broken, wanted: Callable[[Message], bool] | None) -> None:
    if isinstance(found, Broken):
        listing.broken.append(found)
    elif wanted is None or wanted(found):
        listing.messages.append(found)


def _read_message(
    folder_handle: int, folder: Folder, id: str, has_journal: bool, sender_wanted: Callable[[str], bool] | None = None
) -> Message | Broken | None:
    """A message; None where its sender is not wanted. Raises FileNotFoundError."""
    try:
        handle = os.open(f"{id}-H", _FLAGS, dir_fd=folder_handle)
        try:
            content = os.read(handle, _FIRST)
            if sender_wanted is not None and (sender := sender_of(content)) is not None and not sender_wanted(sender):
                return None
            if len(content) == _FIRST:
                content += _read(handle, MAX_FILE)
        finally:
            os.close(handle)
        if len(content) > MAX_FILE:
            return Broken(id, f"its -H file is larger than {MAX_FILE} bytes", folder.queue)
        journal = _read_journal(folder_handle, id) if has_journal else ()
        message = parse_header_file(content, id, _size_of(folder_handle, id), journal)
    except FileNotFoundError:
        raise
    except BrokenSpoolFile as error:
        return Broken(id, f"its -H file is broken: {error}", folder.queue)
    except OSError as error:
        return Broken(id, f"its -H file cannot be read: {error.strerror}", folder.queue)
    message.queue, message.folder = folder.queue, folder.path
    return message


_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def _size_of(folder_handle: int, id: str) -> int:
    try:
        return os.stat(f"{id}-D", dir_fd=folder_handle, follow_symlinks=False).st_size
    except OSError:
        return 0


def _read_journal(folder_handle: int, id: str) -> frozenset[str]:
    try:
        handle = os.open(f"{id}-J", _FLAGS, dir_fd=folder_handle)
    except OSError:  # the delivery has ended
        return frozenset()
    try:
        return parse_journal(_read(handle, MAX_FILE))
    finally:
        os.close(handle)


def _names(handle: int) -> tuple[list[str], set[str]]:
    """The ids of a folder that have an -H file, oldest first, and those with a journal."""
    names = os.listdir(handle)
    heads = [name[:-2] for name in names if name[-2:] == "-H"]
    heads.sort()
    return heads, {name[:-2] for name in names if name[-2:] == "-J"}


@contextmanager
def _opened(path: str) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def _read(handle: int, limit: int) -> bytes:
    content = bytearray()
    while len(content) < limit and (part := os.read(handle, min(limit - len(content), 1024 * 1024))):
        content += part
    return bytes(content)
