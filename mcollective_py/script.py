"""Scripts of one's own with the options that every `mco` command has; Ruby's `rpcoptions` and `rpcclient :options => ...`.

    parser = script.parser("Restarts a service, a few hosts at a time")
    parser.add_argument("service")
    options = parser.parse_args()

    def main() -> int:
        with script.rpcclient("service", options) as service:
            return script.call(service, "restart", {"service": options.service}, options)

    script.run(main)

For a command that is called `mco NAME`, with completion and a place in the help, write an application instead.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from .cli.application import Application
from .cli.options import Parser, parse, parser_for
from .client.rpcclient import RPCClient
from .client.rpcresults import RPCResults
from .errors import MCollectiveError, UsageError


class ScriptParser(Parser):
    """The parser of a script: what is wrong with its words is said on stderr, and the script ends with 1."""

    def parse_args(self, args: Sequence[str] | None = None, namespace: None = None) -> argparse.Namespace:  # type: ignore[override]  # no namespace
        """The options; they may stand between the other words."""
        try:
            return parse(self, sys.argv[1:] if args is None else args)
        except UsageError as error:
            _complain(error)
            raise SystemExit(_code_of(error, sys.argv[1:] if args is None else args)) from None

    def error(self, message: str) -> NoReturn:
        """See argparse."""
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}\n{self.prog} --help says more")


def parser(description: str = "", *, usage: str = "", sections: Sequence[str] = ("common", "filter", "rpc")) -> ScriptParser:
    """A parser with the shared options; add the script's own to it, then parse_args(). usage: what follows `SCRIPT [options]`.

    sections: see Application.
    """
    name = Path(sys.argv[0]).name or "script"
    application = Application()
    application.description, application.sections = description, sections
    made = parser_for(name, application, ScriptParser)
    made.prog, made.usage = name, f"{name} [options] {usage}".rstrip()
    return made


def rpcclient(agent: str, options: argparse.Namespace) -> RPCClient:
    """What calls an agent's actions on the hosts that the options say, with a connection of its own: for a `with` block."""
    from .cli.session import open_client, rpc_client

    made = rpc_client(open_client(options), agent, options)
    made.owns_client = True
    return made


def call(rpc: RPCClient, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> int:
    """One call as `mco rpc` makes it: discovery, progress, results as the options say, who was silent; gives the exit code."""
    from .cli.calls import call_and_show

    return call_and_show(rpc, action, inputs, options)


def show(results: RPCResults, rpc: RPCClient, options: argparse.Namespace) -> int:
    """Show the results of a call that was made already; gives the exit code."""
    from .cli.calls import show as shown
    from .cli.session import style_for

    return shown(results, rpc.ddl, options, style_for(sys.stdout, options, rpc.client.config))


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a script to its exit code: None is 0. Errors are told in a line, as `mco` tells them; faults fly with their traceback."""
    try:
        code = main() or 0
    except MCollectiveError as error:
        _complain(error)
        code = _code_of(error, sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write(f"{Path(sys.argv[0]).name}: interrupted\n")
        code = 130
    raise SystemExit(code)


def _complain(error: MCollectiveError) -> None:
    from .cli.inert import inert

    sys.stderr.write(inert(f"{Path(sys.argv[0]).name}: {error}", keep_lines=True) + "\n")


def _code_of(error: MCollectiveError, words: Sequence[str]) -> int:
    return int(getattr(error, "strict_exitcode", error.exitcode)) if "--strict" in words else error.exitcode
