"""A Ruby client with the historic DDL of `eximng` asks a daemon of ours beside a real Exim, and gets what it always got."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from mcollective_py.cli.demosite import SiteHost
from tests.parts.eximlab import EximLab, exim_lab
from tests.parts.historic import HistoricSite, Listening
from tests.parts.require import require_programs
from tests.parts.ruby import RUBY_MCO, RubyCalls, ruby_environ
from tests.parts.typed import typed
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

HOST, PORT = "mx1", 61613
LIBDIR = Path(__file__).with_name("rubyclient")
UNKNOWN = "1xVWj6-00000i-ZZ"


@dataclass
class OldDesk:
    """A relay with a daemon of ours and a broker, and a Ruby client on it."""

    exim: EximLab
    site: HistoricSite
    calls: RubyCalls
    environ: list[str]

    def mco(self, *words: str) -> CompletedProcess[str]:
        """Run Ruby's mco."""
        return self.exim.run(HOST, "env", *self.environ, RUBY_MCO, *words, "--config", str(self.site.folder / "client.cfg"))

    def ask(self, action: str, **inputs: Any) -> tuple[int, str, dict[str, Any]]:
        """Status code, message and outputs of a call, the values in the notation of typed.py."""
        (reply,) = self.calls.call("eximng", action, inputs, [HOST])["replies"]
        return reply["code"], reply["message"], {name["y"]: value for name, value in reply["data"]["h"]}

    def send(self, count: int, sender: str, recipient: str = "bob@example.com") -> list[str]:
        """Queue messages; their ids."""
        known = set(self.exim.ids(HOST))
        self.exim.send(HOST, *[{"sender": sender, "recipients": [recipient]} for _ in range(count)])
        return [id for id in self.exim.ids(HOST) if id not in known]


@pytest.fixture(scope="module")
def desk() -> Iterator[OldDesk]:
    require_programs("ruby", RUBY_MCO)
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-exim-") as name, exim_lab(Path(name), (HOST,)) as exim:
        listening = [Listening(PORT, "nobody", "nothing")]
        site = HistoricSite(Path(name) / "site", connector="activemq", security="psk", brokers=listening)
        client, server = site.write_client(settings={"libdir": str(LIBDIR)}), site.write_server(SiteHost(HOST))
        exim.lab.start(HOST, sys.executable, "-m", "mcollective_py", "broker", "--port", str(PORT))
        exim.lab.start(HOST, sys.executable, "-m", "mcollective_py.server.daemon", "--config", str(server))
        wait_until("the daemon is there", lambda: site.log(HOST).exists() and f"subscribed as {HOST}" in site.log(HOST).read_text(), 40)
        environ = [f"{key}={value}" for key, value in ruby_environ().items() if key in ("RUBYOPT", "LANG", "LC_ALL")]
        with RubyCalls(client, exim.lab.inside(HOST, ["env", *environ]), exim.lab.environ) as calls:
            yield OldDesk(exim, site, calls, environ)


@pytest.fixture
def queue(desk: OldDesk) -> Iterator[OldDesk]:
    yield desk
    if ids := desk.exim.ids(HOST):
        desk.exim.exim(HOST, "-Mrm", *ids)


def test_the_listing_has_the_historic_entries(queue: OldDesk) -> None:
    frozen, other = queue.send(2, "alice@example.org")
    queue.exim.exim(HOST, "-Mf", frozen)
    code, message, data = queue.ask("mailq")
    assert (code, message, data["size"], data["frozen"]) == (0, "OK", typed(2), typed(1))
    entries = [{name.get("y", name.get("s")): value for name, value in entry["h"]} for entry in data["mailq"]["a"]]
    printed = re.findall(r"^ *(\S+) +(\S+) (\S+) <(.*?)>", queue.exim.exim(HOST, "-bp"), re.MULTILINE)
    wanted = [(typed(age), typed(size), typed(id), typed(sender)) for age, size, id, sender in printed]
    assert [(entry["age"], entry["size"], entry["msgid"], entry["sender"]) for entry in entries] == wanted
    assert [entry["frozen"] for entry in entries] == [True, False]
    assert entries[0]["recipients"] == {"a": [{"s": "bob@example.com"}]}
    (only,) = queue.ask("mailq", limit_frozen_only=True)[2]["mailq"]["a"]
    assert json.dumps(frozen) in json.dumps(only) and other not in json.dumps(only)


def test_people_see_the_historic_sums(queue: OldDesk) -> None:
    queue.send(3, "alice@example.org")
    shown = queue.mco("rpc", "eximng", "mailq", "-I", HOST)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "Total Email: 3" in shown.stdout
    sized = queue.ask("size", limit_sender="nobody")[2]
    assert {name: sized[name] for name in ("total", "matched", "frozen")} == {
        "total": typed(3),
        "matched": typed(0),
        "frozen": typed(0),
    }


def test_a_message_is_frozen_thawed_changed_and_removed_by_its_id(queue: OldDesk) -> None:
    (id,) = queue.send(1, "alice@example.org")
    assert queue.ask("freeze", msgid=id)[2]["status"] == {"s": f"Message {id} is now frozen"}
    assert queue.exim.run(HOST, "exipick", "-i", "-z").stdout.split() == [id]
    assert queue.ask("thaw", msgid=id)[2]["status"] == {"s": f"Message {id} is no longer frozen"}
    assert queue.ask("setsender", msgid=id, sender="carol@example.org")[0] == 0
    assert queue.ask("addrecipient", msgid=id, recipient="dave@example.com")[0] == 0
    assert queue.ask("markdelivered", msgid=id, recipient="bob@example.com")[0] == 0
    printed = queue.exim.exim(HOST, "-bp")
    assert "<carol@example.org>" in printed and re.search(r"D bob@example.com\n +dave@example.com", printed), printed
    assert queue.ask("rm", msgid=id)[2]["status"] == {"s": f"Message {id} has been removed"}
    assert queue.exim.ids(HOST) == []
    assert queue.ask("rm", msgid=UNKNOWN)[:2] == (1, f"No message matching {UNKNOWN}")


def test_frozen_mail_and_bounces_are_removed_and_counted(queue: OldDesk) -> None:
    kept, *frozen = queue.send(3, "alice@example.org")
    queue.exim.exim(HOST, "-Mf", *frozen)
    code, message, data = queue.ask("rmfrozen")
    assert (code, message, data["count"]) == (0, "OK", typed(2))
    assert data["output"]["s"].splitlines() == [f"Message {id} has been removed" for id in frozen]
    assert data["status"]["s"]
    assert queue.ask("rmfrozen")[:2] == (1, "no messages")
    queue.send(1, "")
    shown = queue.mco("rpc", "eximng", "rmbounces", "-I", HOST)
    assert shown.returncode == 0 and "Count: 1" in shown.stdout, shown.stdout + shown.stderr
    assert queue.exim.ids(HOST) == [kept]


def test_deliveries_begin_and_are_not_waited_for(queue: OldDesk) -> None:
    queue.send(1, "alice@example.org")
    (id,) = queue.send(1, "alice@example.org", "bob@example.net")
    assert queue.ask("retrymsg", msgid=id)[0] == 0
    wait_until("that one is delivered", lambda: id not in queue.exim.ids(HOST))
    assert queue.ask("delivermatching", pattern="nowhere")[0] == 0
    assert queue.ask("runq")[0] == 0
    wait_until("all are", lambda: not queue.exim.ids(HOST))
    (deferred,) = queue.send(1, "alice@example.org", "defer@example.com")
    assert queue.ask("giveup", msgid=deferred)[0] == 0
    wait_until("it is given up", lambda: deferred not in queue.exim.ids(HOST))
