"""The rights of ActiveMQ, RabbitMQ and the embedded broker as we set them up: 3 roles, 8 destinations, subscribing and sending on each.

That is 48 questions to a broker, each asked over a connection of its own; docs/broker.md has the answers as a table.
"""

import json
import socket
import subprocess
import time

import pytest

from mcollective_py.cli.demoprocesses import MCO
from tests.parts.activemq import ActiveMQ
from tests.parts.rabbitmq import RabbitMQ
from tests.parts.require import require_activemq, require_programs
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

NODE, OPERATOR, ADMIN = "mcollective-node", "mcollective-operator", "mcollective-admin"


class Login:
    """One STOMP 1.1 connection, just enough of it to ask for a thing and hear yes or no."""

    def __init__(self, port: int, user: str, password: str, vhost: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._buffer = b""
        hello = {"accept-version": "1.1", "host": vhost, "login": user, "passcode": password}
        assert self._ask("CONNECT", hello) == "CONNECTED"

    def may(self, command: str, **headers: str) -> bool:
        headers = {name.replace("_", "-"): value for name, value in headers.items()} | {"receipt": "1"}
        return self._ask(command, headers) == "RECEIPT"

    def subscribed(self, destination: str, until: bytes) -> list[bytes]:
        """The header `mark` of each message, up to this one."""
        self._socket.sendall(f"SUBSCRIBE\ndestination:{destination}\nid:1\n\n\0".encode())
        marks: list[bytes] = []
        while until not in marks:
            marks += [line for line in self._frame().split(b"\n") if line.startswith(b"mark:")]
        return marks

    def close(self) -> None:
        self._socket.close()

    def _ask(self, command: str, headers: dict[str, str]) -> str:
        head = "".join(f"{name}:{value}\n" for name, value in headers.items())
        self._socket.sendall(f"{command}\n{head}\n\0".encode())
        while (answer := self._frame().strip().split(b"\n")[0].decode()) == "MESSAGE":
            pass
        return answer

    def _frame(self) -> bytes:
        deadline = time.monotonic() + 20
        while b"\0" not in self._buffer:
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            data = self._socket.recv(65536)
            if not data:
                return b"CLOSED"
            self._buffer += data
        frame, _, self._buffer = self._buffer.partition(b"\0")
        return frame


def answers(port, vhost, passwords, destinations, **reading):
    """{login: {destination: (may subscribe, may send)}}: a connection of its own for each, since a broker may end it at a refusal.

    reading: further headers of a SUBSCRIBE.
    """
    found = {}
    for login, password in passwords.items():
        found[login] = {}
        for destination in destinations:
            asked = []
            for command in ("SUBSCRIBE", "SEND"):
                connection = Login(port, login, password, vhost)
                identity = {"id": "1", **reading} if command == "SUBSCRIBE" else {}
                asked.append(connection.may(command, destination=destination, **identity))
                connection.close()
            found[login][destination] = tuple(asked)
    return found


def setup(*words, answer=""):
    done = subprocess.run([*MCO, "broker", "setup", *words], input=answer, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done


def read_passwords(file):
    assert file.stat().st_mode & 0o777 == 0o600
    return dict(line.split() for line in file.read_text().splitlines() if not line.startswith("#"))


BOTH, READ, SEND, NOTHING = (True, True), (True, False), (False, True), (False, False)


class OwnActiveMQ(ActiveMQ):
    """Debian's ActiveMQ with the file that the command wrote. more: further options of the command."""

    more: tuple[str, ...] = ()

    def _write_config(self) -> None:
        super()._write_config()
        self.passwords = self.folder / "passwords"
        words = ("--port", str(self.port), "--output", str(self.folder / "activemq.xml"), "--passwords", str(self.passwords))
        setup("activemq", "--collective", "mcollective", "--collective", "sub", *words, *self.more)


def test_each_login_of_activemq_may_do_its_work_and_no_more(tmp_path):
    require_activemq()
    expected = {
        "/topic/mcollective.rpcutil.agent": (READ, SEND),
        "/topic/sub.rpcutil.agent": (READ, SEND),
        "/topic/mcollective.agents": (READ, SEND),
        "/topic/mcollective.registration.agent": (READ, SEND),
        "/queue/mcollective.nodes": (READ, SEND),
        "/queue/mcollective.reply.alice_1.f00": (SEND, READ),
        "/topic/other.rpcutil.agent": (NOTHING, NOTHING),
        "/queue/anything": (NOTHING, NOTHING),
    }
    with OwnActiveMQ(tmp_path / "broker") as broker:
        passwords = read_passwords(broker.passwords)
        operator, now = Login(broker.port, OPERATOR, passwords[OPERATOR], "mcollective"), int(time.time())
        request = {"destination": "/queue/sub.nodes", "timestamp": f"{now}000"}
        assert operator.may("SEND", **request | {"mark": "slow", "timestamp": f"{now - 90}000", "expires": f"{now - 20}000"})
        assert operator.may("SEND", **request | {"mark": "short", "expires": f"{now + 1}000"})
        # A reply queue is made by who reads it; hosts send to no other.
        assert operator.may("SUBSCRIBE", destination="/queue/mcollective.reply.alice_1.f00", id="1")
        found = answers(broker.port, "mcollective", passwords, expected)
        wait_until("the time of the short one is over", lambda: time.time() > now + 3)
        assert operator.may("SEND", **request | {"mark": "last", "expires": f"{now + 60}000"})
        node = Login(broker.port, NODE, passwords[NODE], "mcollective")
        assert node.subscribed("/queue/sub.nodes", until=b"mark:last") == [b"mark:slow", b"mark:last"]
        operator.close()
        node.close()
    assert found[NODE] == {name: node for name, (node, _) in expected.items()}
    assert found[OPERATOR] == {name: operator for name, (_, operator) in expected.items()}
    assert set(found[ADMIN].values()) == {BOTH}


def test_each_role_of_the_embedded_broker_may_do_its_work_and_no_more(tmp_path):
    expected = {
        "/topic/mcollective.rpcutil.agent": (READ, SEND, BOTH),
        "/topic/sub.rpcutil.agent": (READ, SEND, BOTH),
        "/topic/mcollective.agents": (READ, SEND, BOTH),
        "/topic/mcollective.registration.agent": (BOTH, SEND, BOTH),
        "/queue/mcollective.nodes": (READ, SEND, BOTH),
        "/queue/mcollective.reply.alice_1.f00": (SEND, READ, BOTH),
        "/topic/other": (NOTHING, NOTHING, BOTH),
        "/queue/anything": (NOTHING, NOTHING, BOTH),
    }
    roles = {NODE: "node", OPERATOR: "operator", ADMIN: "admin"}
    users, passwords = tmp_path / "users", {login: f"{role}-of-this-test" for login, role in roles.items()}
    for login, role in roles.items():
        added = [*MCO, "broker", "adduser", login, "--role", role, "--users", str(users)]
        subprocess.run(added, input=f"{passwords[login]}\n", capture_output=True, text=True, timeout=60, check=True)
    port_file = tmp_path / "port"
    with subprocess.Popen([*MCO, "broker", "--users", str(users), "--port", "0", "--port-file", str(port_file)]) as process:
        try:
            wait_until("it listens", port_file.exists, 20)
            port = int(port_file.read_text())
            operator = Login(port, OPERATOR, passwords[OPERATOR], "mcollective")
            # A reply queue is made by who reads it; hosts send to no other.
            assert operator.may("SUBSCRIBE", destination="/queue/mcollective.reply.alice_1.f00", id="1")
            node = Login(port, NODE, passwords[NODE], "mcollective")
            assert not node.may("SUBSCRIBE", destination="/queue/mcollective.nodes", id="1")  # whose?
            found = answers(port, "mcollective", passwords, expected, selector="mc_identity = 'web1'")
            operator.close()
            node.close()
        finally:
            process.terminate()
    for number, login in enumerate(roles):
        assert found[login] == {name: rights[number] for name, rights in expected.items()}, login


def test_each_login_of_rabbitmq_may_do_its_work_and_no_more(tmp_path):
    require_programs("rabbitmq-server")
    expected = {
        "/exchange/mcollective_broadcast/rpcutil": (READ, SEND, BOTH),
        "/exchange/sub_broadcast/rpcutil": (READ, SEND, BOTH),
        "/exchange/mcollective_broadcast/registration": (READ, SEND, BOTH),
        "/exchange/mcollective_directed/web1": (READ, SEND, BOTH),
        "/exchange/mcollective_reply/alice_1.f00": (SEND, READ, BOTH),
        "/exchange/other_broadcast/rpcutil": (NOTHING, NOTHING, NOTHING),
        "/exchange/amq.topic/rpcutil": (NOTHING, NOTHING, NOTHING),
        "/queue/anything": (NOTHING, NOTHING, NOTHING),
    }
    passwords = tmp_path / "passwords"
    with RabbitMQ(tmp_path / "broker", collectives=("mcollective", "other")) as broker:
        words = ["--api", f"http://127.0.0.1:{broker.api_port}", "--api-user", broker.user, "--passwords", str(passwords)]
        words += ["--vhost", "/fleet", "--collective", "mcollective", "--collective", "sub"]
        setup("rabbitmq", *words, answer=f"{broker.password}\n")
        broker.api("PUT", "exchanges/%2Ffleet/other_broadcast", {"type": "topic"})
        first = read_passwords(passwords)
        found = answers(broker.port, "/fleet", first, expected)
        again = setup("rabbitmq", *words, answer=f"{broker.password}\n")
        assert "made sure of: login mcollective-node" in again.stdout
        assert read_passwords(passwords) == first
        elsewhere = [*words[: words.index("--passwords") + 1], str(tmp_path / "others")]
        refused = subprocess.run(
            [*MCO, "broker", "setup", "rabbitmq", *elsewhere, "--vhost", "/fleet"],
            input=f"{broker.password}\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert refused.returncode == 1 and "whose passwords nobody can read out of it" in refused.stderr
        assert not (tmp_path / "others").exists()
        (policy,) = broker.api("GET", "policies/%2Ffleet")
    assert found[NODE] == {name: node for name, (node, _, _) in expected.items()}
    assert found[OPERATOR] == {name: operator for name, (_, operator, _) in expected.items()}
    assert found[ADMIN] == {name: admin for name, (_, _, admin) in expected.items()}
    assert json.loads(json.dumps(policy["definition"]))["message-ttl"] == 70_000
