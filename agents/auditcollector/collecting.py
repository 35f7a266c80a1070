"""What is kept of a message: the lines of the sender's audit as it wrote them, each under the name that its signature proves. Pure."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from mcollective_py.agent import RPCAborted

_MOST_LINES = 2000
_LONGEST = 256 << 10  # characters of a line
# Plain ASCII without line ends, as every line of an audit is, and the end by which it is part of a chain.
_LINE = re.compile(r'\{[\x20-\x7e]*,"seq":[1-9][0-9]{0,17},"prev":(?:null|"[0-9a-f]{64}")\}', re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}", re.ASCII)


def kept_lines(caller: str, sender: str, body: Any, now: float) -> list[bytes]:
    """The lines to write. caller: who signed. body: a list of lines without their line ends. now: seconds since the epoch.

    Raises RPCAborted where any of it is not what a host sends: then nothing of the message is kept.
    """
    if caller != f"cert={sender}" or _NAME.fullmatch(sender) is None:
        raise RPCAborted(f"{caller[:255]} sends the audit of {sender[:255]}: a host sends its own, under its own name")
    if not isinstance(body, list) or not 0 < len(body) <= _MOST_LINES:
        raise RPCAborted(f"{sender}: no list of 1 to {_MOST_LINES} lines of an audit")
    received = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    return [_kept(sender, line, received) for line in body]


def _kept(sender: str, line: Any, received: str) -> bytes:
    if not isinstance(line, str) or len(line) > _LONGEST or _LINE.fullmatch(line) is None:
        raise RPCAborted(f"{sender}: not a line of an audit")
    try:
        node = json.loads(line).get("node")
    except (ValueError, RecursionError) as error:
        raise RPCAborted(f"{sender}: not a line of an audit") from error
    if node != sender:
        raise RPCAborted(f"{sender} sends a line of the audit of another host")
    # The line itself as it was written, so that its digest can be found again.
    return f'{{"received":"{received}","host":"{sender}","record":{line}}}\n'.encode()
