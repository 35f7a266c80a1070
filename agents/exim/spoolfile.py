"""What stands in Exim's spool files: ID-H, the envelope and the headers; ID-J, who got the message in a delivery that still runs.

The format is that of Exim's specification, chapter "Format of spool files". Nothing here opens a file.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

MAX_FILE = 4 * 1024 * 1024  # bytes of an -H or -J file
_MAX_RECIPIENTS = 100_000
_LENGTH = re.compile(rb"[0-9]{1,9}")
_HEADER = re.compile(rb"([0-9]{3,8})(.) ", re.DOTALL)
_ENVELOPE_END = b"\n\n"
_ENVELOPE = re.compile(
    r"^(.{16,23})-H\n(.{0,256}) [0-9]{1,10} [0-9]{1,10}\n<(.*)>\n([0-9]{1,11}) ([0-9]{1,9})\n((?:-.*\n)*)",
)
# `ADDRESS ORCPT LENGTH,FLAGS ERRORS_TO LENGTH,PARENT#3`: what a recipient has beside its address, counted from the end.
_EXTRAS = re.compile(r" ([0-9]{1,5}),-?[0-9]{1,9}#([13])")
_DSN = re.compile(r" ([0-9]{1,5}),-?[0-9]{1,9}")
_ENCODED = "=?"
_BEFORE = 5  # bytes before a header, `027F `, where it has less than a thousand
_BYTES_OF = {b"%03d" % length: _BEFORE + length for length in range(1000)}
_UNUSUAL = b"*0123456789"  # a header that was taken away keeps its place in the file; a long one has more digits


class BrokenSpoolFile(ValueError):
    """A spool file that is not what Exim writes; the text says why."""


@dataclass(slots=True)
class Message:
    """One message of a queue. Not frozen, for the sake of its making: ten thousand are made at a time. Nothing changes one.

    sender: without its brackets, empty for a bounce. arrived, frozen_since: seconds since the epoch, 0 where it is not frozen.
    recipients: those that still wait; delivered: those that are done, delivered or given up. size: bytes, headers and body.
    user: whose process took it. delays: how often its sender was warned. options: the lines of options, read when they are asked for.
    queue: the named queue, empty for the usual one. folder: where its files lie.
    """

    id: str
    sender: str
    arrived: int
    recipients: tuple[str, ...]
    delivered: tuple[str, ...] = ()
    size: int = 0
    subject: str = ""
    frozen_since: int = 0
    user: str = ""
    delays: int = 0
    options: str = ""
    queue: str = ""
    folder: str = ""

    @property
    def is_frozen(self) -> bool:
        """Whether nothing is tried until it is thawed."""
        return self.frozen_since > 0

    @property
    def is_bounce(self) -> bool:
        """Whether it has no sender, as a bounce has none."""
        return not self.sender

    @property
    def host(self) -> str:
        """Address of the client that sent it, empty where it was made on this host."""
        return _option(self.options, "host_address").partition("]")[0].removeprefix("[")

    @property
    def host_name(self) -> str:
        """What that client is called in DNS, where Exim looked."""
        return _option(self.options, "host_name")

    @property
    def helo(self) -> str:
        """What that client called itself."""
        return _option(self.options, "helo_name")

    @property
    def auth(self) -> str:
        """Who logged in."""
        return _option(self.options, "auth_id")


def parse_header_file(content: bytes, id: str, data_size: int = 0, journal: Collection[str] = ()) -> Message:
    """The message of an -H file. data_size: bytes of its -D file. journal: see parse_journal. Raises BrokenSpoolFile."""
    if b"-acl" in content:  # values of variables may have empty lines, and lines that look like options
        content = _without_variables(content)
    at = content.find(_ENVELOPE_END)
    if at < 0:
        raise BrokenSpoolFile("it ends before the headers")
    envelope = content[: at + 1].decode("utf-8", "replace")
    found = _ENVELOPE.search(envelope)
    if found is None:
        raise BrokenSpoolFile("its first lines are not name, user, sender, time and options")
    name, user, sender, arrived, delays, options = found.groups()
    if name != id:
        raise BrokenSpoolFile("it does not begin with its own name")
    frozen_since = _frozen_since(options) if "-frozen" in options else 0
    lines = envelope[found.end() : -1].split("\n")
    try:
        done, place = ((), 1) if lines[0] == "XX" else _parse_tree(lines)
        count = int(lines[place])
    except (IndexError, ValueError) as error:
        raise error if isinstance(error, BrokenSpoolFile) else BrokenSpoolFile("its envelope is not complete") from error
    recipients = lines[place + 1 :]
    if count != len(recipients) or count > _MAX_RECIPIENTS:
        raise BrokenSpoolFile(f"it says {count} recipients and has {len(recipients)}")
    if "#" in envelope:
        recipients = [_address_of(line) for line in recipients]
    delivered: tuple[str, ...] = ()
    if done or journal:
        over = {*done, *journal}
        delivered = tuple(address for address in recipients if address in over)
        recipients = [address for address in recipients if address not in over]
    size, subject = _measure(content, at + 2)
    # Exim counts the file's first line, its own name, to no message, and the line between headers and body to every one.
    size += max(data_size - len(id) - 3, 0) + 1 if data_size else 0
    return Message(id, sender, int(arrived), tuple(recipients), delivered, size, subject, frozen_since, user, int(delays), options)


def sender_of(content: bytes) -> str | None:
    """The sender alone, where a search by it need not read on; None where there is none to be seen."""
    lines = content[:2048].split(b"\n", 3)
    if len(lines) < 4 or lines[2][:1] != b"<" or lines[2][-1:] != b">":
        return None
    return lines[2][1:-1].decode("utf-8", "replace")


def parse_headers(content: bytes) -> list[str]:
    """The headers of an -H file as they are in the message, those taken away left out. Raises BrokenSpoolFile."""
    content = _without_variables(content) if b"-acl" in content else content
    at = content.find(_ENVELOPE_END)
    if at < 0:
        raise BrokenSpoolFile("it ends before the headers")
    return [
        content[start:end].decode("utf-8", "replace").rstrip("\n") for flag, start, end in _headers(content, at + 2) if flag != b"*"
    ]


def parse_journal(content: bytes) -> frozenset[str]:
    """The recipients of a -J file, who are done though the -H file does not say so yet. A last line without its end is none."""
    return frozenset(line.decode("utf-8", "replace") for line in content.split(b"\n")[:-1] if line)


def _headers(content: bytes, at: int) -> list[tuple[bytes, int, int]]:
    """Flag, begin and end of each header."""
    found, end = [], len(content)
    while at < end:
        head = _HEADER.match(content, at)
        if head is None:
            raise BrokenSpoolFile("its headers do not have the length that it says")
        start = head.end()
        at = start + int(head[1])
        if at > end:
            raise BrokenSpoolFile("it ends within a header")
        found.append((head[2], start, at))
    return found


def _measure(content: bytes, at: int) -> tuple[int, str]:
    """Bytes of all headers, and the subject as people read it.

    All messages of a queue come by here, and most have twenty headers: from one to the next is a look into a table.
    """
    first, end, count, subject = at, len(content), 0, -1
    try:
        while at < end and content[at + 3] not in _UNUSUAL:
            if content[at + 5] in b"Ss" and content[at + 5 : at + 13].lower() == b"subject:":
                subject = at
            at += _BYTES_OF[content[at : at + 3]]
            count += 1
    except (KeyError, IndexError):
        raise BrokenSpoolFile("its headers do not have the length that it says") from None
    if at < end:
        return _measure_unusual(content, first)
    if at > end:
        raise BrokenSpoolFile("it ends within a header")
    text = content[subject + 13 : subject + _BYTES_OF[content[subject : subject + 3]]] if subject >= 0 else b""
    return end - first - _BEFORE * count, _subject_of(text)


def _measure_unusual(content: bytes, at: int) -> tuple[int, str]:
    """The same, where some headers were taken away or have a thousand bytes and more."""
    size, subject = 0, b""
    for flag, start, end in _headers(content, at):
        if flag != b"*":
            size += end - start
            if content[start : start + 8].lower() == b"subject:":
                subject = content[start + 8 : end]
    return size, _subject_of(subject)


def _subject_of(text: bytes) -> str:
    subject = " ".join(text.decode("utf-8", "replace").split())[:998]
    return _decoded(subject) if _ENCODED in subject else subject


def _decoded(subject: str) -> str:
    """Without RFC 2047's encoding; as it stands where that is broken."""
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    try:
        decoded = " ".join(str(make_header(decode_header(subject))).split())
    except (HeaderParseError, LookupError, ValueError):
        return subject
    # Some charsets have half of a surrogate pair, which is no character: no reply could carry it, and one letter would hide a queue.
    return decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _parse_tree(lines: list[str]) -> tuple[list[str], int]:
    """The recipients that are done, and the line after them: a line a node, with Y for each branch that follows."""
    done, due, place = [], 1, 0
    while due:
        line = lines[place]
        if line[:2] not in ("YY", "YN", "NY", "NN") or line[2:3] != " ":
            raise BrokenSpoolFile("its list of those who are done is not complete")
        due += line[:2].count("Y") - 1
        done.append(line[3:])
        place += 1
    return done, place


def _address_of(line: str) -> str:
    """The address of a recipient's line, without what stands behind it."""
    found = _EXTRAS.search(line)
    if found is None or found.end() != len(line):
        return line
    rest = _without_text(line[: found.start()], int(found[1]))
    if found[2] == "3" and (dsn := _DSN.search(rest)) and dsn.end() == len(rest):
        rest = _without_text(rest[: dsn.start()], int(dsn[1]))
    return rest


def _without_text(line: str, length: int) -> str:
    return line[: len(line) - length].removesuffix(" ")


def _without_variables(content: bytes) -> bytes:
    """An -H file without the variables of access control lists: `-aclm NAME LENGTH`, and their value in the lines that follow."""
    kept, at = [], 0
    for _ in range(100_000):
        end = content.find(b"\n", at)
        line = content[at:end] if end >= 0 else b""
        if not line:
            break
        words = line.lstrip(b"-").split(b" ")
        if line[:1] == b"-" and words[0] in (b"aclc", b"aclm", b"acl") and len(words) > 2 and _LENGTH.fullmatch(words[2]):
            at = end + 1 + int(words[2]) + 1
            continue
        kept.append(line)
        at = end + 1
    return b"\n".join(kept) + b"\n" + content[at:]


def _option(text: str, name: str) -> str:
    """The value of an option, the last one as for Exim; with two dashes where somebody outside said it."""
    found = [line.partition(" ")[2] for line in text.split("\n") if line.lstrip("-").partition(" ")[0] == name] if name in text else []
    return found[-1] if found else ""


def _frozen_since(options: str) -> int:
    since = _option(options, "frozen")
    if since and not (since.isascii() and since.isdecimal()):
        raise BrokenSpoolFile("it does not say since when it is frozen")
    return int(since or 0)
