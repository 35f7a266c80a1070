"""Questions and answers of DNS as bytes: RFC 1035, with EDNS (6891). Everything in an answer is anybody's, and bounded."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

TYPES: Mapping[str, int] = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "CAA": 257,
}  # fmt: skip
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
UDP_SIZE = 1232  # bytes that we take over UDP: what passes everywhere
_OPT, _IN = 41, 1
_HEAD = struct.Struct("!HHHHHH")
_MAX_RECORDS, _MAX_POINTERS, _MAX_TEXT = 200, 64, 4096


class BadAnswer(ValueError):
    """Bytes that are no answer to the question that was asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. records: values of the asked type in the server's order, as text. ttl: the least, None without any."""

    rcode: str
    records: tuple[str, ...] = ()
    ttl: int | None = None
    is_truncated: bool = False
    is_authoritative: bool = False


def question_name(name: str, kind: str) -> str:
    """The name that is asked for: of an address and PTR the one that stands for it. Raises ValueError for an address otherwise."""
    try:
        address = ip_address(name)
    except ValueError:
        return name
    if kind != "PTR":
        raise ValueError(f"an address has no {kind} record: ask for PTR")
    return address.reverse_pointer


def question(identifier: int, name: str, kind: str) -> bytes:
    """A question with recursion wanted. Raises ValueError for a name that cannot be one."""
    labels = name.rstrip(".").split(".")
    if any(not 1 <= len(label.encode("ascii")) <= 63 for label in labels) or len(name) > 254:
        raise ValueError("is no name of DNS")
    encoded = b"".join(bytes([len(label)]) + label.encode("ascii") for label in labels) + b"\0"
    edns = b"\0" + struct.pack("!HHIH", _OPT, UDP_SIZE, 0, 0)
    return _HEAD.pack(identifier, 0x0100, 1, 0, 0, 1) + encoded + struct.pack("!HH", TYPES[kind], _IN) + edns


def parse_answer(data: bytes, identifier: int, name: str, kind: str) -> Answer:
    """The answer to that question. Raises BadAnswer for anything else."""
    try:
        return _parse(data, identifier, name, kind)
    except (struct.error, IndexError, ValueError) as error:
        raise BadAnswer(f"what came is no answer to this question: {error}") from error


def _parse(data: bytes, identifier: int, name: str, kind: str) -> Answer:
    found, flags, questions, answers, _, _ = _HEAD.unpack_from(data)
    if found != identifier or not flags & 0x8000:
        raise BadAnswer("another number")
    at = _HEAD.size
    rcode = RCODES.get(flags & 0x0F, f"RCODE{flags & 0x0F}")
    if questions == 1:
        asked, at = read_name(data, at)
        if asked.lower() != name.rstrip(".").lower() or struct.unpack_from("!H", data, at)[0] != TYPES[kind]:
            raise BadAnswer("another question")
        at += 4
    elif rcode == "NOERROR":
        raise BadAnswer("no question")
    records: list[str] = []
    ttls: list[int] = []
    for _ in range(min(answers, _MAX_RECORDS)):
        _, at = read_name(data, at)
        type_, _, ttl, length = struct.unpack_from("!HHIH", data, at)
        at += 10
        if at + length > len(data):
            if flags & 0x0200:
                break  # it was cut off
            raise BadAnswer("a record that ends too early")
        if type_ == TYPES[kind]:
            records.append(_READERS[kind](data, at, length)[:_MAX_TEXT])
            ttls.append(ttl)
        at += length
    return Answer(rcode, tuple(records), min(ttls) if ttls else None, bool(flags & 0x0200), bool(flags & 0x0400))


def read_name(data: bytes, at: int) -> tuple[str, int]:
    """A name, and where the next thing begins. Pointers lead back only a bounded number of times."""
    labels: list[str] = []
    end, pointers, length = -1, 0, 0
    while (size := data[at]) != 0:
        if size & 0xC0 == 0xC0:
            pointers += 1
            if pointers > _MAX_POINTERS:
                raise BadAnswer("a name in a circle")
            end = at + 2 if end < 0 else end
            at = ((size & 0x3F) << 8) | data[at + 1]
            continue
        if size & 0xC0:
            raise BadAnswer("a label of an unknown kind")
        label = data[at + 1 : at + 1 + size]
        length += size + 1
        if len(label) != size or length > 255:
            raise BadAnswer("a name that is too long")
        labels.append(_text(label))
        at += 1 + size
    return ".".join(labels), at + 1 if end < 0 else end


def _text(data: bytes) -> str:
    return data.decode("ascii", "backslashreplace")


def _numbers(layout: str) -> Callable[[bytes, int, int], str]:
    """Numbers, then a name: MX and SRV."""
    shape = struct.Struct(layout)

    def read(data: bytes, at: int, length: int) -> str:
        numbers = shape.unpack_from(data, at)
        return f"{' '.join(map(str, numbers))} {read_name(data, at + shape.size)[0] or '.'}"

    return read


def _soa(data: bytes, at: int, length: int) -> str:
    primary, at = read_name(data, at)
    mailbox, at = read_name(data, at)
    return f"{primary} {mailbox} {' '.join(map(str, struct.unpack_from('!IIIII', data, at)))}"


def _txt(data: bytes, at: int, length: int) -> str:
    end, parts = at + length, b""
    while at < end:
        parts += data[at + 1 : min(end, at + 1 + data[at])]
        at += 1 + data[at]
    return parts.decode("utf-8", "backslashreplace")


def _caa(data: bytes, at: int, length: int) -> str:
    flags, size = data[at], data[at + 1]
    tag = _text(data[at + 2 : at + 2 + min(size, max(0, length - 2))])
    return f'{flags} {tag} "{_text(data[at + 2 + size : at + length])}"'


def _name(data: bytes, at: int, length: int) -> str:
    return read_name(data, at)[0] or "."


_READERS: Mapping[str, Callable[[bytes, int, int], str]] = {
    "A": lambda data, at, length: str(IPv4Address(data[at : at + length])),
    "AAAA": lambda data, at, length: str(IPv6Address(data[at : at + length])),
    "NS": _name,
    "CNAME": _name,
    "PTR": _name,
    "MX": _numbers("!H"),
    "SRV": _numbers("!HHH"),
    "SOA": _soa,
    "TXT": _txt,
    "CAA": _caa,
}


def nameservers(text: str) -> list[str]:
    """The addresses of resolv.conf(5), at most three as there."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            try:
                ip_address(words[1].partition("%")[0])
            except ValueError:
                continue
            found.append(words[1])
    return found[:3]
