"""What a caller asks to be run, as words of a program; pure.

A command line goes to the host's shell as one word, exactly as it was sent: nothing is ever joined to it. Words (`argv`) go to their
program without any shell. A script goes into a file of its own, and the file to its interpreter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from mcollective_py.agent import InvalidRPCData, MissingRPCData, RPCAborted

from .allowlist import Rule, allowed_words, words_of

_MOST_WORDS = 1000
_MOST_WORD = 32 * 1024  # characters; the kernel takes 128 KiB
_SHOWN = 200  # characters of a script or of words in a list of jobs


@dataclass(frozen=True, slots=True)
class Command:
    """Words of a program, the program first. script: text that is put into a file, named by the word at `place`.

    shown: what a list of jobs shows.
    """

    words: tuple[str, ...]
    shown: str
    script: str | None = None
    place: int = 0


def command_of(action: str, inputs: Mapping[str, Any], shell: str, rules: Sequence[Rule] | None) -> Command:
    """What the inputs ask for. rules: the only commands of this host, None where there is no such list.

    Raises MissingRPCData, InvalidRPCData, RPCAborted.
    """
    given = [name for name in ("command", "argv", "script") if inputs.get(name) not in (None, "", [])]
    if not given:
        raise MissingRPCData(action, "command")
    if len(given) > 1:
        raise InvalidRPCData(f"{' and '.join(given)} are two ways to say what is to be run: give one")
    if given[0] != "script" and (left := [name for name in ("arguments", "interpreter", "sha256") if inputs.get(name)]):
        raise InvalidRPCData(f"{left[0]} belongs to a script, and there is none")
    if rules is not None:
        return _listed(given[0], inputs, rules)
    if given[0] == "command":
        command: str = inputs["command"]
        return Command((shell, "-c", "--", command), command)
    if given[0] == "argv":
        words = checked_words(inputs["argv"], "argv")
        _check_program(words[0])
        return Command(words, _shown(" ".join(words)))
    return _script(inputs, shell)


def checked_words(words: Any, name: str) -> tuple[str, ...]:
    """The elements of an array as words. Raises InvalidRPCData for what cannot be words of a program."""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise InvalidRPCData(f"{name} must be a list of texts")
    if len(words) > _MOST_WORDS or any(len(word) > _MOST_WORD or "\0" in word for word in words):
        raise InvalidRPCData(f"{name} may have {_MOST_WORDS} words of {_MOST_WORD} characters, and none with a NUL")
    return tuple(words)


def shebang(script: str) -> tuple[str, ...]:
    """The interpreter that a script's first line names, and the one word that may follow it, as the kernel reads it; () for none."""
    first = script.partition("\n")[0].rstrip("\r")
    if not first.startswith("#!"):
        return ()
    program, _, word = first[2:].strip(" \t").partition(" ")
    return tuple(part for part in (program, word.strip(" \t")) if part)


def _script(inputs: Mapping[str, Any], shell: str) -> Command:
    script: str = inputs["script"]
    digest = sha256(script.encode()).hexdigest()
    if inputs.get("sha256") not in (None, digest):
        raise InvalidRPCData(f"the script has the checksum {digest}, not that of sha256: it is not what was meant to be sent")
    interpreter = (inputs["interpreter"],) if inputs.get("interpreter") else shebang(script) or (shell,)
    if not interpreter[0].startswith("/"):
        raise InvalidRPCData("the interpreter in the first line of the script is no absolute path")
    arguments = checked_words(inputs.get("arguments") or [], "arguments")
    shown = f"script {digest[:12]} by {' '.join(interpreter)}"
    return Command((*interpreter, "", *arguments), _shown(" ".join((shown, *arguments))), script, len(interpreter))


def _listed(given: str, inputs: Mapping[str, Any], rules: Sequence[Rule]) -> Command:
    for name in ("script", "env", "cwd", "stdin"):
        if inputs.get(name):
            raise RPCAborted(f"this host runs listed commands only (plugin.shell.allow_file): no {name} with them")
    words = list(checked_words(inputs["argv"], "argv")) if given == "argv" else words_of(inputs["command"])
    allowed = allowed_words(rules, words)
    return Command(allowed, _shown(" ".join(allowed)))


def _check_program(program: str) -> None:
    if "/" in program and not program.startswith("/"):
        raise InvalidRPCData("the first word of argv must be a program's name or its absolute path")
    if not program:
        raise InvalidRPCData("the first word of argv must be a program's name or its absolute path, and is empty")


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
