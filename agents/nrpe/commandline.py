"""A `command[...]` line of NRPE as the words of a program, without a shell: quotes are read, all else that a shell does is refused."""

import re
from collections.abc import Sequence

MAX_ARGUMENTS = 16  # of NRPE: $ARG1$ to $ARG16$

_MACRO = re.compile(r"\$ARG([1-9][0-9]?)\$")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
_BLANKS = " \t"
_SCRIPT = "put it into a script and name that"
_QUOTE = "put it in quotes if it is meant as it stands"
_SHELLS_OWN = {
    "|": f"| is a pipe: {_SCRIPT}",
    ";": f"; ends a command: {_SCRIPT}",
    "&": f"& runs something beside: {_SCRIPT}",
    "<": f"< is a redirection: {_SCRIPT}",
    ">": f"> is a redirection: {_SCRIPT}",
    "`": f"` runs another command: {_SCRIPT}",
    "(": f"( begins a subshell: {_SCRIPT}",
    ")": f") ends a subshell: {_SCRIPT}",
    "*": f"* stands for names of files: {_QUOTE}",
    "?": f"? stands for names of files: {_QUOTE}",
    "[": f"[ stands for names of files: {_QUOTE}",
    "{": f"{{ stands for several words: {_QUOTE}",
}
# What takes one of its words for a program of its own: an argument inside such a word would be code.
_SHELLS = ("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", "su", "ssh")
_INTERPRETERS = frozenset((*_SHELLS, "perl", "ruby", "python", "awk", "gawk", "mawk", "php", "node", "lua", "tclsh"))


class Refused(ValueError):
    """A line that needs a shell, or arguments that do not fit it; says why, and what would do."""


def split_line(line: str) -> list[str]:
    """The words of a line as sh would split it; `$ARGn$` stays in them. Raises Refused for what only a shell can do."""
    words: list[str] = []
    word: list[str] | None = None
    at, quote = 0, ""
    while at < len(line):
        char = line[at]
        if macro := _MACRO.match(line, at):
            word = [*(word or ()), macro[0]]
            at = macro.end()
            continue
        if not char.isprintable() and char != "\t":
            raise Refused("it has a control character")
        if quote == "'":
            if char == "'":
                quote = ""
            else:
                word = [*(word or ()), char]
        elif quote == '"':
            if char == '"':
                quote = ""
            elif char == "\\" and line[at + 1 : at + 2] in tuple('$`"\\'):
                at += 1
                word = [*(word or ()), line[at]]
            else:
                _check_substitution(line, at)
                word = [*(word or ()), char]
        elif char in _BLANKS:
            if word is not None:
                words.append("".join(word))
            word = None
        elif char in "'\"":
            quote, word = char, word or []
        elif char == "\\":
            at += 1
            if at == len(line):
                raise Refused("it ends in a backslash")
            word = [*(word or ()), line[at]]
        else:
            _check_substitution(line, at)
            if char in _SHELLS_OWN:
                raise Refused(_SHELLS_OWN[char])
            if word is None and char == "#":
                raise Refused(f"# begins a comment: {_QUOTE}")
            if char == "~" and word is None and line[at + 1 : at + 2] != ":":  # `~:5` is a range of Nagios, and nobody's home
                raise Refused(f"~ stands for a home: write the path, or {_QUOTE}")
            word = [*(word or ()), char]
        at += 1
    if quote:
        raise Refused(f"a quote {quote} is not closed")
    if word is not None:
        words.append("".join(word))
    _check_program(words)
    _check_scripts(words)
    return words


def arity(words: Sequence[str]) -> int:
    """The highest n of `$ARGn$` in the words, 0 for none."""
    return max((int(number) for word in words for number in _MACRO.findall(word)), default=0)


def fill(words: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """The words with their `$ARGn$` filled in: each argument is one word, or a part of one, whatever stands in it.

    Raises Refused for too few or too many, and for one that would be an option where the line has none.
    """
    wanted = arity(words)
    if len(arguments) != wanted:
        raise Refused(f"it takes {_count(wanted)}, {len(arguments)} {'was' if len(arguments) == 1 else 'were'} given")
    filled: list[str] = []
    for word in words:
        made = _MACRO.sub(lambda macro: arguments[int(macro[1]) - 1], word)
        if made.startswith("-") and not word.startswith("-") and "--" not in filled:
            first = _MACRO.search(word)  # the word begins with it, else what was made would not begin with -
            what = first[0] if first else word
            raise Refused(f"{what} must not begin with -, it would be an option: let the line have it, as --warning={what}")
        filled.append(made)
    return filled


def check_arguments(arguments: Sequence[str]) -> None:
    """Raises Refused for what no argument of a check needs and a program that uses a shell could trip over."""
    if len(arguments) > MAX_ARGUMENTS:
        raise Refused(f"there are {len(arguments)} arguments, {MAX_ARGUMENTS} is the most")
    for number, text in enumerate(arguments, 1):
        if not text.isprintable():
            raise Refused(f"argument {number} has a line break or another control character")
        if found := next((char for char in "`;|&<>'\"\\[]{}()*?$#" if char in text), None):
            raise Refused(f"argument {number} has {found} in it")


def _count(number: int) -> str:
    return "no arguments" if number == 0 else "1 argument" if number == 1 else f"{number} arguments"


def _check_substitution(line: str, at: int) -> None:
    char, after = line[at], line[at + 1 : at + 2]
    if char == "`":
        raise Refused(_SHELLS_OWN["`"])
    if char != "$":
        return
    if after == "(":
        raise Refused(f"$( runs another command: {_SCRIPT}")
    if after and (after.isalnum() or after in "_{@*#?$!-'\""):
        raise Refused("$ begins a variable of a shell: only $ARG1$ to $ARG16$ are filled in; in single quotes it stays as it is")


def _check_program(words: Sequence[str]) -> None:
    if not words:
        raise Refused("it names no program")
    program = words[0]
    if _ASSIGNMENT.fullmatch(program) and not program.startswith("/"):
        raise Refused(f"a variable is set before the program: write /usr/bin/env {program} ...")
    if not program.startswith("/"):
        raise Refused(f"{program} is no absolute path: write where the program is, as /usr/lib/nagios/plugins/{program}")
    if _MACRO.search(program):
        raise Refused("an argument names the program: write it in the line")
    if (highest := arity(words)) > MAX_ARGUMENTS:
        raise Refused(f"$ARG{highest}$ is one too many: {MAX_ARGUMENTS} is the most")


def _check_scripts(words: Sequence[str]) -> None:
    """An argument inside a script of sh -c would be a piece of it."""
    has_interpreter = False
    for at, word in enumerate(words):
        if _MACRO.search(word) and has_interpreter:
            before = words[at - 1]
            if _MACRO.fullmatch(word) is None or re.fullmatch(r"-[A-Za-z]*[ceEr]", before):
                raise Refused('an argument stands inside a script: let the script say "$1", and write sh -c SCRIPT sh $ARG1$')
        name = word.rsplit("/", 1)[-1]
        has_interpreter = has_interpreter or name in _INTERPRETERS or bool(re.fullmatch(r"(?:python|perl|ruby|php|lua)[0-9.]+", name))
