"""A real RabbitMQ of our own: in the foreground, on free loopback ports, in a temporary folder, ended with its epmd by their pids."""

import base64
import hashlib
import http.client
import json
import os
import re
import secrets
import select
import signal
import subprocess
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.parts.brokerprocess import BrokerProcess, free_port

LIBRARY = Path("/usr/lib/rabbitmq/lib")
EPMD = "/usr/bin/epmd"
PLUGINS = ("rabbitmq_stomp", "rabbitmq_management")
_START_LIMIT = 90.0  # s; an Erlang that has all of its modules to load, on two busy cores
_STOP_LIMIT = 10.0  # s

# No AMQP: what is not needed need not listen. Times in ms where RabbitMQ has them so.
_CONFIG = """
listeners.tcp = none
stomp.listeners.tcp.1 = {host}:{port}
stomp.tcp_listen_options.nodelay = true
management.tcp.ip = {host}
management.tcp.port = {api_port}
load_definitions = {folder}/definitions.json
loopback_users = none
log.console = true
log.console.level = info
log.file = false
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
"""
_TLS = """
stomp.listeners.ssl.1 = {host}:{port}
ssl_options.cacertfile = {ca}
ssl_options.certfile = {certificate}
ssl_options.keyfile = {key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
"""
_READY = re.compile(r"Server startup complete")


@dataclass(frozen=True, slots=True)
class Rights:
    """What a login may do, as RabbitMQ has it: patterns of the names of queues and exchanges."""

    configure: str = ".*"
    write: str = ".*"
    read: str = ".*"


EVERYTHING = Rights()
READER = Rights(write=r"stomp-subscription-.*|amq\.gen-.*")
"""May subscribe to everything, which writes to the queue that it makes, and send to nothing."""


class RabbitMQ(BrokerProcess):
    """Debian's RabbitMQ with STOMP; `with RabbitMQ(folder) as broker` gives it ready to take connections.

    folder: made if it is not there; a short path. host: address to listen on. collectives: whose exchanges there are from the start,
    beside `mcollective_reply`; `declare` makes more. users: further logins and their rights, all with the one password. outside: wraps
    the command lines, for a broker in another network namespace. certificate, key, ca: PEM files, for a second port with TLS that asks
    for a client certificate. port stays the same over stop and start; tls_port is None without a certificate.
    user: may do everything; `reader` (same password) may send nothing.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        vhost: str = "/",
        collectives: Sequence[str] = ("mcollective",),
        users: Mapping[str, Rights] | None = None,
        outside: Callable[[list[str]], list[str]] = list,
        environ: Mapping[str, str] | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
        ca: Path | None = None,
        config: str = "",
    ) -> None:
        super().__init__(folder / "rabbitmq.log")
        self.folder, self.host, self.vhost = folder, host, vhost
        self.user, self.password = "mcollective", secrets.token_hex(8)
        self._users = {self.user: EVERYTHING, "reader": READER, **(users or {})}
        self._collectives, self._outside, self._more = tuple(collectives), outside, config
        self._environ = dict(os.environ if environ is None else environ)
        self.port, self.api_port, self._epmd_port, self._dist_port = (free_port() for _ in range(4))
        self.tls_port = free_port() if certificate is not None else None
        self._files = {"certificate": certificate, "key": key, "ca": ca}
        self._epmd: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RabbitMQ":
        self._write_config()
        try:
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def start(self) -> None:
        """Start it on the same ports as before, with what is durable still there, and wait until it takes connections."""
        if self._epmd is None:
            # In the foreground: the one that Erlang would start by itself would outlive us.
            self._epmd = self._spawn([EPMD, "-port", str(self._epmd_port), "-address", "127.0.0.1"])
        (server,) = LIBRARY.glob("rabbitmq_server-*/sbin/rabbitmq-server")
        said = len(self.log)
        self._process = self._spawn([str(server)])
        self._wait_ready(said, _READY, _START_LIMIT)

    def kill(self) -> None:
        """kill -9, as a crash would; waits until it is gone, with the small programs that it runs beside it."""
        process, self._process = self._process, None
        if process is not None:
            beside = [os.pidfd_open(pid) for pid in _descendants(process.pid)]
            process.kill()
            process.wait(_STOP_LIMIT)
            for program in beside:
                if not select.select([program], [], [], 1)[0]:
                    signal.pidfd_send_signal(program, signal.SIGKILL)
                os.close(program)

    def declare(self, *collectives: str) -> None:
        """Make the exchanges of more collectives, now and at every start: a kill -9 loses what was declared in the second before."""
        self._collectives += collectives
        (self.folder / "definitions.json").write_text(json.dumps(self._definitions()))
        for exchange in _exchanges(collectives):
            kept = {"type": exchange.pop("type"), "durable": True}
            self.api("PUT", f"exchanges/{self._vhost}/{exchange['name']}", kept)

    def queues(self) -> list[dict[str, Any]]:
        """All queues there are, with `name`, `durable`, `exclusive`, `auto_delete`, `arguments`, ... of each."""
        columns = "name,durable,exclusive,auto_delete,arguments,owner_pid_details"
        found = self.api("GET", f"queues/{self._vhost}?columns={columns}&disable_stats=true&enable_queue_totals=true")
        return list(found)

    def bindings(self, exchange: str) -> list[tuple[str, str]]:
        """(routing key, queue) of everything that is bound to an exchange."""
        found = self.api("GET", f"exchanges/{self._vhost}/{exchange}/bindings/source")
        return sorted((binding["routing_key"], binding["destination"]) for binding in found)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the management API, as the user `mcollective`; path: below `/api/`. RuntimeError where it is refused."""
        connection = http.client.HTTPConnection(self.host, self.api_port, timeout=20)
        try:
            login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
            connection.request(method, f"/api/{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {said[:500]!r}")
        return json.loads(said) if said else None

    @property
    def _vhost(self) -> str:
        return urllib.parse.quote(self.vhost, safe="")

    def _end(self) -> None:
        self.kill()
        epmd, self._epmd = self._epmd, None
        if epmd is not None:
            epmd.kill()
            epmd.wait(_STOP_LIMIT)

    def _spawn(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with (self.folder / "rabbitmq.log").open("ab") as log:
            return subprocess.Popen(
                self._outside(command), cwd=self.folder, env=self._server_environ(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def _server_environ(self) -> dict[str, str]:
        # Erlang keeps a core of its own busy for each scheduler; two are what a small machine has.
        erlang = "+S 2:2 -kernel inet_dist_use_interface {127,0,0,1}"
        return {name: value for name, value in self._environ.items() if not name.startswith(("RABBITMQ_", "ERL_", "NOTIFY_SOCKET"))} | {
            "HOME": str(self.folder),  # where the cookie is
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "tests@localhost",
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "none.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "rabbitmq.pid"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "config"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": erlang,
            "RUNNING_UNDER_SYSTEMD": "true",  # Erlang in the place of its start script, so that our child is the broker itself
            "LC_ALL": "C.UTF-8",
        }

    def _write_config(self) -> None:
        for folder in ("", "mnesia", "log", "config"):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        cookie = self.folder / ".erlang.cookie"
        cookie.touch(0o600)
        cookie.write_text(secrets.token_hex(20))
        cookie.chmod(0o400)
        (self.folder / "enabled_plugins").write_text(f"[{','.join(PLUGINS)}].\n")
        text = _CONFIG.format(host=self.host, port=self.port, api_port=self.api_port, folder=self.folder)
        if self.tls_port is not None:
            text += _TLS.format(host=self.host, port=self.tls_port, **self._files)
        (self.folder / "rabbitmq.conf").write_text(text + self._more)
        (self.folder / "definitions.json").write_text(json.dumps(self._definitions()))

    def _definitions(self) -> dict[str, Any]:
        tags = {self.user: ["administrator"]}
        replies = {"name": "mcollective_reply", "type": "direct"}
        return {
            "users": [
                {"name": name, "password_hash": _hashed(self.password), "tags": tags.get(name, []),
                 "hashing_algorithm": "rabbit_password_hashing_sha256"}
                for name in self._users
            ],
            "vhosts": [{"name": name} for name in {"/", self.vhost}],
            "permissions": [
                {"user": name, "vhost": self.vhost, "configure": rights.configure, "write": rights.write, "read": rights.read}
                for name, rights in self._users.items()
            ],
            "exchanges": [
                {**exchange, "vhost": self.vhost, "durable": True, "auto_delete": False, "internal": False, "arguments": {}}
                for exchange in [*_exchanges(self._collectives), replies]
            ],
        }  # fmt: skip


def _exchanges(collectives: Sequence[str]) -> list[dict[str, Any]]:
    """The two exchanges of each collective."""
    kinds = {"broadcast": "topic", "directed": "direct"}
    return [{"name": f"{collective}_{way}", "type": kind} for collective in collectives for way, kind in kinds.items()]


def _hashed(password: str) -> str:
    """As RabbitMQ keeps passwords: base64 of a salt of four bytes and the SHA-256 of salt and password."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _descendants(pid: int) -> list[int]:
    """Children of a process, and theirs."""
    try:
        children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []  # it has just ended
    return children + [below for child in children for below in _descendants(child)]
