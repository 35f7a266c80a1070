"""Options that say how results are shown."""

import argparse

UNASKED = {"json": False, "no_progress": False}


def add_output(group: argparse._ArgumentGroup, *, shows_results: bool) -> None:
    """Add them. shows_results: the command shows the results of actions; without it `--json` is all there is."""
    group.add_argument("-j", "--json", action="store_true", help="one JSON document and nothing else")
    if not shows_results:
        return
    group.add_argument("--np", "--no-progress", dest="no_progress", action="store_true", help="no progress bar")
    group.add_argument("--display", choices=("ok", "all", "failed", "none"), help="which results to show")
    group.add_argument("--sort", action="store_true", help="show results at the end: failures first, then by name")
