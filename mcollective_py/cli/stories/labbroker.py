"""The embedded broker on a lab's network, with client certificates required."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import NotReady
from ..demosite import Site, SiteBroker
from .lab import GATEWAY, Lab


class LabBroker:
    """The broker's process. It can be killed, and started again where it was."""

    def __init__(self, lab: Lab, site: Site) -> None:
        self._lab, self._site = lab, site
        site.issue("broker.lab.test", "broker", (GATEWAY,))
        self._port_file, self._log_file = site.folder / "broker.port", site.folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.place = SiteBroker(0, GATEWAY)

    def start(self) -> None:
        """Until it listens."""
        site, port = self._site, self.place.port
        self._port_file.unlink(missing_ok=True)
        command = [
            sys.executable, "-m", "mcollective_py", "broker", "--host", GATEWAY, "--port", str(port),
            "--port-file", str(self._port_file), "--tls-ca", str(site.folder / "ca" / "ca.pem"),
            "--tls-cert", str(site.certificate("broker.lab.test")), "--tls-key", str(site.key("broker.lab.test")),
        ]  # fmt: skip
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._lab.outside(command), env=self._lab.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 40
        while not self._port_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NotReady(f"the broker does not listen: {self._log_file.read_text()}")
            time.sleep(0.05)
        self.place = SiteBroker(int(self._port_file.read_text()), GATEWAY)

    def kill(self) -> None:
        """End it as a crash does. What started it in the lab's network takes it along."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)


@contextmanager
def running_broker(lab: Lab, site: Site) -> Iterator[LabBroker]:
    """A broker of the site, within the block."""
    broker = LabBroker(lab, site)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@contextmanager
def lab_broker(lab: Lab, site: Site) -> Iterator[SiteBroker]:
    """The same for who only wants to know where it is."""
    with running_broker(lab, site) as broker:
        yield broker.place
