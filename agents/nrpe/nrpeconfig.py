"""The lines of nrpe.cfg and of the files it includes, as values; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_NAME = 50  # characters of a check's name

_COMMAND = re.compile(r"command\[(.*?)\]\s*=\s*(.*)")
_SETTING = re.compile(r"([a-z_]+)\s*=\s*(.*)")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,50}")
_READ = frozenset({"include", "include_file", "include_dir", "command_timeout", "command_prefix"})


@dataclass(frozen=True, slots=True)
class Directive:
    """One line. kind: `command`, or a setting's name. name: of a command, else empty. number: of the line, from 1."""

    kind: str
    value: str
    number: int
    name: str = ""


def parse_config(text: str) -> Iterator[Directive]:
    """The lines that matter to a check, in their order; the rest are the daemon nrpe's own."""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if found := _COMMAND.fullmatch(line):
            yield Directive("command", found[2], number, found[1])
        elif (found := _SETTING.fullmatch(line)) and found[1] in _READ:
            yield Directive("include" if found[1] == "include_file" else found[1], found[2], number)


def is_name(name: str) -> bool:
    """Whether a check of this name can be asked for."""
    return _NAME.fullmatch(name) is not None


def seconds_of(value: str) -> float | None:
    """The time that command_timeout says, `60` or `60:CRITICAL`; None for none."""
    number = value.partition(":")[0].strip()
    return float(number) if number.isascii() and number.isdigit() and int(number[:9]) > 0 else None
