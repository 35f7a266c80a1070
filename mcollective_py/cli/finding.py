"""How the hosts of a command are found, as its options say: a discovery method, a list, standard input; and who is left out."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from ..client.discovery import mc
from ..client.discovery.choice import chosen
from ..config import Config
from ..errors import UsageError
from ..filter import Filter
from .sections.filters import has_filter
from .session import remark
from .stdinhosts import look_at_input


class Choice(TypedDict):
    """What Client.audience, Client.discover and RPCClient take."""

    method: str | None
    method_options: Sequence[str]
    exclude: Sequence[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """method: None for the configured one. doubt: what standard input is, where it might have named hosts and did not; else empty."""

    method: str | None = None
    options: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    doubt: str = ""

    @property
    def choice(self) -> Choice:
        """As arguments of the client."""
        return {"method": self.method, "method_options": self.options, "exclude": self.exclude}

    def is_list(self, filter: Filter, config: Config) -> bool:
        """Whether the hosts come from elsewhere than from asking them."""
        return self.name(filter, config) != mc.METHOD

    def name(self, filter: Filter, config: Config) -> str:
        """The method that will find them."""
        return chosen(self.method, self.options, filter, config)[0]


def finding_of(options: argparse.Namespace) -> Finding:
    """How hosts are found, said once for a command: standard input is looked at where nothing else says which they are.

    Raises UsageError for options that speak against one another.
    """
    found: Finding | None = getattr(options, "finding", None)
    if found is None:
        found = options.finding = _finding(options)
    return found


def _finding(options: argparse.Namespace) -> Finding:
    if not hasattr(options, "method"):  # of a command without the shared options
        return Finding()
    method, words, exclude = options.method, tuple(options.method_options), tuple(options.exclude)
    if options.nodes_file is not None and (method or words):
        raise UsageError("--nodes is a method of its own: it goes neither with --dm nor with --do")
    if getattr(options, "rerun", None):
        if method or words or options.nodes_file is not None:
            raise UsageError("--rerun names the hosts: it goes without --dm, --do and --nodes")
        return Finding(exclude=exclude)
    if options.nodes_file is not None:
        return Finding("flatfile", (options.nodes_file,), exclude)
    if method or words or has_filter(options) or not getattr(options, "stdin_names_hosts", True):
        return Finding(method, words, exclude)
    piped = look_at_input()
    if piped.has_hosts:
        return Finding("stdin", (), exclude)
    if piped.doubt and sys.stderr.isatty() and not options.quiet:
        remark(f"standard input is {piped.doubt}: every host is meant")
    return Finding(exclude=exclude, doubt=piped.doubt)


def check_doubt(options: argparse.Namespace, what: str) -> None:
    """Raises UsageError where standard input leaves open whether what is called is for every host. what: a word for it."""
    doubt = finding_of(options).doubt
    if doubt and not getattr(options, "yes", False):
        raise UsageError(
            f"{what} changes something and nothing says on which hosts: standard input is {doubt}. Add a filter, --nodes - to read "
            "hosts from it, or --dm mc for every host"
        )
