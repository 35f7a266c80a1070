"""The options that commands share, in sections; and what they say as values."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from ..errors import UsageError
from ..filter import Filter
from .application import Application

# What the other sections' options say to a command that asks hosts and does not take them.
_UNASKED = {
    "json": False,
    "no_progress": False,
    "limit": None,
    "limit_seed": None,
    "batch": None,
    "batch_sleep": None,
    "reply_to": None,
    "full_discovery": False,
}


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are UsageErrors, so that they exit as every other error does."""

    def error(self, message: str) -> NoReturn:
        """See argparse."""
        if message.startswith("argument --limit") and "expected one" in message:  # -1 is an option, so --limit -1 has no value
            message = "a limit is a number above 0 or a percentage up to 100%"
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}\nmco help {self.prog.removeprefix('mco ')} says more")


def parser_for(name: str, application: Application) -> Parser:
    """The parser of one command: its own arguments, then the shared sections that it takes."""
    usage = f"mco {name} [options] {application.usage}".rstrip()
    parser = Parser(
        prog=f"mco {name}", usage=usage, description=application.description, allow_abbrev=False, conflict_handler="resolve"
    )
    shared: dict[str, argparse._ArgumentGroup] = {}
    if "common" in application.sections:
        parser.set_defaults(**_UNASKED)
        _common(parser.add_argument_group("common options"), calls_actions="rpc" in application.sections)
    if "filter" in application.sections:
        _filter(parser.add_argument_group("host filters"))
    if "rpc" in application.sections or "json" in application.sections:
        shared["output"] = parser.add_argument_group("output")
        shared["output"].add_argument("-j", "--json", action="store_true", help="one JSON document and nothing else")
    if "rpc" in application.sections:
        _rpc(shared["output"])
    application.arguments(parser)
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

        near = get_close_matches(first.partition("=")[0], [name for name in known if name.startswith("--")], 1, 0.7)
        return f"unrecognized arguments: {' '.join(words)}" + (f": did you mean {near[0]}?" if near else "")
    if "-I" not in known:
        return f"unrecognized arguments: {' '.join(words)}"
    if any(sign in first for sign in "=<>"):
        return f"{first!r} is no option: hosts with a fact are chosen with -F {first!r}"
    return f"{first!r} is no option: a host is chosen with -I {first}, and hosts with a class with -C {first}"


def filter_of(options: argparse.Namespace) -> Filter:
    """The filter that -W -F -C -A -I -S say. Raises FilterError for one that no host could apply."""
    found = Filter.parse(
        facts=options.facts,
        classes=options.classes,
        agents=options.agents,
        identities=options.identities,
        combined=options.combined,
        compound=options.compound,
    )
    if not found.is_empty or found.agents:
        from ..matching.matcher import check

        check(found)
    return found


def seconds(word: str) -> float:
    """A time in seconds above 0, as an option's type."""
    try:
        value = float(word)
    except ValueError:
        value = 0.0
    if not 0 < value < 86400:
        raise argparse.ArgumentTypeError(f"{word!r} is no time: give seconds above 0")
    return value


def pause(word: str) -> float:
    """A time in seconds, 0 for none, as an option's type."""
    return 0.0 if word == "0" else seconds(word)


def whole(word: str) -> int:
    """A whole number above 0, as an option's type."""
    if not (word.isascii() and word.isdigit() and 0 < int(word[:12]) < 1_000_000):
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number above 0")
    return int(word)


class _NotYet(argparse.Action):
    """A historic option that this version does not have: answered by name. metavar: what does instead."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: object, values: Any, option_string: str | None = None) -> None:
        raise UsageError(f"{option_string} is not in this version yet" + (f": {self.metavar}" if self.metavar else ""))


def _not_yet(group: argparse._ArgumentGroup, *names: str, instead: str | None = None) -> None:
    group.add_argument(
        *names, action=_NotYet, dest="not_yet", default=argparse.SUPPRESS, nargs="?", metavar=instead, help=argparse.SUPPRESS
    )


def _method(word: str) -> str:
    if word != "mc":
        raise argparse.ArgumentTypeError(f"the discovery method {word!r} is not in this version yet: mc, which asks the hosts, is")
    return word


def _common(group: argparse._ArgumentGroup, *, calls_actions: bool) -> None:
    group.add_argument("-c", "--config", metavar="FILE", help="read this configuration file")
    verbose = "times and all data" if calls_actions else "more remarks, on stderr"
    group.add_argument("-v", "--verbose", action="count", default=0, help=f"{verbose}; twice: what the program does")
    group.add_argument("-q", "--quiet", action="store_true", help="no remarks on warnings, waiting and discovery")
    group.add_argument("-T", "--target", metavar="COLLECTIVE", help="ask this collective")
    group.add_argument("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long to wait for answers")
    group.add_argument(
        "--dt", "--discovery-timeout", dest="discovery_timeout", type=seconds, metavar="SECONDS", help="how long to discover"
    )
    group.add_argument("--ttl", type=whole, metavar="SECONDS", help="how long the request stays valid")
    group.add_argument("--connection-timeout", type=seconds, metavar="SECONDS", help="give up on the brokers after this")
    group.add_argument(
        "--strict", action="store_true", help="more exit codes: 5 some silent, 64 usage, 69 no broker, 77 denied, 78 config"
    )
    group.add_argument("--publish_timeout", type=seconds, metavar="SECONDS", help="how long sending the request may take")
    group.add_argument("--threaded", action="store_true", help="as ever: sending and receiving always have threads of their own")


def _filter(group: argparse._ArgumentGroup) -> None:
    def words(dest: str, *names: str, metavar: str, help: str) -> None:
        group.add_argument(*names, dest=dest, action="append", default=[], metavar=metavar, help=help)

    words("combined", "-W", "--with", metavar="'WORDS'", help="facts and classes together: 'webserver country=uk'")
    words("facts", "-F", "--wf", "--with-fact", metavar="FACT=VALUE", help="hosts with this fact; also =~ != < > <= >=")
    words("classes", "-C", "--wc", "--with-class", metavar="CLASS", help="hosts with this Puppet class, or /regex/")
    words("agents", "-A", "--wa", "--with-agent", metavar="AGENT", help="hosts with this agent, or /regex/")
    words("compound", "-S", "--select", metavar="'EXPR'", help="and, or, not, ( ): 'web and not country=uk'")
    words("identities", "-I", "--wi", "--with-identity", metavar="IDENT", help="this host, or /regex/; repeats add hosts")
    group.add_argument("--full-discovery", action="store_true", help="use the whole discovery window, whoever is known")
    group.add_argument(
        "--dm", "--disc-method", dest="method", type=_method, metavar="METHOD", help="how to discover: mc asks the hosts"
    )
    _not_yet(group, "--do", "--disc-option")
    _not_yet(group, "--nodes", instead="-I NAME names a host, and may be repeated")


def _rpc(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--np", "--no-progress", dest="no_progress", action="store_true", help="no progress bar")
    group.add_argument("--display", choices=("ok", "all", "failed", "none"), help="which results to show")
    group.add_argument("--sort", action="store_true", help="show results at the end: failures first, then by name")
    group.add_argument("--limit", "--ln", "--limit-nodes", dest="limit", metavar="N[%]", help="ask only so many of the hosts found")
    group.add_argument("-1", "--one", dest="limit", action="store_const", const="1", help="ask only one of the hosts found")
    group.add_argument("--limit-seed", type=int, metavar="NUMBER", help="choose the same hosts each time, with rpclimitmethod = random")
    group.add_argument("--batch", metavar="N[%]", help="ask so many hosts at a time; each batch waits for the one before")
    group.add_argument(
        "--batch-sleep", "--batch-sleep-time", dest="batch_sleep", type=pause, metavar="SECONDS", help="pause between two batches"
    )
    group.add_argument("--reply-to", "--rt", dest="reply_to", metavar="TARGET", help="have the answers sent there, and wait for none")
    group.add_argument("-y", "--yes", action="store_true", help="do not ask before a destructive action on every host")
