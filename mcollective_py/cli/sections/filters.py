"""Options that say which hosts are meant, and how they are found."""

import argparse
from dataclasses import replace
from typing import Any

from ...errors import FilterError
from ...facttest import is_regex
from ...filter import Filter
from ...names import is_agent

UNASKED: dict[str, Any] = {"full_discovery": False, "method": None, "method_options": [], "nodes_file": None, "exclude": []}


def add_filters(group: argparse._ArgumentGroup) -> None:
    """Add them."""

    def words(dest: str, *names: str, metavar: str, help: str) -> None:
        group.add_argument(*names, dest=dest, action="append", default=[], metavar=metavar, help=help)

    words("combined", "-W", "--with", metavar="'WORDS'", help="facts and classes together: 'webserver country=uk'")
    words(
        "facts", "-F", "--wf", "--with-fact", metavar="FACT=VALUE", help="hosts with this fact; also =~ != < > <= >=; '!...': without"
    )
    words("classes", "-C", "--wc", "--with-class", metavar="CLASS", help="hosts with this Puppet class, or /regex/; '!...': without")
    words("agents", "-A", "--wa", "--with-agent", metavar="AGENT", help="hosts with this agent, or /regex/")
    words("compound", "-S", "--select", metavar="'EXPR'", help="and, or, not, ( ): 'web and not country=uk'")
    words(
        "identities", "-I", "--wi", "--with-identity", metavar="IDENT", help="this host, /regex/, web[01-20] or group:NAME; repeats add"
    )
    words("exclude", "-x", "--exclude", metavar="IDENT", help="not this host, /regex/, web[01-20] or group:NAME")
    group.add_argument("--full-discovery", action="store_true", help="use the whole discovery window, whoever is known")
    group.add_argument(
        "--dm",
        "--disc-method",
        dest="method",
        type=_method,
        metavar="METHOD",
        help="how to find hosts: mc (ask them), flatfile, stdin, ...",
    )
    words("method_options", "--do", "--disc-option", metavar="OPTION", help="an option of that method; may be repeated")
    group.add_argument("--nodes", dest="nodes_file", metavar="FILE", help="the hosts in this file, one a line, or JSON; - reads them")


def filter_of(options: argparse.Namespace) -> Filter:
    """The filter that -W -F -C -A -I -S say. Raises FilterError for one that no host could apply."""
    for word in (*options.identities, *getattr(options, "exclude", ())):
        if not is_regex(word) and ("*" in word or "?" in word):
            raise FilterError(f"{word!r} is no host's name: {_without_wildcards(word)}")
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

        # Identities that no message has room for are asked by name; those of node sets are never sent as they stand.
        try:
            check(found if found.fits_wire else replace(found, identities=tuple(filter(is_regex, found.identities))))
        except FilterError as error:
            from ...compound import marked

            raise marked(error, options.compound) from None
    return found


def _without_wildcards(word: str) -> str:
    """How names are meant here that elsewhere have a * or ? in them."""
    anchored = word if word.startswith("*") else f"^{word}"
    pattern = anchored.strip("*") if word.endswith("*") else f"{anchored.lstrip('*')}$"
    pattern = pattern.replace(".", r"\.").replace("*", ".*").replace("?", ".")
    return (
        f"write /{pattern}/, a regular expression, or a node set like web[01-20]"
        if pattern.strip("^$.")
        else "leave it out for every host"
    )


def has_filter(options: argparse.Namespace) -> bool:
    """Whether any word says which hosts are meant."""
    return any(getattr(options, dest, ()) for dest in ("combined", "facts", "classes", "agents", "compound", "identities"))


def _method(word: str) -> str:
    if not is_agent(word):
        raise argparse.ArgumentTypeError(f"{word!r} is no discovery method: mc, flatfile, stdin, inventory, ...")
    return word
