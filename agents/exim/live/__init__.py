"""`mco exim top`: the live view of a fleet's queues. Textual is imported by the files that draw, and by nothing else."""

import argparse
from collections.abc import Sequence

from mcollective_py.cli.agentapplication import AgentApplication


def run(application: AgentApplication, things: Sequence[str], options: argparse.Namespace) -> int:
    """Show the view until somebody leaves it; the exit code."""
    from .start import show_view

    return show_view(application, options)
