"""`mco help`: the commands there are, or what one takes."""

import argparse

from ...errors import UsageError
from ...names import is_agent
from ..application import Application
from ..commands import application_files, load_application
from ..main import extra_config, overview
from ..options import parser_for


class Help(Application):
    """Lists the commands, or prints the help of one."""

    description = "List the commands, or explain one"
    usage = "[COMMAND]"
    sections = ()

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("-c", "--config", metavar="FILE", help="read this configuration file")
        parser.add_argument("command", nargs="*", metavar="COMMAND")

    def run(self, options: argparse.Namespace) -> int:
        files = application_files(options.config or extra_config())
        if not options.command:
            print(overview(files))
            return 0
        name, *more = options.command
        if name not in files:
            from difflib import get_close_matches

            near = get_close_matches(name, files, 1)
            agent = f", and `mco plugin doc {name}` explains an agent" if is_agent(name) else ""
            raise UsageError(f"unknown command {name!r}: {f'did you mean {near[0]}? ' if near else ''}`mco help` lists them{agent}")
        if more:
            agent = f", and `mco plugin doc {more[0]}` an agent" if is_agent(more[0]) else ""
            raise UsageError(f"one command at a time: `mco help {name}` explains {name}{agent}")
        parser_for(name, load_application(name, files[name])).print_help()
        return 0
