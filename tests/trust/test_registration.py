"""S-51 where nodes may send something: a registration is heard, and with a node's key nothing else is done by anybody."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.connector.factory import open_connector
from mcollective_py.filter import Filter
from mcollective_py.message import Destination, Kind, Publication, Request
from mcollective_py.security import envelope
from mcollective_py.security.load import security_plugin
from mcollective_py.security.payload import request_to_wire
from mcollective_py.wire import strictjson
from tests.parts.fleet import Fleet
from tests.waiting import wait_until

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registrations") / "ledger"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, ledger: Path) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("site")
    policies = folder / "hosts" / "web1" / "policies"
    policies.mkdir(parents=True)
    (policies / "registration.policy").write_text("policy default allow\n")
    settings = {"registerinterval": "1", "plugin.registration.ledger": str(ledger)}
    with Fleet(folder, ["web1", "web2"], settings=settings) as running:
        yield running


def test_hosts_register_with_a_host_whose_policy_lets_them_in(fleet: Fleet, ledger: Path) -> None:
    def senders() -> set[str]:
        return {line.split()[1] for line in ledger.read_text().splitlines()} if ledger.exists() else set()

    wait_until("both hosts' registrations", lambda: senders() == {"web1", "web2"}, 20)
    (agents,) = {line.split()[2] for line in ledger.read_text().splitlines()}
    assert {"discovery", "echo", "registration", "rpcutil"} <= set(agents.split(","))
    denial = "registration (plain message) for cert=web1 refused"
    wait_until("a denial where there is no policy", lambda: denial in fleet.log("web2").read_text(), 20)


@pytest.mark.parametrize("change", [{"agent": "nap", "action": "doze", "body": {"seconds": 0.0}}, {"agent": "echo", "body": "hello"}])
def test_what_a_node_signs_beside_registrations_is_done_by_nobody(fleet: Fleet, change: dict[str, object]) -> None:
    """The broker lets web2 send to the registration topic, and the embedded message says something else."""
    config = Config.from_file(fleet.site.folder / "hosts" / "web2" / "server.cfg", "server")
    security = security_plugin(config, "server", time.time)
    plain = Request(
        "f" * 32, security.caller, "web2", "mcollective", "registration", None, [], Filter(agents=("registration",)), time.time(), 60
    )
    before, ran = {name: fleet.stats(name)["unvalidated"] for name in ("web1", "web2")}, list(fleet.ledger)
    connector = open_connector(config, "web2", is_daemon=False)
    connector.connect(10.0)
    try:
        for type in (envelope.REGISTRATION, envelope.REQUEST):
            body = strictjson.dumps(request_to_wire(replace(plain, **change))).encode()
            topic = Destination(Kind.AGENT, "mcollective", "registration")
            connector.publish([Publication(security._seal(type, body), topic, "web2", time.time(), 60)])
        for name in ("web1", "web2"):
            wait_until(f"two refusals by {name}", lambda name=name: fleet.stats(name)["unvalidated"] == before[name] + 2, 20)
    finally:
        connector.close()
    assert fleet.ledger == ran
