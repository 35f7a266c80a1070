"""Files of a host: looked at, fetched, put in place, taken away; within the folders that the host's settings allow."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mcollective_py.agent import Agent, InvalidRPCData, RPCAborted, RPCReply, RPCRequest, action

if TYPE_CHECKING:  # each action imports what it needs: a daemon that is not asked pays for none of it
    from . import search, writing
    from .place import Place


class Filemgr(Agent):
    """Manages files."""

    @action
    def touch(self, request: RPCRequest, reply: RPCReply) -> None:
        """An empty file, or a new time for one that is there."""
        from . import writing

        file = self._file(request)
        with self._changing(file, f"Could not touch file '{file}'", reply) as place:
            is_new = place.status() is None
            if not request.noop:
                is_new = writing.touch(place)
            reply["changed"], reply["created"] = True, is_new

    @action
    def remove(self, request: RPCRequest, reply: RPCReply) -> None:
        """A file or a link away; never a folder."""
        import time

        from . import writing

        file = self._file(request)
        with self._changing(file, f"Could not remove file '{file}'", reply) as place:
            found = place.status()
            if found is None:
                reply.abort(f"Could not remove file '{file}' - it is not present")
            if stat.S_ISDIR(found.st_mode):
                reply.abort(f"Could not remove file '{file}': it is a directory")
            if request.get("backup") and not stat.S_ISREG(found.st_mode):
                reply.abort(f"Could not remove file '{file}': a copy is kept of regular files only")
            reply["changed"] = True
            if not request.noop:
                if request.get("backup"):
                    reply["backup"] = writing.keep_copy(place, time.time())
                writing.remove(place)

    @action
    def status(self, request: RPCRequest, reply: RPCReply) -> None:
        """What a file is."""
        from . import facts
        from .access import Access
        from .place import place_of

        file = self._file(request)
        reply.update({"name": file, **facts.ABSENT})
        with _told(f"Could not look at '{file}'"), place_of(file) as place:
            found = place.status()
            # A link to nothing is not present, as ever.
            if found is None or (stat.S_ISLNK(found.st_mode) and not _leads_somewhere(place)):
                reply.abort(f"{file} does not exist")
            reply.update(facts.told_of(found))
            if stat.S_ISREG(found.st_mode) and found.st_size <= facts.MAX_STATUS_DIGEST:
                access = Access.of(self.config)
                if access.may_read(place, found):
                    handle = place.open(os.O_RDONLY)
                    try:
                        status = os.fstat(handle)  # of what is there by now
                        if stat.S_ISREG(status.st_mode) and access.may_read(place, status):
                            reply.update(facts.digests(handle, found.st_size, "md5", "sha256"))
                    finally:
                        os.close(handle)
            if stat.S_ISDIR(found.st_mode) and request.get("dirlist"):
                reply["dir_listing"] = facts.names_in(place)

    @action
    def digest(self, request: RPCRequest, reply: RPCReply) -> None:
        """SHA-256 of a file, to compare hosts by."""
        from . import content, facts

        with self._reading(request) as (handle, status, place):
            if status.st_size > content.MAX_DIGEST:
                reply.abort(f"{place.path} has {status.st_size} bytes, digests are made of {content.MAX_DIGEST} at most")
            reply["sha256"] = facts.digests(handle, status.st_size, "sha256")["sha256"]
            reply["size"], reply["mode"] = status.st_size, f"{stat.S_IMODE(status.st_mode):04o}"
            reply["mtime_seconds"], reply["uid"], reply["gid"] = int(status.st_mtime), status.st_uid, status.st_gid

    @action
    def get(self, request: RPCRequest, reply: RPCReply) -> None:
        """A piece of a file."""
        from base64 import b64encode

        from . import content, writing

        offset, length = request.get("offset", 0), request.get("length", content.MAX_PIECE)
        if offset < 0 or not 1 <= length <= content.MAX_PIECE:
            raise InvalidRPCData(f"offset is 0 or more, and length 1 to {content.MAX_PIECE}")
        with self._reading(request) as (handle, status, place):
            part = content.piece(handle, offset, length)
            after = os.fstat(handle)
            if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
                reply.abort(f"{place.path} changed while it was read: of a file that is being written take the end, with tail")
            reply["content"], reply["sha256"] = b64encode(part).decode(), writing.sha256_of(part)
            reply["offset"], reply["length"], reply["size"] = offset, len(part), status.st_size
            reply["eof"] = offset + len(part) >= status.st_size
            reply["stamp"] = f"{status.st_ino}.{status.st_mtime_ns}.{status.st_size}"
            reply["mode"] = f"{stat.S_IMODE(status.st_mode):04o}"
            reply["private"] = not status.st_mode & stat.S_IROTH

    @action
    def put(self, request: RPCRequest, reply: RPCReply) -> None:
        """A file with this content, at once or not at all."""
        import time

        from . import writing

        upload, wanted = self._upload(request), writing.Attributes.of(request)
        file = request["file"]
        with self._changing(file, f"Could not write file '{file}'", reply) as place:
            before = writing.regular_status(place)
            reply["size"], reply["sha256"], reply["received"] = upload.size, upload.sha256, upload.size
            if upload.offset == 0 or upload.is_last:  # those between need not know
                reply["before"] = "" if before is None else writing.sha256_at(place, before)
            is_alien = before is not None and writing.is_alien(place, before, wanted)
            if before is not None:
                writing.check_alien(place, before, wanted)
            is_same = before is not None and reply["before"] == upload.sha256 and not is_alien
            reply["changed"] = before is None or not is_same or wanted.differ(before)
            reply["complete"] = True
            if not reply["changed"] or request.noop:
                return
            if is_same:
                writing.set_attributes(place, wanted)
                return
            with writing.taken_piece(place, upload) as gathered:
                if not upload.is_last:
                    reply["received"], reply["complete"], reply["changed"] = upload.offset + len(upload.content), False, False
                    return
                if before is not None and request.get("backup"):
                    reply["backup"] = writing.keep_copy(place, time.time())
                writing.replace_file(place, gathered, wanted, None if is_alien else before)

    @action
    def mkdir(self, request: RPCRequest, reply: RPCReply) -> None:
        """A folder, with mode and owner."""
        from . import facts, writing

        wanted = writing.Attributes.of(request, is_folder=True)
        file = request["file"]
        with self._changing(file, f"Could not make folder '{file}'", reply) as place:
            found = place.status()
            if found is not None and not stat.S_ISDIR(found.st_mode):
                reply.abort(f"Could not make folder '{file}': it is a {facts.kind_of(found.st_mode)}")
            if found is not None:
                writing.check_alien(place, found, wanted, is_folder=True)
            reply["changed"] = found is None or wanted.differ(found)
            if not reply["changed"] or request.noop:
                return
            if found is None:
                writing.make_folder(place, wanted)
            else:
                writing.set_attributes(place, wanted)

    @action
    def attributes(self, request: RPCRequest, reply: RPCReply) -> None:
        """Mode, owner and group of a file or folder."""
        from . import writing

        file = request["file"]
        if not {"mode", "owner", "group"} & set(request):
            raise InvalidRPCData("which attributes? mode, owner, group")
        with self._changing(file, f"Could not change '{file}'", reply) as place:
            found = place.status()
            if found is None:
                reply.abort(f"{file} does not exist")
            wanted = writing.Attributes.of(request, is_folder=stat.S_ISDIR(found.st_mode))
            reply["before"] = f"{stat.S_IMODE(found.st_mode):04o} {found.st_uid}:{found.st_gid}"
            reply["changed"] = wanted.differ(found)
            if reply["changed"] and not request.noop:
                writing.set_attributes(place, wanted)

    @action
    def head(self, request: RPCRequest, reply: RPCReply) -> None:
        """The first lines of a file."""
        from . import content

        with self._reading(request) as (handle, status, _):
            reply["text"], reply["truncated"] = content.first_lines(handle, int(request.between("lines", 1, 1000, 10)))
            reply["size"] = status.st_size

    @action
    def tail(self, request: RPCRequest, reply: RPCReply) -> None:
        """The last lines of a file."""
        from . import content

        with self._reading(request) as (handle, status, _):
            reply["text"], reply["truncated"] = content.last_lines(handle, status.st_size, int(request.between("lines", 1, 1000, 10)))
            reply["size"] = status.st_size

    @action
    def grep(self, request: RPCRequest, reply: RPCReply) -> None:
        """The last lines of a file that have a text, or match an expression."""
        from . import content

        matches = _matcher(request["pattern"], is_regex=request.get("regex", False), any_case=request.get("ignore_case", False))
        with self._reading(request) as (handle, status, _):
            lines, count, is_cut = content.matching_lines(handle, status.st_size, matches, int(request.between("limit", 1, 1000, 100)))
            reply["text"], reply["matches"], reply["truncated"] = "\n".join(lines), count, is_cut
            reply["size"] = status.st_size

    @action
    def find(self, request: RPCRequest, reply: RPCReply) -> None:
        """Files below a folder by name, type, age and size."""
        import time

        from mcollective_py.agent import bytes_of

        from . import search

        wanted = search.Wanted(
            now=time.time(),
            name=request.get("name"),
            type=request.get("type"),
            older=request.get("older"),
            newer=request.get("newer"),
            larger=None if request.get("larger") is None else bytes_of(request["larger"]),
            smaller=None if request.get("smaller") is None else bytes_of(request["smaller"]),
        )
        with self._below(request, int(request.between("depth", 1, search.MAX_DEPTH, 8))) as walk:
            reply["found"], reply["count"] = search.found_files(walk, wanted, int(request.between("limit", 1, 1000, 100)))
            reply["truncated"], reply["problems"] = walk.is_cut or reply["count"] > len(reply["found"]), walk.problems

    @action
    def usage(self, request: RPCRequest, reply: RPCReply) -> None:
        """How much room a folder takes, and how much its file system has."""
        from . import search

        with self._below(request, search.MAX_DEPTH) as walk:
            reply.update(search.usage_below(walk))
            reply["truncated"], reply["problems"] = walk.is_cut, walk.problems
            room = walk.file_system()
            reply["total"], reply["free"] = room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize
            reply["percent"] = round(100 * (1 - room.f_bfree / room.f_blocks), 1) if room.f_blocks else 0.0

    def _file(self, request: RPCRequest) -> str:
        from .access import TOUCH_FILE

        file: str = request.get("file") or self.config.get("touch_file", TOUCH_FILE)
        return file

    def _upload(self, request: RPCRequest) -> "writing.Upload":
        from base64 import b64decode

        from . import writing

        part = b64decode(request["content"], validate=True)
        size, offset = request.get("size", len(part)), request.get("offset", 0)
        limit = self._max_size()
        if size > limit:
            raise RPCAborted(f"{size} bytes are more than plugin.filemgr.max_size has on this host: {limit}")
        if offset < 0 or offset + len(part) > size or (not part and size > 0):
            raise InvalidRPCData(f"a piece of {len(part)} bytes at {offset} is none of a file of {size}")
        return writing.Upload(part, request["sha256"], size, offset)

    def _max_size(self) -> int:
        from mcollective_py.agent import bytes_of

        from . import writing

        text = self.config.get("max_size", "")
        try:
            return bytes_of(text) if text else writing.MAX_SIZE
        except ValueError as error:
            raise RPCAborted(f"plugin.filemgr.max_size {error}") from error

    @contextmanager
    def _changing(self, file: str, problem: str, reply: RPCReply) -> "Iterator[Place]":
        from .access import Access
        from .place import place_of

        try:
            with _told(problem), place_of(file) as place:
                Access.of(self.config).check_change(place)
                if place.name == ".":
                    raise RPCAborted(f"{problem}: it is a directory")
                yield place
        except RPCAborted:
            if "changed" in reply:
                reply["changed"] = False  # it was said before it was tried
            raise

    @contextmanager
    def _reading(self, request: RPCRequest) -> "Iterator[tuple[int, os.stat_result, Place]]":
        from . import content
        from .access import Access

        file = request["file"]
        with _told(f"Could not read '{file}'"), content.opened(file, Access.of(self.config)) as opened:
            yield opened

    @contextmanager
    def _below(self, request: RPCRequest, depth: int) -> "Iterator[search.Walk]":
        from . import search
        from .place import place_of

        folder = request["file"]
        with _told(f"Could not look into '{folder}'"), place_of(folder, follows=True) as place:
            found = place.status()
            if found is None:
                raise RPCAborted(f"{folder} does not exist")
            if not stat.S_ISDIR(found.st_mode):
                raise RPCAborted(f"{place.path} is no folder")
            yield search.Walk(place, depth)


@contextmanager
def _told(problem: str) -> Iterator[None]:
    """What the system does not do, in its own words."""
    try:
        yield
    except OSError as error:
        raise RPCAborted(f"{problem}: {error.strerror or error}") from error


def _leads_somewhere(place: "Place") -> bool:
    try:
        os.stat(place.name, dir_fd=place.folder)
    except OSError:
        return False
    return True


def _matcher(text: str, *, is_regex: bool, any_case: bool) -> Callable[[str], bool]:
    """Whether a line has the text, or matches the expression somewhere."""
    if is_regex:
        from mcollective_py.agent.pattern import Pattern

        return Pattern(f"(?i:{text})" if any_case else text, effort=60_000_000).is_in
    if any_case:
        folded = text.casefold()
        return lambda line: folded in line.casefold()
    return lambda line: text in line
