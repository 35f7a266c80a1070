"""What TAB offers in a console: its own commands, those of mco, and agents with their actions and inputs."""

import shlex
from collections.abc import Iterator, Sequence

from ..completion.candidates import Candidate, candidates
from ..completion.line import quoted, words_of
from ..completion.sources import Machine
from .line import BUILTINS, NO_FILTER


class Completer:
    """readline's completer: called with a word and 0, 1, 2, ... until it gives None. line: gives the line up to the cursor."""

    def __init__(self, machine: Machine, line: "Line") -> None:
        self._machine, self._line = machine, line
        self._found: list[str] = []

    def __call__(self, text: str, state: int) -> str | None:
        """See readline.set_completer."""
        if state == 0:
            words = words_of(self._line())
            self._found = [_closed(found) for found in offered(words, self._machine)]
        return self._found[state] if state < len(self._found) else None


def offered(words: Sequence[str], machine: Machine) -> list[Candidate]:
    """What could stand in place of the last of the words."""
    *before, current = words or [""]
    return sorted({found for found in _offered(before, current, machine) if found.word.startswith(current)})


def _offered(before: Sequence[str], current: str, machine: Machine) -> Iterator[Candidate]:
    agents = machine.agents()
    if not before:
        yield from (Candidate(name, help) for name, help in BUILTINS.items())
        yield from machine.named("agents")
        yield from machine.commands()
        return
    first, *rest = before
    if first == "filter":
        yield from candidates(["find", *rest, current], machine)
        if not rest:
            yield from (Candidate(word) for word in NO_FILTER[:1])
    elif first == "doc":
        yield from machine.named("agents") if not rest else ()
    elif first == "help":
        yield from machine.commands() if not rest else ()
    elif first not in BUILTINS:
        if first in agents:
            yield from candidates(["rpc", *before, current], machine)
        yield from candidates([*before, current], machine)


def _closed(found: Candidate) -> str:
    """A whole word ends with a blank; one that ends in `=` goes on."""
    word = quoted(found.word) if found.word != shlex.quote(found.word) and not found.word.endswith("=") else found.word
    return word if word.endswith("=") else f"{word} "


class Line:
    """The line that readline is editing, up to the cursor."""

    def __call__(self) -> str:
        import readline

        return readline.get_line_buffer()[: readline.get_endidx()]
