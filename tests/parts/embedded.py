"""The embedded broker as a process of its own, to kill, freeze and start again on the same port."""

import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from tests.parts.brokerprocess import BrokerProcess, free_port

_PROGRAM = """
import sys
from pathlib import Path
from mcollective_py.broker.server import serve
from mcollective_py.broker.settings import BrokerSettings, BrokerTLSFiles
from mcollective_py.broker.users import new_user
port, user, password, certificate, key, ca = sys.argv[1:]
tls = BrokerTLSFiles(Path(certificate), Path(key), Path(ca)) if certificate else None
roles = {user: "admin", "reader": "node"} if user else {}
users = {name: new_user(name, role, password) for name, role in roles.items()}
serve(BrokerSettings(port=int(port), users=users, tls=tls), lambda port: print(port, flush=True))
"""


class EmbeddedBroker(BrokerProcess):
    """`with EmbeddedBroker() as broker` gives it listening; port stays the same over kill and start.

    user, password: the login of an admin, none lets everybody in; beside it there is `reader`, a node, with the same password.
    certificate, key, ca: PEM files, for TLS with client certificates from that ca.
    """

    def __init__(
        self,
        *,
        user: str | None = None,
        password: str | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
        ca: Path | None = None,
    ) -> None:
        super().__init__()
        self.user, self.password = user, password
        self._files = [str(path or "") for path in (certificate, key, ca)]
        self.host, self.port = "127.0.0.1", free_port()

    def __enter__(self) -> "EmbeddedBroker":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Start it and wait until it listens."""
        words = [str(self.port), self.user or "", self.password or "", *self._files]
        self._process = subprocess.Popen([sys.executable, "-c", _PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert select.select([self._process.stdout], [], [], 60)[0], "the embedded broker did not start"
        self.port = int(self._process.stdout.readline() or 0)
        assert self.port, "the embedded broker ended at once"

    def kill(self) -> None:
        """kill -9; waits until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(10)
            assert process.stdout is not None
            process.stdout.close()
