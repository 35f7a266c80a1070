"""A command's parser: its own arguments and the shared sections that it takes."""

import argparse
from collections.abc import Sequence
from typing import NoReturn, TypeVar, overload

from ..errors import UsageError
from .application import Application
from .sections import asking, calls, filters, historic, output


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are UsageErrors, so that they exit as every other error does."""

    def error(self, message: str) -> NoReturn:
        """See argparse."""
        if message.startswith("argument --limit") and "expected one" in message:  # -1 is an option, so --limit -1 has no value
            message = "a limit is a number above 0 or a percentage up to 100%"
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}\nmco help {self.prog.removeprefix('mco ')} says more")


_Parser = TypeVar("_Parser", bound=Parser)


@overload
def parser_for(name: str, application: Application) -> Parser: ...


@overload
def parser_for(name: str, application: Application, kind: type[_Parser]) -> _Parser: ...


def parser_for(name: str, application: Application, kind: type[Parser] = Parser) -> Parser:
    """The parser of one command: its own arguments, then the shared sections that it takes. kind: the parser's class."""
    usage = "\n       ".join(f"mco {name} [options] {way}".rstrip() for way in application.usage.split("  |  "))
    parser = kind(prog=f"mco {name}", usage=usage, description=application.description, allow_abbrev=False, conflict_handler="resolve")
    sections = application.sections
    if "common" in sections:
        parser.set_defaults(**filters.UNASKED, **output.UNASKED, **calls.UNASKED)
        asking.add_asking(parser.add_argument_group("common options"), calls_actions="rpc" in sections)
    if "filter" in sections:
        filters.add_filters(parser.add_argument_group("host filters"))
    if "rpc" in sections or "calls" in sections:
        calls.add_calls(parser.add_argument_group("hosts at a time"))
    if "rpc" in sections or "json" in sections:
        output.add_output(parser.add_argument_group("output"), shows_results="rpc" in sections)
    if "common" in sections and "rpc" not in sections:
        historic.add_historic(parser, has_calls="calls" in sections, has_output=False)
    application.arguments(parser)
    if "--strict" not in parser._option_string_actions:
        parser.add_argument("--strict", action="store_true", help="more exit codes: 64 usage, 78 config")
    return parser


def parse(parser: Parser, words: Sequence[str]) -> argparse.Namespace:
    """The options that the words say; options may stand between the other words. Raises UsageError."""
    takes_rest = any(action.nargs in (argparse.REMAINDER, argparse.PARSER) for action in parser._actions)
    options, unknown = parser.parse_known_args(words) if takes_rest else parser.parse_known_intermixed_args(words)
    if unknown:
        parser.error(_unknown(unknown, list(parser._option_string_actions)))
    return options


def _unknown(words: Sequence[str], known: Sequence[str]) -> str:
    """What to say of words that a command does not take."""
    first = words[0]
    if first.startswith("-") and first != "-":
        from difflib import get_close_matches

        said, names = first.partition("=")[0].lower(), [name for name in known if name.startswith("--")]
        longer = [name for name in names if name.startswith(said)] if len(said) > 2 else []
        near = longer or get_close_matches(said, names, 1, 0.7)
        return f"unrecognized arguments: {' '.join(words)}" + (f": did you mean {' or '.join(near[:3])}?" if near else "")
    if "-I" not in known:
        return f"unrecognized arguments: {' '.join(words)}"
    if any(sign in first for sign in "=<>"):
        return f"{first!r} is no option: hosts with a fact are chosen with -F {first!r}"
    return f"{first!r} is no option: a host is chosen with -I {first}, and hosts with a class with -C {first}"
