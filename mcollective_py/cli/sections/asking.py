"""Options of every command that asks hosts: configuration, times, how much is said."""

import argparse

from ..optiontypes import seconds, whole


def add_asking(group: argparse._ArgumentGroup, *, calls_actions: bool) -> None:
    """Add them. calls_actions: the command shows results, which -v shows more of."""
    group.add_argument("-c", "--config", metavar="FILE", help="read this configuration file")
    verbose = "times and all data" if calls_actions else "more remarks, on stderr"
    group.add_argument("-v", "--verbose", action="count", default=0, help=f"{verbose}; twice: what the program does")
    group.add_argument("-q", "--quiet", action="store_true", help="no remarks on warnings, waiting and discovery")
    group.add_argument("-T", "--target", metavar="COLLECTIVE", help="ask this collective")
    group.add_argument("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long to wait for answers")
    group.add_argument(
        "--dt", "--discovery-timeout", dest="discovery_timeout", type=seconds, metavar="SECONDS", help="how long to discover"
    )
    group.add_argument(
        "--on-behalf-of", metavar="CALLER", help="ask for this caller; hosts let privileged certificates do so (plugin.x509)"
    )
    group.add_argument("--ttl", type=whole, metavar="SECONDS", help="how long the request stays valid")
    group.add_argument("--connection-timeout", type=seconds, metavar="SECONDS", help="give up on the brokers after this")
    group.add_argument(
        "--strict", action="store_true", help="more exit codes: 5 some silent, 64 usage, 69 no broker, 77 denied, 78 config"
    )
    group.add_argument(
        "--publish_timeout", "--publish-timeout", type=seconds, metavar="SECONDS", help="how long sending the request may take"
    )
    group.add_argument("--threaded", action="store_true", help="as ever: sending and receiving always have threads of their own")
