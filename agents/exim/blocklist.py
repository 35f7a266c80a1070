"""The file of senders and logins that Exim refuses: a list that its lookup `lsearch*@` reads, of which we change our own lines alone.

# comments, and lines that somebody else wrote, stay
mallory@example.org: 2026-11-23T18:00:00Z cert=operator spam since noon
*@bad.example: ...
mallory: ...
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mcollective_py.agent import InvalidRPCData

MAX_ENTRIES = 10_000
MAX_BYTES = 4 * 1024 * 1024
HEAD = "# Senders and logins that Exim refuses. `mco exim block` and `unblock` keep it; other lines stay as they are.\n"
_DOMAIN = re.compile(r"(?=.{1,253}$)[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?(?:\.[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?)*", re.ASCII)
_LOCAL = re.compile(r"(?!#)[0-9a-z!#%&'+/=?^_~.-]{1,64}", re.ASCII)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)".*')
_OURS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (\S+) ?(.*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One of the list. key: as Exim looks it up. at: when, by: who blocked it, empty where somebody else wrote the line."""

    key: str
    at: str = ""
    by: str = ""
    reason: str = ""

    @property
    def address(self) -> str:
        """As people write it: `@bad.example` for a domain."""
        return self.key[1:] if self.key.startswith("*@") else self.key

    def line(self) -> str:
        """The line of the file."""
        return f"{self.key}: {self.at} {self.by} {self.reason}".rstrip() + "\n"


def key_of(address: str) -> str:
    """What Exim looks up for `user@example.org`, `@example.org` (its whole domain), or a login. Raises InvalidRPCData."""
    text = address.lower().removesuffix(".")
    local, at, domain = text.rpartition("@")
    if at and _DOMAIN.fullmatch(domain) is None:
        raise InvalidRPCData(f"{address[:254]!r} has no domain that there could be")
    if at and local in ("", "*"):
        return f"*@{domain}"
    if _LOCAL.fullmatch(local if at else text) is None:
        raise InvalidRPCData(f"{address[:254]!r} is no address: user@example.org, @example.org for its whole domain, or a login")
    return text


def kind_of(key: str) -> str:
    """What it is, in words."""
    if key.startswith("*@"):
        return f"the domain {key[2:]}"
    return f"the address {key}" if "@" in key else f"the login {key}"


def entries(text: str) -> list[Entry]:
    """All that the file blocks, in its order; a key that comes twice is known by its first line, as to Exim."""
    found: dict[str, Entry] = {}
    for line in text.split("\n"):
        if (key := _key_in(line)) and key not in found:
            value = line[line.index(":") + 1 :].strip() if ":" in line else ""
            ours = _OURS.fullmatch(value)
            found[key] = Entry(key, ours[1], ours[2], ours[3]) if ours else Entry(key, reason=value)
    return [*found.values()]


def with_entry(text: str, entry: Entry) -> str:
    """The file with one more, at its end; as it is where it has it."""
    if any(known.key == entry.key for known in entries(text)):
        return text
    whole = text or HEAD
    return f"{whole}{'' if whole.endswith(chr(10)) else chr(10)}{entry.line()}"


def without_entry(text: str, key: str) -> str:
    """The file without a key; as it is where it has none. Lines that go on in the next are taken out whole."""
    kept: list[str] = []
    is_inside = False
    for line in _LINE.findall(text):  # a line ends where it does for Exim, and nowhere else
        if line[:1] not in (" ", "\t", "#", "\n"):
            is_inside = _key_in(line) == key
        if not (is_inside and line[:1] not in ("#", "\n")):
            kept.append(line)
    return "".join(kept)


def covering(found: Sequence[Entry], key: str) -> Entry | None:
    """What blocks a key though it is not in the list itself: its domain, or everything."""
    wider = [f"*@{key.rpartition('@')[2]}", "*"] if "@" in key and not key.startswith("*@") else ["*"]
    return next((entry for entry in found if entry.key in wider), None)


def _key_in(line: str) -> str:
    """The key of a line, in small letters; empty for a comment, an empty line and one that goes on."""
    if not line.strip() or line[0] in " \t#":
        return ""
    if line[0] == '"':
        quoted = _QUOTED.fullmatch(line)
        return re.sub(r"\\(.)", r"\1", quoted[1]).lower() if quoted else ""
    return re.split(r"[:\s]", line, maxsplit=1)[0].lower()
