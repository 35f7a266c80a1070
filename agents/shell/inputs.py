"""The words and options of `mco shell` as inputs of the agent; pure but for the files that they name."""

import argparse
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from mcollective_py.errors import UsageError

_MOST_BYTES = 256 * 1024
_PLAIN = ("user", "group", "cwd", "umask", "interpreter")
_LIMITS = {"max_time": "timeout", "max_memory": "memory", "max_cpu": "cpu", "max_output": "max_output"}


def inputs_of(action: str, things: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
    """The inputs of run and start, where action is `run`, `start` or `script`. Raises UsageError."""
    found = _what(action, things, options)
    found |= {name: value for name in _PLAIN if (value := getattr(options, name)) is not None}
    found |= {name: value for option, name in _LIMITS.items() if (value := getattr(options, option)) is not None}
    if options.env:
        found["env"] = dict(_pair(word) for word in options.env)
    if options.stdin is not None:
        found["stdin"] = _text(options.stdin, "--stdin")
    return found


def options_within(words: Sequence[str], parser: argparse.ArgumentParser, actions: Sequence[str]) -> list[str]:
    """Options between the words of a command, or unknown ones behind its first: most likely its own.

    words: as they were typed, `run`, `grep`, `-v`, `root`. actions: the first words that commands and scripts stand behind.
    """
    known, plain, rest = parser._option_string_actions, 0, list(words)
    found: list[str] = []
    while rest:
        word = rest.pop(0)
        if word == "--":
            return found if plain > 1 and rest else []
        if not word.startswith("-") or word == "-":
            if plain == 0 and word not in actions:
                return []
            plain += 1
            if found:
                return found
            continue
        name, is_valued, _ = word.partition("=")
        option = known.get(name) or (known.get(word[:2]) if not word.startswith("--") else None)
        if plain > 1:
            found.append(word)
            if option is None:
                return found
        if option is not None and option.nargs is None and not is_valued and word in known:
            del rest[:1]
    return []


def _what(action: str, things: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
    if not things:
        raise UsageError(
            "which script? mco shell script FILE [ARGUMENT ...]"
            if action == "script"
            else f"which command? mco shell {action} 'COMMAND'"
        )
    if action == "script":
        script = _text(things[0], "the script")
        if not script.strip():
            raise UsageError(f"the script: there is nothing in {things[0]}")
        return {"script": script, "sha256": sha256(script.encode()).hexdigest(), "arguments": list(things[1:])}
    if options.interpreter is not None:
        raise UsageError("--interpreter is for mco shell script FILE")
    return {"argv": list(things)} if options.argv else {"command": " ".join(things)}


def _pair(word: str) -> tuple[str, str]:
    name, is_pair, value = word.partition("=")
    if not is_pair:
        raise UsageError(f"--env {word}: write NAME=VALUE")
    return name, value


def _text(file: str, what: str) -> str:
    try:
        if file == "-":
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise UsageError(f"{what}: {file} has more than {_MOST_BYTES // 1024} KiB")
        return content.decode()
    except OSError as error:
        raise UsageError(f"{what}: {file}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{what}: {file} is no text in UTF-8") from error
