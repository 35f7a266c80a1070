"""`mco completion`: the script that a shell loads, the candidates that it then asks for, and the historic lists."""

import argparse
import os
import sys
from collections.abc import Iterable

from ...errors import UsageError
from ..application import Application
from ..completion.candidates import Candidate, candidates
from ..completion.line import for_bash, words_of
from ..completion.sources import Machine
from ..inert import inert
from ..main import config_of, extra_config

_LISTS = ("agents", "actions", "inputs", "applications")


class Completion(Application):
    """Prints scripts and names; it asks no host and reads no more than it must, since it runs at every TAB key."""

    description = "Complete command lines in bash, zsh and fish: mco completion bash|zsh|fish"
    usage = (
        "bash|zsh|fish  |  --list-agents  |  --list-actions --agent A  |  --list-inputs --agent A --action B  |  --list-applications"
    )
    sections = ()

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("shell", nargs="?", choices=("bash", "zsh", "fish"), help="print what this shell is to load")
        parser.add_argument("--list-agents", action="store_true", help="the agents that can be called")
        parser.add_argument("--list-actions", action="store_true", help="the actions of --agent")
        parser.add_argument("--list-inputs", action="store_true", help="the inputs of --action of --agent")
        parser.add_argument("--list-applications", action="store_true", help="the commands of mco")
        parser.add_argument("--agent", metavar="AGENT", help="whose actions or inputs")
        parser.add_argument("--action", metavar="ACTION", help="whose inputs")
        parser.add_argument("-v", "--verbose", action="store_true", help="each name with `:` and what it is")
        parser.add_argument("-c", "--config", metavar="FILE", help="read this configuration file")
        parser.add_argument("--bash", nargs=3, help=argparse.SUPPRESS)  # the cursor, COMP_WORDBREAKS, the line
        parser.add_argument("--word", action="append", help=argparse.SUPPRESS)  # each one of the line, as `--word=WORD`

    def run(self, options: argparse.Namespace) -> int:
        if options.bash is not None:
            point, breaks, text = options.bash
            # The cursor is counted in bytes or characters, by the locale; what stands left of it is what is asked for.
            words = words_of(text[: int(point)] if point.isdigit() else text)[1:]
            return _print(for_bash((found.word for found in _found(words)), words[-1] if words else "", breaks))
        if options.word is not None:
            return _print(f"{found.word}\t{inert(found.help)}" for found in _found(options.word))
        asked = [name for name in _LISTS if getattr(options, f"list_{name}")]
        if options.shell is not None and not asked:
            from ..completion.scripts import SCRIPTS

            print(SCRIPTS[options.shell], end="")
            return 0
        if len(asked) != 1 or options.shell is not None:
            raise UsageError("choose one: bash, zsh or fish for what the shell is to load, or --list-agents, --list-actions, "
                             "--list-inputs or --list-applications")  # fmt: skip
        shown = (f"{one.word}:{inert(one.help)}" if options.verbose else one.word for one in sorted(_listed(asked[0], options)))
        return _print(shown)


def _found(words: list[str]) -> list[Candidate]:
    return candidates(words, Machine(config_of(words) or extra_config()))


def _listed(what: str, options: argparse.Namespace) -> Iterable[Candidate]:
    """One of the historic lists. Raises UsageError where whose it is is not said."""
    machine = Machine(options.config or extra_config())
    if what == "applications":
        return machine.commands()
    if what == "agents":
        return machine.described_agents() if options.verbose else machine.named("agents")
    if not options.agent or (what == "inputs" and not options.action):
        raise UsageError(f"whose? --list-{what} --agent AGENT{' --action ACTION' if what == 'inputs' else ''}")
    if what == "actions":
        return machine.actions(options.agent)
    return (Candidate(input.name, input.help) for input in machine.inputs(options.agent, options.action))


def _print(lines: Iterable[str]) -> int:
    text = "".join(f"{line}\n" for line in lines)
    sys.stdout.write(text)
    return os.EX_OK
