"""Fleets of both languages by the logins that `mco broker setup` makes: what they need is allowed, on either broker."""

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mcollective_py.cli.brokerrights import NODE, OPERATOR, read_passwords
from mcollective_py.cli.demoprocesses import MCO
from mcollective_py.cli.demosite import SiteHost
from tests.parts.activemq import ActiveMQ
from tests.parts.historic import HistoricSite, Listening
from tests.parts.mixed import MixedFleet
from tests.parts.rabbitmq import RabbitMQ
from tests.parts.require import require_activemq, require_programs, require_rabbitmq
from tests.parts.ruby import RUBY_DAEMON, RUBY_MCO
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

NAMES = ["ours", "theirs", "two"]
VHOST = "/fleet"


class SetUpActiveMQ(ActiveMQ):
    """Debian's ActiveMQ with the file that the command wrote."""

    def _write_config(self) -> None:
        super()._write_config()
        set_up(
            "activemq",
            "--port",
            str(self.port),
            "--output",
            str(self.folder / "activemq.xml"),
            "--passwords",
            f"{self.folder}/passwords",
        )


def set_up(*words: str, answer: str = "") -> None:
    command = [*MCO, "broker", "setup", *words, "--registration"]
    done = subprocess.run(command, input=answer, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def broker(family: str, folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A broker that the command has set up for the collective mcollective: its port, and the passwords by login."""
    if family == "activemq":
        with SetUpActiveMQ(folder) as active:
            yield active.port, read_passwords(folder / "passwords")
        return
    with RabbitMQ(folder, collectives=()) as rabbit:
        words = ["--api", f"http://127.0.0.1:{rabbit.api_port}", "--api-user", rabbit.user, "--passwords", f"{folder}/passwords"]
        set_up("rabbitmq", *words, "--vhost", VHOST, answer=f"{rabbit.password}\n")
        yield rabbit.port, read_passwords(folder / "passwords")


@pytest.mark.parametrize("family", ["activemq", "rabbitmq"])
def test_hosts_and_clients_of_both_languages_do_all_their_work(family: str, tmp_path: Path) -> None:
    require_programs("ruby", RUBY_MCO, RUBY_DAEMON)
    require_activemq() if family == "activemq" else require_rabbitmq()
    with broker(family, tmp_path / "broker") as (port, passwords):
        pool = f"plugin.{family}.pool.1"
        operator = {f"{pool}.user": OPERATOR, f"{pool}.password": passwords[OPERATOR]}
        site = HistoricSite(
            tmp_path / "site",
            connector=family,
            security="psk",
            brokers=[Listening(port, NODE, passwords[NODE])],
            settings={"plugin.rabbitmq.vhost": VHOST} if family == "rabbitmq" else {},
            server_settings={"registerinterval": "2"},
        )
        # `de` is a collective that nobody has set up.
        two = SiteHost("two", settings={"collectives": "mcollective,de"})
        with MixedFleet(site, ruby=[SiteHost("theirs")], python=[SiteHost("ours"), two], client_settings=operator) as fleet:
            by_exchange = site.write_client("exchange", {**operator, f"plugin.{family}.use_reply_exchange": "1"})
            configs = [fleet.client_config, by_exchange] if family == "rabbitmq" else [fleet.client_config]
            for config in configs:
                check_calls(fleet, config)
            heard = {(listener, sender) for listener in ("python", "theirs") for sender in NAMES}
            wait_until("everybody's registration everywhere", lambda: heard <= registered(site), 20)
            stranger = site.write_client("stranger", {**operator, "collectives": "de", "main_collective": "de"})
            refused = fleet.python_mco("find", config=stranger)
            assert refused.returncode != 0
            unheard = ("rpc", "rpcutil", "ping", "-I", "ours", "--no-results")
            sent, unsent = fleet.python_mco(*unheard), fleet.python_mco(*unheard, config=stranger)
            assert (sent.returncode, sent.stderr, "Request sent with id" in sent.stdout) == (0, "", True), sent
            assert (unsent.returncode, unsent.stdout, "refuses this client" in unsent.stderr) == (1, "", True), unsent
            if family == "rabbitmq":
                assert "refused for user 'mcollective-operator'" in refused.stderr or "no exchange" in refused.stderr
                assert "is the collective de set up there? `mco broker setup rabbitmq --collective de`" in refused.stderr
        log = site.log("two").read_text()
    if family == "rabbitmq":
        assert "de_broadcast is left alone for the next 300 s; is the collective de set up there?" in log
    else:
        assert "is not authorized to" in log and "topic://de." in log
    assert "Cannot remove a consumer" not in log
    assert "Traceback" not in log


def check_calls(fleet: MixedFleet, config: Path) -> None:
    """Both clients find all, and have the answers of all, by their names and to everybody."""
    found = fleet.both("find", "--dt", "2", config=config)
    for ended in (found.ruby, found.python):
        assert (sorted(ended.stdout.split()), ended.returncode) == (NAMES, 0), ended
    with fleet.ruby_calls(config) as ruby, fleet.python_calls(config) as python:
        for calls in (ruby, python):
            for is_broadcast in (False, True):
                answer: Mapping[str, list[dict[str, object]]] = calls.call("rpcutil", "ping", {}, NAMES, broadcast=is_broadcast)
                answered = sorted((reply["sender"], reply["code"]) for reply in answer["replies"])
                assert answered == [(name, 0) for name in NAMES], (calls, is_broadcast, answer)


def registered(site: HistoricSite) -> set[tuple[str, str]]:
    """(who heard it, who registered)."""
    lines = site.registrations.read_text().splitlines() if site.registrations.exists() else []
    return {(line.split()[0], line.split()[1]) for line in lines}
