"""What a message's own log says of its deliveries, and error texts of which all that differs from message to message is taken away."""

import re
from dataclasses import dataclass

from .addressed import addressed

MAX_READ = 16 * 1024  # bytes from the end of a log: the last attempts are there

# `2026-11-23 16:17:09 defer@example.com R=sink T=smtp defer (-44) H=host [10.0.0.1]: reason`; without defer where it gave up.
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\S*(?: [+-]\d{4})? (?:\[\d+\] )?(.*)", re.DOTALL)
_REST = re.compile(r"((?: [A-Z]+=\S+)*)( defer \((-?\d+)\))?(.*)", re.DOTALL)
_ADDRESS = re.compile(r"<?[^\s<>:,;()]{1,128}@[^\s<>:,;()]{1,255}>?")
_IP = re.compile(r"\[?(?:\d{1,3}\.){3}\d{1,3}\]?(?::\d+)?|\[[0-9A-Fa-f:]{3,45}\]")
_WHERE = re.compile(r"^(?:(?:[A-Z]++=[^\s:]++|\[[^\]]*+\])\s*+)*:\s*")  # nothing is tried twice: somebody else chose the text
_STAGE = re.compile(r"^SMTP error from remote mail server after [^:]*(?::<[^>]*>[^:]*)?:\s*")
_NUMBERS = re.compile(r"\b\d{5,}\b|\b(?=[0-9a-zA-Z-]*\d)[0-9A-Za-z]{5,}-[0-9A-Za-z-]{5,}\b")


@dataclass(frozen=True, slots=True)
class LastTry:
    """The newest trouble of a message. error: as Exim wrote it, empty for none. attempts: how often somebody was tried at least.

    tried: when, as the log has it.
    """

    error: str = ""
    attempts: int = 0
    tried: str = ""


def parse_msglog(text: str) -> LastTry:
    """The last trouble in a message's log, or in the end of it."""
    error, tried, times = "", "", set()
    for line in text.split("\n"):
        head = _LINE.fullmatch(line)
        if head is None or (found := _REST.fullmatch(head[2], addressed(head[2])[2])) is None or not found[1]:
            continue
        rest = found[4].strip()
        if found[2] is None and not rest.startswith(":") and "error" not in rest:
            continue
        times.add(head[1])
        error, tried = _WHERE.sub("", rest)[:1000] or f"deferred ({found[3]})", head[1]
    return LastTry(error, len(times), tried)


def kind_of_error(text: str) -> str:
    """The same for all messages with the same trouble: without addresses, hosts' numbers, ids and what was tried when it came."""
    text = _STAGE.sub("", _WHERE.sub("", text[:400]))
    return " ".join(_NUMBERS.sub("*", _IP.sub("*", _ADDRESS.sub("*", text))).split())[:200]
