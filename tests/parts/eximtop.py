"""Two relays with real mail and daemons, and `mco exim top` on a terminal of 80x24.

Also a program: python -m tests.parts.eximtop docs/exim-top.svg draws the picture of the documentation anew, from such a run.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from mcollective_py.cli.demosite import Site, SiteHost
from tests.parts.eximlab import EximLab, exim_lab
from tests.parts.labbroker import lab_broker
from tests.parts.terminal import Terminal
from tests.waiting import wait_until

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
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-exim-") as name, exim_lab(Path(name), RELAYS) as exim:
        site = Site(Path(name), settings={"plugin.actionpolicy.allow_unconfigured": "1"})

        def fill(host: str) -> None:
            exim.send(host, *MAIL)
            exim.exim(host, "-q")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(fill, RELAYS))
        exim.multiply("mx1", 400)
        with lab_broker(exim.lab, site) as broker:
            site.write_client(broker)
            configs = {host: site.write_host(SiteHost(host), broker) for host in RELAYS}

            def start(host: str) -> None:
                command = (sys.executable, "-m", "mcollective_py.server.daemon", "--daemonize", "--pid", "/run/mcollectived.pid")
                started = exim.lab.run(host, *command, "--config", str(configs[host]))
                assert started.returncode == 0, started.stderr

            with ThreadPoolExecutor(2) as pool:
                list(pool.map(start, RELAYS))
            find = [sys.executable, "-m", "mcollective_py", "find", "-A", "exim", "--config", str(site.client_config)]
            wait_until("both answer", lambda: sorted(exim.lab.run_outside(*find).stdout.split()) == list(RELAYS), 40)
            yield TopFleet(exim, site)


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
