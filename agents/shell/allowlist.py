"""The commands that a host allows, and whether one of them is meant; pure.

A line of the file is a program by its absolute path and a pattern for each of its words:

    /usr/bin/uptime
    /usr/bin/systemctl status *
    /usr/bin/du -sh /var/**
    /usr/bin/apt-get update ...

`*` is any characters but `/`, and none that begin with `-`; `**` is any characters, `/` too; neither goes up by `..`. `...` at the end
is any further words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mcollective_py.agent import RPCAborted

_MAX_RULES = 1000
# What a shell would read as its own. A blank separates words and is all that there is of quoting.
_SYNTAX = frozenset("`$;|&><'\"\\(){}[]?~!#*\n\r")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: the program, a pattern for each word, and whether further words may follow."""

    program: str
    patterns: tuple[str, ...]
    is_open: bool = False

    def matches(self, words: Sequence[str]) -> bool:
        """Whether the words, the program first, are what the line allows; the program may go by its last name."""
        if not words or words[0] not in (self.program, self.program.rpartition("/")[2]):
            return False
        if len(words) - 1 < len(self.patterns) or (len(words) - 1 > len(self.patterns) and not self.is_open):
            return False
        return all(matches(pattern, word) for pattern, word in zip(self.patterns, words[1:], strict=False))


def parse_rules(text: str) -> list[Rule]:
    """The lines of a file; empty ones and those that begin with # mean nothing. Raises ValueError with the number of a bad one."""
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if not words[0].startswith("/") or "*" in words[0] or ".." in words[0].split("/"):
            raise ValueError(f"line {number}: {words[0]} is no absolute path of a program")
        is_open = words[-1] == "..."
        rules.append(Rule(words[0], tuple(words[1:-1] if is_open else words[1:]), is_open))
        if len(rules) > _MAX_RULES:
            raise ValueError(f"line {number}: more than {_MAX_RULES} commands")
    return rules


def allowed_words(rules: Sequence[Rule], words: Sequence[str]) -> tuple[str, ...]:
    """The words with the program's absolute path, where a line allows them. Raises RPCAborted."""
    for rule in rules:
        if rule.matches(words):
            return (rule.program, *words[1:])
    raise RPCAborted("this command is not among those that plugin.shell.allow_file of this host allows")


def words_of(command: str) -> list[str]:
    """The words of a command line that needs no shell. Raises RPCAborted for one that does."""
    found = sorted({char for char in command if char in _SYNTAX or not (char.isprintable() or char == "\t")})
    if found:
        shown = " ".join(repr(char)[1:-1] for char in found)
        raise RPCAborted(f"this host runs listed commands only, without a shell, and {shown} is for a shell: send the words as argv")
    return command.split()


def matches(pattern: str, word: str) -> bool:
    """Whether a pattern is all of a word; in time linear in both, per star."""
    if word.startswith("-") and pattern.startswith("*"):
        return False  # what a caller fills in is never an option
    if "*" in pattern and ".." in re.split("[/=:,]", word):
        return False  # nor does it lead out of the folder that the line names
    reachable = {0}
    pieces = _pieces(pattern)
    for piece in pieces:
        if piece == "**":
            reachable = set(range(min(reachable), len(word) + 1))
        elif piece == "*":
            reachable = _until_slash(word, reachable)
        else:
            reachable = {at + len(piece) for at in reachable if word.startswith(piece, at)}
        if not reachable:
            return False
    return len(word) in reachable


def _until_slash(word: str, starts: set[int]) -> set[int]:
    found: set[int] = set()
    is_reached = False
    for at in range(len(word) + 1):
        is_reached = at in starts or (is_reached and word[at - 1] != "/")
        if is_reached:
            found.add(at)
    return found


def _pieces(pattern: str) -> list[str]:
    pieces: list[str] = []
    rest = pattern
    while rest:
        if rest.startswith("*"):
            star = "**" if rest.startswith("**") else "*"
            pieces.append(star)
            rest = rest[len(star) :]
        else:
            text, star, after = rest.partition("*")
            pieces.append(text)
            rest = star + after
    return pieces
