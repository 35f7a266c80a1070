"""Lines of a journal as the message of a failure has them; pure."""

import re
from collections.abc import Sequence

_LINE = re.compile(r"\S+ \S+ (?P<who>.+?)(?:\[\d+\])?: (?P<what>.*)")
# What systemd says of every start and stop, and in no order with what the service itself says meanwhile.
_ROUTINE = re.compile(r"(?:Starting|Started|Stopping|Stopped|Reloading|Reloaded|Deactivated|Scheduled restart job)\b.*|.*: Consumed .*")


def worded(lines: Sequence[str], said: str = "") -> list[str]:
    """`program: words` of each, oldest first, without time, host and process id: hosts that failed alike say the same.

    lines: `TIME HOST PROGRAM[PID]: WORDS`; others stay as they are. said: what the message says already. What both have, and what
    systemd says of every start and stop, is left out.
    """
    found = []
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            found.append(line)
        elif match["what"] not in said and not (match["who"] == "systemd" and _ROUTINE.fullmatch(match["what"])):
            found.append(f"{match['who']}: {match['what']}")
    return found
