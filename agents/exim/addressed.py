"""Of whom a line of a log is, where anybody may have written what looks like the rest of the line into an address.

`ADDRESS <ORIGINAL> R=... H=...`: Exim writes a local part without its quotes, spaces and all, and behind it what it was
sent to, with them.
"""

import re

QUOTED = r'"[^"\\]*+(?:\\.[^"\\]*+)*"'  # each sign fits one place alone, so that nothing is tried twice
BRACKETED = rf"<((?:{QUOTED}|[^\">]++)*)>"  # an address in brackets, which may have a bracket in quotes
_SENDER = re.compile(rf"{QUOTED}@[^\s<>\"]*+", re.DOTALL)
_ORIGINAL = re.compile(rf" {BRACKETED}", re.DOTALL)
_UNQUOTED = re.compile(r'\\(.)|"', re.DOTALL)
# A usual address ends where one of these begins.
_USUAL = re.compile(r"(.*?)(?= <| [A-Za-z]{1,4}=| routing defer| defer \(|: |$)", re.DOTALL)
_ALIKE = 8  # signs that are compared before the whole is looked for


def addressed(text: str) -> tuple[str, str, int]:
    """The address that a text begins with, the original one, empty where there is none, and where what follows begins."""
    if text[:1] == '"' and (sender := _SENDER.match(text, 0)):
        return _with_original(text, sender.end())
    at = text.rfind(' <"')
    while at >= 0:  # the last that fits: what is in the address itself comes before it
        like = min(at, _ALIKE)
        is_like = _bare(text[at + 2 : at + 40])[:like] == text[:like].lower()
        found = _ORIGINAL.match(text, at) if is_like else None
        if found is not None and _bare(found[1]) == text[:at].lower():
            return text[:at], found[1], found.end()
        at = text.rfind(' <"', 0, at)
    usual = _USUAL.match(text, 0)
    return _with_original(text, usual.end() if usual else len(text))


def _bare(address: str) -> str:
    return _UNQUOTED.sub(r"\1", address).lower()


def _with_original(text: str, end: int) -> tuple[str, str, int]:
    found = _ORIGINAL.match(text, end)
    return (text[:end], found[1], found.end()) if found else (text[:end], "", end)
