"""Options that say which hosts are meant, and how they are found."""

import argparse
from typing import Any

from ...errors import UsageError
from ...filter import Filter

UNASKED = {"full_discovery": False}


def add_filters(group: argparse._ArgumentGroup) -> None:
    """Add them."""

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
        from ...matching.matcher import check

        check(found)
    return found


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
