"""`mco help`: the commands there are, or what one takes."""

import argparse

from ...errors import UsageError
from ..application import Application
from ..commands import application_files, load_application
from ..main import overview
from ..options import parser_for


class Help(Application):
    """Lists the commands, or prints the help of one."""

    description = "List the commands, or explain one"
    usage = "[COMMAND]"
    sections = ()

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("-c", "--config", metavar="FILE", help="read this configuration file")
        parser.add_argument("command", nargs="?", metavar="COMMAND")

    def run(self, options: argparse.Namespace) -> int:
        files = application_files(options.config)
        if options.command is None:
            print(overview(files))
            return 0
        if options.command not in files:
            raise UsageError(f"unknown command {options.command!r}: `mco help` lists them")
        parser_for(options.command, load_application(options.command, files[options.command])).print_help()
        return 0
