"""Two relays with real mail and daemons, and `mco exim top` on a terminal of 80x24.

Also a program: python -m tests.parts.eximtop docs/exim-top.svg draws the picture of the documentation anew, from such a run.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mcollective_py.cli.demosite import Site
from tests.parts.eximfleet import exim_fleet
from tests.parts.eximlab import EximLab
from tests.parts.terminal import Terminal

RELAYS = ("mx1", "mx2")
MAIL: list[dict[str, object]] = [
    {"sender": "alice@example.org", "recipients": ["bob@example.com", "carol@example.net"], "subject": "Lunch on Friday"},
    {"sender": "newsletter@example.org", "recipients": ["defer@example.com"], "subject": "October news", "body": "line\n" * 3000},
    {"sender": "spam@bad.example", "recipients": ["u1@example.net", "defer1@example.net"], "subject": "WIN [bold]now[/bold]"},
    {"sender": "", "recipients": ["defer-b@example.org"], "subject": "\x1b[31mred\x07 \u202eturned"},
    {"sender": "dave@example.org", "recipients": ["defer2@example.com"], "subject": "Gr\u00fc\u00dfe"},
]


class TopFleet:
    """The relays, and the command on their network."""

    def __init__(self, exim: EximLab, site: Site) -> None:
        self.exim, self.site = exim, site

    def command(self, *words: str) -> list[str]:
        """The words that start `mco exim top`."""
        own = ["exim", "top", "--interval", "1", *words, "--config", str(self.site.client_config)]
        return self.exim.lab.outside(["env", f"XDG_CACHE_HOME={self.site.folder}", sys.executable, "-m", "mcollective_py", *own])

    @contextmanager
    def open(self, *words: str, columns: int = 80, rows: int = 24, **environ: str) -> Iterator[Terminal]:
        """The view on a terminal, drawn for the first time."""
        terminal = Terminal(self.command(*words), {**self.exim.lab.environ, **environ}, columns, rows)
        try:
            yield terminal
        finally:
            terminal.close()

    def pause(self, host: str, *, goes_on: bool = False) -> None:
        """Stop a host's daemon where it stands, or let it go on."""
        self.exim.shell(host, f"kill -{'CONT' if goes_on else 'STOP'} $(cat /run/mcollectived.pid)")


@contextmanager
def top_fleet() -> Iterator[TopFleet]:
    """The fleet; gone afterwards."""
    with exim_fleet(RELAYS) as fleet:
        exim = fleet.exim

        def fill(host: str) -> None:
            exim.send(host, *MAIL)
            exim.exim(host, "-q")

        fleet.on_all(fill)
        exim.multiply("mx1", 400)
        yield TopFleet(exim, fleet.site)


def main(path: str) -> None:
    """Draw the messages of all hosts with a filter."""
    environ = {"NO_COLOR": os.environ.get("NO_COLOR", "")} if "NO_COLOR" in os.environ else {}
    with top_fleet() as fleet, fleet.open(**environ) as terminal:
        terminal.wait_for("mx1", "mx2", "messages")
        terminal.press("m")
        terminal.wait_for("SENDER", "newsletter@example")
        terminal.press("/", *"age<20h and sender=~example")
        terminal.wait_for("age<20h and sender=~example")
        terminal.press("enter")
        terminal.wait_for("filter: age<20h", "oldest first, read", "newsletter@example")
        terminal.press("down", "space", "space")
        terminal.wait_for("2 marked")
        Path(path).write_text(terminal.svg("mco exim top"))


if __name__ == "__main__":
    main(sys.argv[1])
