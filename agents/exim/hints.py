"""What Exim remembers between deliveries: retry times and rates, as exim_dumpdb prints them."""

import re
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

MAX_ROWS = 2000
_TIME = r"\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d"
_RETRY = re.compile(r"\s*(\S.*?) (-?\d+) (-?\d+) ?(.*)")
_TIMES = re.compile(rf"^({_TIME})\s+({_TIME})\s+({_TIME})\s*(\*?)")
_RATE = re.compile(rf"^({_TIME})(?:\.\d+)? rate:\s*(\S+) key:\s*(.*)")
_KINDS = {"R": "recipient", "T": "host"}


def dump_database(program: str, spool: str, name: str) -> list[str]:
    """The words that print a database: retry, ratelimit."""
    return [program, spool, name]


def parse_retry(text: str) -> list[dict[str, Any]]:
    """Rows of the retry database: kind, key, message, errno, error, first, last, next (seconds since the epoch), expired."""
    rows: list[dict[str, Any]] = []
    lines = text.splitlines()
    for line, following in pairwise(lines):
        times, head = _TIMES.search(following.strip()), _RETRY.fullmatch(line)
        if times is None or head is None or _TIMES.search(line.strip()):
            continue
        letter, _, key = head[1].partition(":")
        rows.append(
            {
                "kind": _KINDS.get(letter, letter),
                "key": key,
                "errno": int(head[2]),
                "error": head[4][:1000],
                "first": _seconds(times[1]),
                "last": _seconds(times[2]),
                "next": _seconds(times[3]),
                "expired": times[4] == "*",
            }
        )
    return rows


def parse_rates(text: str) -> list[dict[str, Any]]:
    """Rows of the ratelimit database: key, rate, time (seconds since the epoch)."""
    found = (_RATE.search(line) for line in text.splitlines())
    return [{"key": one[3].strip(), "rate": float(one[2]), "time": _seconds(one[1])} for one in found if one and _is_number(one[2])]


def about(rows: Sequence[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    """The rows whose key has an address, a domain or a host; all of them for none."""
    wanted = wanted.lower()
    return [row for row in rows if not wanted or wanted in str(row["key"]).lower()]


def _seconds(text: str) -> int:
    try:
        return int(time.mktime(time.strptime(text, "%d-%b-%Y %H:%M:%S")))
    except (ValueError, OverflowError):
        return 0


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text, re.ASCII) is not None
