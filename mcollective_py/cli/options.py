"""The options that commands share, in sections; and what they say as values."""

import argparse
from collections.abc import Sequence

from ..errors import UsageError
from ..filter import Filter
from .application import Application

# What the other sections' options say to a command that asks hosts and does not take them.
_UNASKED = {"json": False, "no_progress": False, "limit": None, "full_discovery": False}


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are UsageErrors, so that they exit as every other error does."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse says NoReturn, and raising is that
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
        _common(parser.add_argument_group("common options"))
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
    return parser.parse_args(words) if takes_rest else parser.parse_intermixed_args(words)


def filter_of(options: argparse.Namespace) -> Filter:
    """The filter that -W -F -C -A -I say."""
    return Filter.parse(
        facts=options.facts,
        classes=options.classes,
        agents=options.agents,
        identities=options.identities,
        combined=options.combined,
    )


def seconds(word: str) -> float:
    """A time in seconds above 0, as an option's type."""
    try:
        value = float(word)
    except ValueError:
        value = 0.0
    if not 0 < value < 86400:
        raise argparse.ArgumentTypeError(f"{word!r} is no time: give seconds above 0")
    return value


def whole(word: str) -> int:
    """A whole number above 0, as an option's type."""
    if not (word.isascii() and word.isdigit() and 0 < int(word[:12]) < 1_000_000):
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number above 0")
    return int(word)


def _common(group: argparse._ArgumentGroup) -> None:
    group.add_argument("-c", "--config", metavar="FILE", help="read this configuration file")
    group.add_argument("-v", "--verbose", action="count", default=0, help="times and all data; twice: what the program does")
    group.add_argument("-q", "--quiet", action="store_true", help="no remarks on discovery")
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


def _filter(group: argparse._ArgumentGroup) -> None:
    def words(dest: str, *names: str, metavar: str, help: str) -> None:
        group.add_argument(*names, dest=dest, action="append", default=[], metavar=metavar, help=help)

    words("combined", "-W", "--with", metavar="'WORDS'", help="facts and classes together: 'webserver country=uk'")
    words("facts", "-F", "--wf", "--with-fact", metavar="FACT=VALUE", help="hosts with this fact; also =~ != < > <= >=")
    words("classes", "-C", "--wc", "--with-class", metavar="CLASS", help="hosts with this Puppet class, or /regex/")
    words("agents", "-A", "--wa", "--with-agent", metavar="AGENT", help="hosts with this agent, or /regex/")
    words("identities", "-I", "--wi", "--with-identity", metavar="IDENT", help="this host, or /regex/; repeats add hosts")
    group.add_argument("--full-discovery", action="store_true", help="use the whole discovery window, whoever is known")


def _rpc(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--np", "--no-progress", dest="no_progress", action="store_true", help="no progress bar")
    group.add_argument("--display", choices=("ok", "all", "failed", "none"), help="which results to show")
    group.add_argument("--sort", action="store_true", help="show results at the end: failures first, then by name")
    group.add_argument("--limit", "--ln", "--limit-nodes", dest="limit", metavar="N[%]", help="ask only so many of the hosts found")
    group.add_argument("-1", "--one", dest="limit", action="store_const", const="1", help="ask only one of the hosts found")
    group.add_argument("-y", "--yes", action="store_true", help="do not ask before a destructive action on every host")
