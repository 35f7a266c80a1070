"""What the words of `mco iptables` mean as inputs; whatever cannot be meant is said before anything is sent."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcollective_py.agent import InvalidRPCData, seconds_of
from mcollective_py.errors import ConfigError, UsageError

from .addresses import Shortest, parse_network, shown
from .entry import ALLOW, BLOCK, Entry
from .guard import Guard, Protected
from .listlines import entry_of_row, line_of
from .lists import MOST_BYTES, inputs_of_lines, lines_of_inputs, parse_lines, sendable

_ASK_ABOVE = 20  # hosts
_ANY = Shortest(1, 1)  # how wide a network may be is for each host to say


def seconds_given(text: str, name: str) -> float:
    """The seconds of `90`, `30m`, `2h`. Raises UsageError."""
    try:
        return float(seconds_of(text))
    except ValueError as error:
        raise UsageError(f"--{name} {error}") from error


def many_of(settings: Mapping[str, str]) -> int:
    """From more than how many hosts on a change is asked about: plugin.iptables.ask_above of client.cfg. Raises ConfigError."""
    text = settings.get("ask_above", "").strip() or str(_ASK_ABOVE)
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise ConfigError(f"plugin.iptables.ask_above is {text!r}: it must be a number of hosts, 0 to be asked always")
    return int(text)


def check_address(text: str) -> None:
    """Raises UsageError for what no host would take."""
    try:
        parse_network(text, _ANY)
    except InvalidRPCData as error:
        raise UsageError(str(error)) from error


def inputs_of_several(word: str, things: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
    """The inputs of `apply` for several addresses with the same options: all of them or none. Raises UsageError."""
    try:
        return inputs_of_lines(line_of(entry) for entry in entries_of(word, things, options, own=("proto", "ports"))) | _common(options)
    except InvalidRPCData as error:
        raise UsageError(str(error)) from error


def entries_of(
    word: str, things: Sequence[str], options: argparse.Namespace, own: Sequence[str] = ("for", "reason", "ticket", "proto", "ports")
) -> list[Entry]:
    """The entries that addresses and those of the options mean; `for` counts from now. Raises InvalidRPCData."""
    row: dict[str, Any] = {name: value for name in own if (value := getattr(options, name)) is not None}
    row["kind"] = ALLOW if word == "allow" else BLOCK
    now = time.time()
    found = (entry_of_row({**row, "network": thing}, now, _ANY) for thing in things)
    return [entry for entry in found if entry is not None]


def inputs_of_file(word: str, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """The inputs of `apply` or `reconcile` for a list file, `-` for the standard input. Raises UsageError with the line's number."""
    text = _read(name)
    now = time.time()
    try:
        lines = sendable(text, now)
        inputs = inputs_of_lines(lines) | _common(options)
    except InvalidRPCData as error:
        raise UsageError(f"{'the list' if name == '-' else name}: {error}") from error
    is_empty = not any(line and not line.startswith("#") for line in lines)
    if is_empty and word == "import":
        raise UsageError(f"{'the list' if name == '-' else name} has no entries")
    if is_empty and not options.empty:
        raise UsageError("the list has no entries: all that it brought would go; --empty where that is meant")
    given = {name: getattr(options, name) for name in ("name", "exact", "empty")} if word == "reconcile" else {}
    return inputs | {name: value for name, value in given.items() if value is not None}


def check_spares(action: str, inputs: Mapping[str, Any], own: Sequence[str]) -> None:
    """Raises UsageError where a request would block the operator who makes it."""
    if action not in ("block", "apply", "ban", "reconcile"):
        return
    guard = Guard(Protected(parse_network(address, _ANY), "where you are yourself") for address in own if _is_network(address))

    def check(entry: Entry) -> None:
        if entry.kind == BLOCK and (refusal := guard.refusal_of(entry.network)) is not None:
            raise InvalidRPCData(f"{refusal}: it would lock you out")

    try:
        if "ipaddr" in inputs:
            check(Entry(shown(parse_network(inputs["ipaddr"], _ANY))))
        else:
            parse_lines(lines_of_inputs(inputs), time.time(), _ANY, check)
    except InvalidRPCData as error:
        raise UsageError(str(error)) from error


def _is_network(text: str) -> bool:
    try:
        parse_network(text, _ANY)
    except InvalidRPCData:
        return False
    return True


def _common(options: argparse.Namespace) -> dict[str, Any]:
    """The inputs for entries whose line does not say it: end, reason, ticket."""
    found: dict[str, Any] = {name: value for name in ("reason", "ticket") if (value := getattr(options, name)) is not None}
    if (duration := getattr(options, "for")) is not None:
        found["for"] = seconds_given(duration, "for")
    return found


def _read(name: str) -> str:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        return data.decode()
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{name}: line {line} is no UTF-8") from error
