"""What a command takes: its parser in plain values, which can be kept, for building one takes longer than a TAB key may."""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple


class Option(NamedTuple):
    """One option. names: all its spellings. metavar: what its value is called. verb: of which word of a command with several."""

    names: tuple[str, ...]
    takes_value: bool = False
    metavar: str = ""
    choices: tuple[str, ...] = ()
    help: str = ""
    is_hidden: bool = False
    verb: str = ""


class Positional(NamedTuple):
    """One word that is no option. is_many: it takes all the words that follow. choices: what it may be, each with a few words."""

    metavar: str
    choices: tuple[tuple[str, str], ...] = ()
    is_many: bool = False
    verb: str = ""


class Declared(NamedTuple):
    """All that a command declares."""

    options: tuple[Option, ...] = ()
    positionals: tuple[Positional, ...] = ()

    def option(self, name: str, verb: str = "") -> Option | None:
        """The option of this spelling."""
        return next((option for option in self.options if name in option.names and option.verb in ("", verb)), None)

    @classmethod
    def of_parser(cls, parser: argparse.ArgumentParser, actions: Sequence[str] = ()) -> "Declared":
        """What a parser takes. actions: what its first word may be, where it takes all words in one argument."""
        found = list(_declared(parser, ""))
        words = [one for one in found if isinstance(one, Positional)]
        if actions:
            words.insert(0, Positional("ACTION", tuple((name, "") for name in actions)))
        return cls(tuple(one for one in found if isinstance(one, Option)), tuple(words))

    @classmethod
    def from_plain(cls, value: Any) -> "Declared":
        """Out of what JSON made of one. Raises ValueError or TypeError for anything else."""
        options, positionals = value
        read = (Option(tuple(names), bool(takes), metavar, tuple(choices), help, bool(hidden), verb)
                for names, takes, metavar, choices, help, hidden, verb in options)  # fmt: skip
        words = (Positional(metavar, tuple((word, help) for word, help in choices), bool(many), verb)
                 for metavar, choices, many, verb in positionals)  # fmt: skip
        made = cls(tuple(read), tuple(words))
        texts = [*(text for option in made.options for text in (*option.names, *option.choices, option.metavar, option.help))]
        texts += [text for word in made.positionals for text in (word.metavar, *(part for pair in word.choices for part in pair))]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("not what a command declares")
        return made


def _declared(parser: argparse.ArgumentParser, verb: str) -> Iterator[Option | Positional]:
    for action in parser._actions:
        hidden = action.help == argparse.SUPPRESS
        help = "" if hidden or not action.help else parser._get_formatter()._expand_help(action)
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        if isinstance(action, argparse._SubParsersAction):
            said = {choice.dest: choice.help or "" for choice in action._choices_actions}
            yield Positional("VERB", tuple((name, said.get(name, "")) for name in action.choices))
            for name, below in action.choices.items():
                yield from _declared(below, name)
        elif action.option_strings:
            choices = tuple(str(choice) for choice in action.choices or ())
            takes_value = action.nargs not in (0, "?")
            yield Option(tuple(action.option_strings), takes_value, metavar or action.dest.upper(), choices, help, hidden, verb)
        else:
            words = tuple((str(choice), "") for choice in action.choices or ())
            many = action.nargs in ("*", "+", argparse.REMAINDER)
            yield Positional(metavar or action.dest.upper(), words, many, verb)
