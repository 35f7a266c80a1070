"""The words of `mco filemgr` as an action and its inputs; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcollective_py.errors import UsageError

# Command -> its words, and what it does.
COMMANDS = {
    "touch": "[FILE]",
    "remove": "[FILE]",
    "status": "[FILE]",
    "get": "REMOTE LOCALDIR",
    "put": "LOCAL REMOTE",
    "tail": "FILE",
    "head": "FILE",
    "grep": "TEXT FILE",
    "diff": "FILE",
    "mkdir": "FOLDER",
    "chmod": "MODE FILE",
    "chown": "OWNER[:GROUP] FILE",
    "find": "FOLDER",
    "du": "FOLDER",
}
# Option -> the commands that it is for.
TAKEN = {
    "backup": ("remove", "put"),
    "mode": ("put", "mkdir"),
    "owner": ("put", "mkdir"),
    "group": ("put", "mkdir"),
    "lines": ("head", "tail"),
    "regex": ("grep",),
    "ignore_case": ("grep",),
    "name": ("find",),
    "type": ("find",),
    "older": ("find",),
    "newer": ("find",),
    "larger": ("find",),
    "smaller": ("find",),
    "depth": ("find",),
}
_ACTIONS = {"diff": "digest", "chmod": "attributes", "chown": "attributes", "du": "usage"}
_FIRST = {"grep": "pattern", "chmod": "mode", "chown": "owner", "put": "local"}  # what stands before the file


@dataclass(frozen=True, slots=True)
class Called:
    """command: as it was written. action and inputs: of the agent. local: the file or folder here, of put and get."""

    command: str
    action: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    local: str = ""


def called(words: Sequence[str], file: str | None, extra: Mapping[str, Any]) -> Called:
    """What the words mean; file: that of --file; extra: inputs by options, None for those not given. Raises UsageError."""
    command, rest = _command(words)
    if file is not None:
        rest = [*rest[:1], file, *rest[1:]] if command in _FIRST else [file, *rest]
    inputs: dict[str, Any] = {}
    local = ""
    if command in _FIRST and rest:
        first = rest.pop(0)
        if command == "put":
            local = first
        elif command == "chown":
            owner, colon, group = first.partition(":")
            inputs |= {**({"owner": owner} if owner else {}), **({"group": group} if colon and group else {})}
            if not inputs:
                raise UsageError(f"{first!r} is no owner: OWNER, OWNER:GROUP or :GROUP")
        elif command == "chmod" and not re.fullmatch(r"[0-7]{3,4}", first, re.ASCII):
            raise UsageError(f"{first!r} is no mode: write it in octal, as 0640")
        else:
            inputs[_FIRST[command]] = first
    elif command in _FIRST:
        raise UsageError(f"mco filemgr {command} {COMMANDS[command]}")
    if rest:
        inputs["file"] = rest.pop(0)
    elif not COMMANDS[command].startswith("["):
        raise UsageError(f"mco filemgr {command} {COMMANDS[command]}")
    if command == "get":
        if not rest:
            raise UsageError(f"mco filemgr get {COMMANDS['get']}: into which folder here?")
        local = rest.pop(0)
    if rest:
        raise UsageError(f"mco filemgr {command} takes {COMMANDS[command]}, not {' '.join(rest)!r} too")
    return Called(command, _ACTIONS.get(command, command), {**inputs, **_given(command, extra)}, local)


def _given(command: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in extra.items() if value not in (None, False)}
    for name in given:
        if command not in TAKEN[name]:
            raise UsageError(f"--{name.replace('_', '-')} is for {' and '.join(TAKEN[name])}, not for {command}")
    return given


def _command(words: Sequence[str]) -> tuple[str, list[str]]:
    """The command and what else there is; `touch` where there is none, as ever; it may stand last, too."""
    if not words:
        return "touch", []
    rest = list(words)
    for at in (0, -1):
        if rest[at] in COMMANDS:
            return rest.pop(at), rest
    from difflib import get_close_matches

    near = get_close_matches(words[0], COMMANDS, 1)
    raise UsageError(
        f"there is no command {words[0]!r}: " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}")
    )
