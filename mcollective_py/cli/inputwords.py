"""The inputs of an action as words of a command line: name=value, name=@FILE, name:=JSON, name=-, and - for all of them."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from ..ddl.model import ActionDDL
from ..errors import Malformed, UsageError
from ..names import is_action
from ..regularfile import read_regular, reason_of
from ..wire.strictjson import loads

MAX_BYTES = 1024 * 1024  # of a file, and of the standard input


class InputWords(NamedTuple):
    """texts: values that are to be read by the DDL's types. values: those that have their type, from JSON."""

    texts: dict[str, str]
    values: dict[str, Any]
    uses_stdin: bool = False


def read_inputs(words: Sequence[str], action: ActionDDL | None = None, stdin: BinaryIO | None = None) -> InputWords:
    """What the words say. A file is taken as it is, but that of a sensitive input without the newline at its end.

    Raises UsageError for a word that is no input, an input that is given twice, and what cannot be read.
    """
    found: dict[str, Any] = {}
    typed: set[str] = set()
    uses_stdin = False

    def standard_input(word: str) -> str:
        nonlocal uses_stdin
        if uses_stdin:
            raise UsageError(f"{word}: the standard input is one value, and has been taken already")
        uses_stdin = True
        return _text(_read_stdin(stdin or sys.stdin.buffer), "the standard input")

    def take(name: str, value: Any, *, is_typed: bool = False) -> None:
        if name in found:
            raise UsageError(f"the input {name} is given twice")
        found[name] = value
        if is_typed:
            typed.add(name)

    for word in words:
        if word == "-":
            for name, value in _object(standard_input(word), "the standard input").items():
                take(name, value, is_typed=True)
            continue
        name, is_pair, value = word.partition("=")
        is_json = name.endswith(":")
        name = name.removesuffix(":")
        if not is_pair or not is_action(name):
            raise UsageError(f"{word!r} is no input: write name=value, name=@FILE, name:=JSON, name=- for the standard input")
        if is_json:
            take(name, _json(value, f"{name}:="), is_typed=True)
        elif value == "-":
            take(name, _ended(standard_input(word), name, action))
        elif value.startswith("@@"):
            take(name, value[1:])
        elif value.startswith("@"):
            take(name, _ended(_file(value[1:], word), name, action))
        else:
            take(name, value)
    texts = {name: value for name, value in found.items() if name not in typed}
    return InputWords(texts, {name: found[name] for name in typed}, uses_stdin)


def takes_stdin(words: Sequence[str]) -> bool:
    """Whether one of the words is read from the standard input, so that it cannot name hosts too."""
    return any(word == "-" or (word.endswith("=-") and is_action(word[:-2])) for word in words)


def _ended(text: str, name: str, action: ActionDDL | None) -> str:
    declared = action.inputs.get(name) if action else None
    return text.removesuffix("\n") if declared is not None and declared.sensitive else text


def _file(path: str, word: str) -> str:
    if not path:
        raise UsageError(f"{word}: which file? name=@FILE; a value that begins with @ is written with two of them")
    try:
        return _text(read_regular(path, MAX_BYTES)[0], path)
    except OSError as error:
        raise UsageError(f"{word}: {reason_of(error)}") from error


def _read_stdin(stdin: BinaryIO) -> bytes:
    content = stdin.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UsageError(f"the standard input is larger than the {MAX_BYTES} bytes that an input may have")
    return content


def _text(content: bytes, where: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: is no UTF-8 text, at byte {error.start}") from error


def _json(text: str, where: str) -> Any:
    try:
        return loads(text)
    except Malformed as error:
        raise UsageError(f'{where}: after := stands JSON, such as 5, true, "text" or {{"a": [1]}}: {error}') from error


def _object(text: str, where: str) -> Mapping[str, Any]:
    try:
        value = loads(text)
    except Malformed as error:
        raise UsageError(f"{where}: is no JSON: {error}") from error
    if not isinstance(value, dict) or not all(is_action(name) for name in value):
        raise UsageError(f"{where}: is to be a JSON object with the inputs by name")
    return value
