"""The embedded broker on a lab's network, with client certificates required."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mcollective_py.cli.demosite import Site, SiteBroker
from tests.parts.lab import GATEWAY, Lab


@contextmanager
def lab_broker(lab: Lab, site: Site) -> Iterator[SiteBroker]:
    """A broker of the site, within the block."""
    site.issue("broker.lab.test", "broker", (GATEWAY,))
    port_file, log_file = site.folder / "broker.port", site.folder / "broker.log"
    command = [
        sys.executable, "-m", "mcollective_py", "broker", "--host", GATEWAY, "--port", "0", "--port-file", str(port_file),
        "--tls-ca", str(site.folder / "ca" / "ca.pem"), "--tls-cert", str(site.certificate("broker.lab.test")),
        "--tls-key", str(site.key("broker.lab.test")),
    ]  # fmt: skip
    with log_file.open("wb") as log:
        broker = subprocess.Popen(lab.outside(command), env=lab.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 40
        while not port_file.exists():
            assert broker.poll() is None and time.monotonic() < deadline, log_file.read_text()
            time.sleep(0.05)
        yield SiteBroker(int(port_file.read_text()), GATEWAY)
    finally:
        broker.terminate()
        broker.wait(20)
