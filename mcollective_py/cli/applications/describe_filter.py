"""`mco describe_filter`: what a filter asks of a host, in words; nobody is asked."""

import argparse
from pathlib import Path

from ...config import Config
from ...errors import ConfigError
from ..application import Application
from ..describing import filter_lines
from ..inert import inert
from ..sections.filters import filter_of
from ..session import print_json


class DescribeFilter(Application):
    """Reads the filter options as every command does, and explains them."""

    description = "Explain in words which hosts a filter means, without asking any"
    sections = ("filter", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("-c", "--config", metavar="FILE", help="read this configuration file")
        parser.add_argument("-v", "--verbose", action="count", default=0, help="also show the filter as requests carry it")

    def run(self, options: argparse.Namespace) -> int:
        filter = filter_of(options)
        if filter.compound:
            from ...client.datafunctions import prepared

            filter, _ = prepared(filter, _libdirs(options.config))
        lines = filter_lines(filter, options.exclude)
        if options.json:
            print_json({"description": lines, "filter": filter.to_wire()})
            return 0
        print(inert("\n".join(lines), keep_lines=True))
        if options.verbose:
            print()
            print_json(filter.to_wire())
        return 0


def _libdirs(config: str | None) -> tuple[Path, ...]:
    """Where data plugins are looked for; a file that another command would refuse keeps nobody from having a filter explained."""
    try:
        return Config.find("client", config).paths("libdir")
    except ConfigError:
        if config is not None:
            raise
        return ()
