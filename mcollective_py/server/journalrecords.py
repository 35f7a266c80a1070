"""The lines of the journal of requests, written and read. Pure.

A line is `CHECKSUM KIND FIELD ...`: CRC-32 in hex of what follows it, and fields without blanks, `-` for an empty one. Times are whole
milliseconds since the epoch. What a line holds of a request are its names; never inputs, outputs or messages, which may be secret.

    J VERSION TIME SINCE WINDOW FLOOR         the head of a file
    B TIME END CALLER ID PROOF AGENT ACTION KIND   begun; KIND: c changes something, r only reads
    P TIME CALLER ID PID STARTED BOOT         the process it runs in, as the kernel knows it
    E TIME CALLER ID CODE WORD                ended; CODE `?` where nobody knows how
    R TIME END CALLER ID PROOF AGENT ACTION STAGE WORD   refused after its signature held
    S END CALLER KEY                          taken in once: an id, or a signature's digest
    W TIME WINDOW                             the host's limits have changed
    F TIME FLOOR                              the daemon was stopped
"""

from binascii import crc32
from typing import NamedTuple

# Named tuples, for a daemon at rest carries these classes too: half of what dataclasses take.

VERSION = 1
LONGEST_LINE = 1200  # bytes: names are bounded, see names.py
_NONE = "-"
_CHANGES, _READS = "c", "r"


class Head(NamedTuple):
    """The first record of a file.

    time: when it was written. since: from when on all that was begun to change something is known here, but for what was dropped since.
    window: the longest that a request could be taken for fresh after it was accepted, seconds. floor: requests that end no later are
    refused. Times in seconds since the epoch.
    """

    version: int
    time: float
    since: float
    window: float
    floor: float


class Begun(NamedTuple):
    """An action that was about to begin. end: when its request ends by its ttl. proof: see message.Request, may be empty."""

    time: float
    end: float
    caller: str
    id: str
    proof: str
    agent: str
    action: str | None
    only_reads: bool


class Running(NamedTuple):
    """The process that a call runs in. started: in the kernel's ticks since boot. boot: the id of that boot."""

    time: float
    caller: str
    id: str
    pid: int
    started: int
    boot: str


class Ended(NamedTuple):
    """code: the status code, None where nobody knows how it ended. word: see Outcome.refusal, empty where there is none."""

    time: float
    caller: str
    id: str
    code: int | None
    word: str


class Refused(NamedTuple):
    """A request that was not carried out, and at which stage."""

    time: float
    end: float
    caller: str
    id: str
    proof: str
    agent: str
    action: str | None
    stage: str
    word: str


class Seen(NamedTuple):
    """A key of the replay memory, of a request of which nothing else is kept."""

    end: float
    caller: str
    key: str


class Window(NamedTuple):
    """Another window from this time on, see Head."""

    time: float
    window: float


class Floor(NamedTuple):
    """The floor at the time that a daemon was stopped, see Head."""

    time: float
    floor: float


Record = Head | Begun | Running | Ended | Refused | Seen | Window | Floor


class UnknownVersion(ValueError):
    """A journal that another version of this program wrote. version and window: as its head says."""

    def __init__(self, version: int, window: float) -> None:
        super().__init__(f"version {version}")
        self.version, self.window = version, window


class Damage(NamedTuple):
    """Bytes that are no records. at: where they begin. before: the time of the next good record that has one, None at the end."""

    at: int
    size: int
    before: float | None


class Reading(NamedTuple):
    """What a file holds. intact: its size without a torn last record, which is no damage: nothing was begun by it."""

    records: tuple[Record, ...]
    damages: tuple[Damage, ...]
    intact: int


def encode(record: Record) -> bytes:
    """The line of a record."""
    match record:
        case Begun():
            kind = _READS if record.only_reads else _CHANGES
            text = (
                f"B {_ms(record.time)} {_ms(record.end)} {record.caller} {record.id} {record.proof or _NONE} {record.agent} "
                f"{record.action or _NONE} {kind}"
            )
        case Ended():
            code = "?" if record.code is None else record.code
            text = f"E {_ms(record.time)} {record.caller} {record.id} {code} {record.word or _NONE}"
        case Running():
            text = f"P {_ms(record.time)} {record.caller} {record.id} {record.pid} {record.started} {record.boot}"
        case Refused():
            text = (
                f"R {_ms(record.time)} {_ms(record.end)} {record.caller} {record.id} {record.proof or _NONE} {record.agent} "
                f"{record.action or _NONE} {record.stage} {record.word or _NONE}"
            )
        case Seen():
            text = f"S {_ms(record.end)} {record.caller} {record.key}"
        case Head():
            window = _ms(record.window)
            text = f"J {record.version} {_ms(record.time)} {_ms(record.since)} {window} {_ms(record.floor)}"
        case Window():
            text = f"W {_ms(record.time)} {_ms(record.window)}"
        case Floor():
            text = f"F {_ms(record.time)} {_ms(record.floor)}"
    content = text.encode()
    return b"%08x %s\n" % (crc32(content), content)


def read(content: bytes) -> Reading:
    """The records of a file, in its order. Raises UnknownVersion.

    A line that is no record, anywhere but unfinished at the very end, is damage: something may have been begun that nobody knows of.
    """
    records: list[Record] = []
    damages: list[Damage] = []
    bad: int | None = None
    at = 0
    while at < len(content):
        end = content.find(b"\n", at)
        if end < 0:
            break
        record = decode(content[at:end])
        if record is None:
            bad = at if bad is None else bad
        else:
            if isinstance(record, Head) and record.version != VERSION:
                raise UnknownVersion(record.version, record.window)
            if bad is not None:
                damages.append(Damage(bad, at - bad, None))
                bad = None
            if damages and damages[-1].before is None and not isinstance(record, Seen):
                damages[-1] = Damage(damages[-1].at, damages[-1].size, record.time)
            records.append(record)
        at = end + 1
    intact = at
    if bad is not None or len(content) - at > LONGEST_LINE:
        start = at if bad is None else bad
        damages.append(Damage(start, len(content) - start, None))
        intact = start
    return Reading(tuple(records), tuple(damages), intact)


def decode(line: bytes) -> Record | None:
    """The record of a line without its line end; None where it is none."""
    if len(line) > LONGEST_LINE or line[8:9] != b" " or line[:8] != b"%08x" % crc32(line[9:]):
        return None
    try:
        kind, *fields = line[9:].decode("ascii").split(" ")
        return _decoded(kind, fields)
    except (ValueError, OverflowError):  # no number, too few fields or too many
        return None


def _decoded(kind: str, fields: list[str]) -> Record | None:
    if kind == "B":
        time, end, caller, id, proof, agent, action, what = fields
        if what not in (_CHANGES, _READS):
            return None
        return Begun(_s(time), _s(end), caller, id, _empty(proof), agent, _empty(action) or None, what == _READS)
    if kind == "E":
        time, caller, id, code, word = fields
        return Ended(_s(time), caller, id, None if code == "?" else int(code), _empty(word))
    if kind == "P":
        time, caller, id, pid, started, boot = fields
        return Running(_s(time), caller, id, int(pid), int(started), boot)
    if kind == "R":
        time, end, caller, id, proof, agent, action, stage, word = fields
        return Refused(_s(time), _s(end), caller, id, _empty(proof), agent, _empty(action) or None, stage, _empty(word))
    if kind == "S":
        end, caller, key = fields
        return Seen(_s(end), caller, key)
    if kind == "J":
        version, time, since, window, floor, *_ = fields  # a later version may say more
        return Head(int(version), _s(time), _s(since), _s(window), _s(floor))
    if kind == "W":
        time, window = fields
        return Window(_s(time), _s(window))
    if kind == "F":
        time, floor = fields
        return Floor(_s(time), _s(floor))
    return None


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _s(milliseconds: str) -> float:
    return int(milliseconds) / 1000


def _empty(field: str) -> str:
    return "" if field == _NONE else field
