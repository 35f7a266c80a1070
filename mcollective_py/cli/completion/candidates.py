"""What could stand in place of the last word of a line; pure, asking what there is of whoever knows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from .declared import Declared, Option, Positional


class Candidate(NamedTuple):
    """A word, and what it is in a few words of its own. A word that ends in `=` goes on."""

    word: str
    help: str = ""


class Input(NamedTuple):
    """An input of an action. choices: what it may be, where that is a list or a yes and no."""

    name: str
    help: str
    choices: tuple[str, ...] = ()


class Sources(Protocol):
    """What there is on this machine to be named."""

    def commands(self) -> Iterable[Candidate]:
        """The commands of `mco`."""

    def declared(self, command: str) -> Declared | None:
        """What a command takes; None for one that is none."""

    def named(self, kind: str) -> Iterable[Candidate]:
        """Names of a kind: agents, hosts, collectives, methods, data."""

    def actions(self, agent: str) -> Iterable[Candidate]:
        """The actions of an agent."""

    def inputs(self, agent: str, action: str) -> Iterable[Input]:
        """The inputs of an action."""


# What a value is, by what the help calls it.
_KINDS = {
    "AGENT": "agents",
    "HOST": "hosts",
    "IDENT": "hosts",
    "NODE": "hosts",
    "COLLECTIVE": "collectives",
    "METHOD": "methods",
    "COMMAND": "commands",
}


def candidates(words: Sequence[str], sources: Sources) -> list[Candidate]:
    """What begins as the last of the words does; those before it are the line up to there, without `mco`.

    A word that is not printable is left out: DDLs of all origins give choices, and shells read a candidate a line.
    """
    *before, current = words or [""]
    return [found for found in _offered(before, current, sources) if found.word.startswith(current) and found.word.isprintable()]


def _offered(before: Sequence[str], current: str, sources: Sources) -> Iterator[Candidate]:
    if not before:
        yield from sources.commands()
        if current.startswith("-"):
            yield from (Candidate("--help", "list the commands"), Candidate("--version", "say which version this is"))
        return
    declared = sources.declared(before[0])
    if declared is None:
        return
    line = _Line(before, declared)
    name, equals, _ = current.partition("=")
    option = line.awaits or (declared.option(name, line.verb) if equals and current.startswith("--") else None)
    if option is not None:
        lead = "" if line.awaits else f"{name}="
        for found in _values(option, line, sources):
            yield found._replace(word=lead + found.word)
    elif current.startswith("-") and not line.is_only_words:
        yield from _options(declared, line.verb)
    elif before[0] == "rpc":
        yield from _of_rpc(line, current, sources)
    else:
        yield from _of_position(line, before[0], sources)


class _Line:
    """A line up to the word that is written. positionals: its words that are no options. awaits: the option whose value is next."""

    def __init__(self, before: Sequence[str], declared: Declared) -> None:
        self.declared = declared
        self.values: dict[str, str] = {}
        self.positionals: list[str] = []
        self.awaits: Option | None = None
        self.is_only_words = False
        for word in before[1:]:
            if self.awaits is not None:
                self._take(self.awaits, word)
                self.awaits = None
            elif self.is_only_words or not word.startswith("-") or word == "-":
                self.positionals.append(word)
            elif word == "--":
                self.is_only_words = True
            else:
                name, equals, value = word.partition("=")
                option = declared.option(name, self.verb)
                if option is not None and option.takes_value:
                    if equals:
                        self._take(option, value)
                    else:
                        self.awaits = option

    @property
    def verb(self) -> str:
        """The first word that is no option: some commands have others for each."""
        return self.positionals[0] if self.positionals else ""

    def _take(self, option: Option, value: str) -> None:
        for name in option.names:
            self.values[name] = value


def _options(declared: Declared, verb: str) -> Iterator[Candidate]:
    offered: set[str] = set()
    for option in declared.options:
        for name in option.names if not option.is_hidden and option.verb in ("", verb) else ():
            if name not in offered:
                offered.add(name)
                yield Candidate(name, option.help)


def _values(option: Option, line: _Line, sources: Sources) -> Iterator[Candidate]:
    if option.choices:
        yield from (Candidate(choice) for choice in option.choices)
    elif option.metavar == "ACTION":
        yield from sources.actions(line.values.get("--agent") or next(iter(line.positionals), ""))
    elif option.metavar == "INPUT=VALUE":
        yield from _of_rpc(line, "", sources)
    elif option.metavar in _KINDS:
        yield from sources.named(_KINDS[option.metavar])


def _of_rpc(line: _Line, current: str, sources: Sources) -> Iterator[Candidate]:
    words = list(line.positionals)
    agent = line.values.get("--agent") or (words.pop(0) if words else None)
    if agent is None:
        yield from sources.named("agents")
        return
    action = line.values.get("--action") or (words.pop(0) if words else None)
    if action is None:
        yield from sources.actions(agent)
        return
    given = {word.partition("=")[0] for word in words}
    name, equals, _ = current.partition("=")
    for input in sources.inputs(agent, action):
        if equals and input.name == name:
            yield from (Candidate(f"{name}={choice}") for choice in input.choices)
        elif not equals and input.name not in given:
            yield Candidate(f"{input.name}=", input.help)


def _of_position(line: _Line, command: str, sources: Sources) -> Iterator[Candidate]:
    positional = _next_positional(line)
    if positional is None:
        return
    if command == "plugin" and line.positionals in (["doc"], ["schema"]):
        yield from sources.named("agents")
        if line.positionals == ["doc"]:
            yield from (found._replace(word=f"data/{found.word}") for found in sources.named("data"))
    elif command == "plugin" and len(line.positionals) == 2 and line.positionals[0] == "schema":
        yield from sources.actions(line.positionals[1])
    elif positional.choices:
        yield from (Candidate(word, help) for word, help in positional.choices)
    elif positional.metavar in _KINDS:
        yield from sources.named(_KINDS[positional.metavar])
    elif positional.metavar.islower():  # `doc|convert`: words to be written as they stand
        yield from (Candidate(word) for word in positional.metavar.split("|"))


def _next_positional(line: _Line) -> Positional | None:
    taken = len(line.positionals)
    declared = [one for one in line.declared.positionals if one.verb == "" or (taken and one.verb == line.verb)]
    if taken < len(declared):
        return declared[taken]
    return declared[-1] if declared and declared[-1].is_many else None
