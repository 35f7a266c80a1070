"""An embedded broker, without TLS, that knows two users by password: ops is an operator, hosts a node."""

import subprocess
from contextlib import contextmanager

from mcollective_py.cli.demoprocesses import MCO
from tests.waiting import wait_until


@contextmanager
def users_broker(folder):
    """Its port. It keeps its files in folder; the password of both is `correct horse`."""
    users, port_file = folder / "users", folder / "port"
    for name, role in (("ops", "operator"), ("hosts", "node")):
        subprocess.run(
            [*MCO, "broker", "adduser", name, "--role", role, "--users", str(users)], input="correct horse\n", text=True, check=True
        )
    command = [*MCO, "broker", "run", "--users", str(users), "--port", "0", "--port-file", str(port_file)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_until("the broker listens", port_file.exists, 30)
        yield int(port_file.read_text())
    finally:
        process.terminate()
        process.wait(10)
