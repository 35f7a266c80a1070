"""A real PuppetDB with a PostgreSQL of its own: in the foreground, on free loopback ports, in their own folder, ended by their pids."""

import contextlib
import datetime
import http.client
import json
import os
import pwd
import secrets
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.connector.certificates import Authority
from tests.parts.brokerprocess import free_port

JAR = Path("/usr/share/puppetdb/puppetdb.jar")
_START_LIMIT = 240.0  # s; a Clojure program that is compiled as it starts, on busy cores
_STOP_LIMIT = 10.0  # s

_POSTGRES = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 40
"""
_PUPPETDB = """
[global]
vardir = {folder}/var
logging-config = {folder}/logback.xml
[database]
subname = //127.0.0.1:{database}/puppetdb
username = {user}
password = {password}
maximum-pool-size = 5
node-purge-ttl = 0s
[command-processing]
threads = 1
[jetty]
host = 127.0.0.1
port = {port}
ssl-host = 127.0.0.1
ssl-port = {tls_port}
ssl-key = {folder}/server.key
ssl-cert = {folder}/server.pem
ssl-ca-cert = {folder}/ca.pem
client-auth = need
[puppetdb]
disable-update-checking = true
[nrepl]
enabled = false
"""
_LOGBACK = """<configuration><appender name="OUT" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d %p %m%n</pattern>
</encoder></appender><root level="warn"><appender-ref ref="OUT"/></root></configuration>
"""
# What a short life needs: no optimising compiler, one thread that collects garbage, and thousands of classes that nobody checks.
JAVA = (
    "-Xmx400m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
    "-Djava.security.egd=/dev/urandom",
)


class PuppetDB:
    """Debian's PuppetDB; `with PuppetDB(authority) as database` gives it ready to be asked.

    authority: the CA of its certificate, for `localhost`, and of its clients'. port: HTTP without TLS, tls_port: HTTPS that wants a
    client certificate; both on 127.0.0.1. PostgreSQL does not run as root: the user postgres runs both where we are root.
    """

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.port, self.tls_port, self._database = (free_port() for _ in range(3))
        self._processes: list[subprocess.Popen[bytes]] = []
        self._account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None

    def __enter__(self) -> "PuppetDB":
        self.folder = Path(tempfile.mkdtemp(prefix="mcpy-puppetdb-"))  # not below pytest's own, which only we may enter
        try:
            self._write()
            self._start_postgres()
            self._start_puppetdb()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    @property
    def log(self) -> str:
        """All that both have said so far."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def ask(self, query: Sequence[Any] | str) -> Any:
        """The answer to a query, over plain HTTP."""
        return self._call("/pdb/query/v4", {"query": query})

    def submit(self, command: str, version: int, certname: str, payload: Mapping[str, Any]) -> None:
        """One command, as a Puppet server or a node sends it; it is worked off a moment later."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")  # a node is older or younger than its facts by it
        place = f"/pdb/cmd/v1?command={command.replace(' ', '_')}&version={version}&certname={certname}"
        self._call(place, {"certname": certname, "producer_timestamp": now, **payload})

    def node(self, certname: str, facts: Mapping[str, Any], classes: Sequence[str] = (), agents: Sequence[str] = ()) -> None:
        """A node with its facts, and a catalog with these classes, as Puppet writes them: `Role::Web`; and with these agents."""
        self.submit("replace facts", 5, certname, {"environment": "production", "producer": None, "values": facts})
        resources = [{**_RESOURCE, "type": "Class", "title": title} for title in ("Main", "Settings", *classes)]
        resources += [{**_RESOURCE, "type": "Mcollective_py::Agent", "title": title} for title in agents]
        catalog = {
            "environment": "production",
            "producer": None,
            "version": "1",
            "transaction_uuid": None,
            "catalog_uuid": None,
            "code_id": None,
            "job_id": None,
            "edges": [],
            "resources": resources,
        }
        self.submit("replace catalog", 9, certname, catalog)

    def deactivate(self, certname: str) -> None:
        """As `puppet node deactivate` does."""
        self.submit("deactivate node", 3, certname, {})

    def wait_for(self, query: Sequence[Any] | str, rows: int, seconds: float = 60.0) -> None:
        """Wait until a query has so many rows."""
        end = time.monotonic() + seconds
        while len(found := self.ask(query)) != rows:
            if time.monotonic() > end:
                raise RuntimeError(f"{len(found)} rows of {rows} for {query}:\n{self.log[-3000:]}")
            self._pause(0.05)

    def _call(self, place: str, body: object) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("POST", place, json.dumps(body), {"Content-Type": "application/json", "Accept": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"PuppetDB answers {answer.status} to {place}: {text[:500]}")
        return json.loads(text)

    def _write(self) -> None:
        self.user, self.password = "puppetdb", secrets.token_hex(8)
        server = self.authority.issue("server", "localhost")
        for source, name in ((server.with_suffix(".pem"), "server.pem"), (server.with_suffix(".key"), "server.key")):
            shutil.copy(source, self.folder / name)
        shutil.copy(self.authority.ca, self.folder / "ca.pem")
        (self.folder / "logback.xml").write_text(_LOGBACK)
        fields = {"port": self.port, "tls_port": self.tls_port, "database": self._database, "folder": self.folder}
        config = self.folder / "conf.d"
        config.mkdir()
        (config / "puppetdb.ini").write_text(_PUPPETDB.format(user=self.user, password=self.password, **fields))
        (config / "auth.conf").write_text("authorization: { version: 1, rules: [] }\n")  # it does not start without one
        (self.folder / "password").write_text(self.password)
        (self.folder / "var").mkdir()
        if self._account is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _start_postgres(self) -> None:
        programs = max(Path("/usr/lib/postgresql").glob("*/bin/postgres")).parent
        data = self.folder / "data"
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", self.user, "--pwfile", str(self.folder / "password")]
        self._run([*initdb, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "-N"])
        with (data / "postgresql.conf").open("a") as file:
            file.write(_POSTGRES.format(port=self._database, folder=self.folder))
        process = self._spawn([str(programs / "postgres"), "-D", str(data)], "postgres.log")
        psql = ["psql", "-h", "127.0.0.1", "-p", str(self._database), "-U", self.user, "-v", "ON_ERROR_STOP=1", "-qX"]
        end = time.monotonic() + 60
        while self._run([*psql, "-d", "postgres", "-c", "select 1"], check=False):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log[-3000:]}")
            self._pause(0.1)
        self._run([*psql, "-d", "postgres", "-c", "create database puppetdb"])
        self._run([*psql, "-d", "puppetdb", "-c", "create extension pg_trgm"])

    def _start_puppetdb(self) -> None:
        words = [
            "java",
            *JAVA,
            f"-Djava.io.tmpdir={self.folder}",
            "-cp",
            str(JAR),
            "clojure.main",
            "-m",
            "puppetlabs.puppetdb.core",
            "services",
        ]
        words += ["--config", str(self.folder / "conf.d"), "--bootstrap-config", "/etc/puppetdb/bootstrap.cfg"]
        process = self._spawn(words, "puppetdb.log")
        end = time.monotonic() + _START_LIMIT
        while not self._is_up():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PuppetDB did not start:\n{self.log[-3000:]}")
            self._pause(0.2)

    def _is_up(self) -> bool:
        try:
            return isinstance(self.ask(["from", "nodes", ["extract", "certname"]]), list)
        except (OSError, RuntimeError, ValueError, http.client.HTTPException):
            return False

    def _pause(self, seconds: float) -> None:
        """Until something of ours has ended, or so long."""
        ended = [os.pidfd_open(process.pid) for process in self._processes if process.poll() is None]
        try:
            select.select(ended, [], [], seconds)
        finally:
            for descriptor in ended:
                os.close(descriptor)

    def _run(self, words: list[str], *, check: bool = True) -> int:
        environ = {**os.environ, "PGPASSWORD": self.password, "LC_ALL": "C"}
        done = subprocess.run(words, env=environ, capture_output=True, text=True, cwd=self.folder, timeout=120, **self._as())
        if check and done.returncode:
            raise RuntimeError(f"{words[0]}: {done.stdout}{done.stderr}")
        return done.returncode

    def _spawn(self, words: list[str], log: str) -> "subprocess.Popen[bytes]":
        with (self.folder / log).open("ab") as file:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
                **self._as(),
            )
        self._processes.append(process)
        return process

    def _as(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _end(self) -> None:
        # PostgreSQL ends fast at SIGINT, and its children with it; what it has written is thrown away.
        for process, number in zip(reversed(self._processes), (signal.SIGKILL, signal.SIGINT), strict=False):
            process.send_signal(number)
        for process in self._processes:
            try:
                process.wait(_STOP_LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_STOP_LIMIT)
        self._processes.clear()
        shutil.rmtree(self.folder, ignore_errors=True)


_RESOURCE: dict[str, Any] = {"exported": False, "file": None, "line": None, "tags": [], "parameters": {}, "aliases": []}
