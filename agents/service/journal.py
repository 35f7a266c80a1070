"""Lines of a journal as the message of a failure has them; pure."""

import re
from collections.abc import Sequence

_LINE = re.compile(r"\S+ \S+ (?P<who>.+?)(?:\[\d+\])?: (?P<what>.*)")
# What systemd says of every start and stop.
_ROUTINE = re.compile(r"(?:Starting|Started|Stopping|Stopped|Reloading|Reloaded|Deactivated|Scheduled restart job)\b.*|.*: Consumed .*")


def worded(lines: Sequence[str], said: str = "") -> list[str]:
    """`program: words` of each, without time, host and process id, so that hosts that failed alike say the same.

    Those of systemd stand last: they come in no certain order with others. lines: `TIME HOST PROGRAM[PID]: WORDS`, others stay as they
    are. said: what the message says already. What both have, and what systemd says of every start and stop, is left out.
    """
    own, systemd = [], []
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            own.append(line)
        elif match["what"] in said:
            continue
        elif match["who"] != "systemd":
            own.append(f"{match['who']}: {match['what']}")
        elif not _ROUTINE.fullmatch(match["what"]):
            systemd.append(f"systemd: {match['what']}")
    return own + systemd
