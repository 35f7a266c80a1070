"""Attackers B, C, D and G against ten daemons on a real broker: each row of the promises, played.

The broker is ActiveMQ with a login that may everything, and it is in hostile hands itself: nothing here is held by rights of a broker.
"""

import itertools
import json
import os
import random
import select
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.cli.demosite import OPERATOR, Site
from mcollective_py.config import Config
from mcollective_py.message import Destination, Kind, Reply, Request
from mcollective_py.security import envelope
from mcollective_py.security.load import security_plugin
from mcollective_py.security.payload import reply_to_wire, request_to_wire
from mcollective_py.wire import strictjson
from tests.parts.faulty import fleet_on, running_broker
from tests.parts.fleet import Fleet
from tests.parts.wire import Wire
from tests.trust.attackers import Frame, HostileBroker, honest, rubbish
from tests.trust.mutants import mutants
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

NAMES = [f"web{number:02}" for number in range(1, 11)]
BOB = "bob.mcollective"
POLICY = f"policy default deny\nallow\tcert={OPERATOR}\t*\t*\t*\nallow\tcert={BOB}\tdoze\t*\t*\n"
TOPIC = Destination(Kind.AGENT, "mcollective", "nap")


class Attacked(Fleet):
    """Ten hosts, and the broker between them."""

    hostile: HostileBroker

    def ran(self, request: Request | None = None) -> list[str]:
        """Where something ran, or this request."""
        return sorted(line.split()[0] for line in self.ledger if request is None or request.id in line)

    def is_well(self) -> bool:
        """Whether all ten still answer."""
        return [reply["sender"] for reply in sorted(self.rpc("rpcutil", "ping")["replies"], key=str)] == NAMES


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("attacked")
    with running_broker("activemq", folder) as broker, HostileBroker(broker.port) as hostile:
        fleet = fleet_on(folder / "site", broker, NAMES, [hostile.port])
        fleet.__class__ = Attacked
        assert isinstance(fleet, Attacked)
        fleet.hostile = hostile
        with fleet:
            for name in NAMES:
                (fleet.site.folder / "hosts" / name / "policies" / "nap.policy").write_text(POLICY)
            yield fleet


@pytest.fixture(autouse=True)
def honest_again(fleet: Attacked) -> Iterator[None]:
    yield
    fleet.hostile.script = honest


@pytest.fixture
def wire(fleet: Attacked) -> Iterator[Wire]:
    with Wire(fleet.site.client_config) as connected:
        yield connected


def nap(wire: Wire, **changes: Any) -> Request:
    return wire.request("nap", "nap", {"seconds": 0.0}, **changes)


def client_of(fleet: Attacked, name: str) -> Path:
    """A client.cfg with another caller's certificate, by the fleet's own CA."""
    site = fleet.site
    if not site.certificate(name).exists():
        site.issue(name, "caller")
    path = site.folder / f"{name}.cfg"
    text = site.client_config.read_text()
    for of in (site.certificate, site.key):
        text = text.replace(str(of(OPERATOR)), str(of(name)))
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def refused(fleet: Attacked) -> dict[str, int]:
    """What each host refused up to now."""
    replies = fleet.rpc("rpcutil", "daemon_stats")["replies"]
    return {reply["sender"]: sum(reply["data"]["refused"].values()) for reply in replies}


def audit(fleet: Attacked, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (fleet.site.folder / "hosts" / name / "audit.log").read_text().splitlines()]


# --- B: the broker, and so whoever has its credentials, and A where there is no TLS ----------------------------------------


def test_b_what_a_broker_changes_in_a_request_is_done_by_nobody(fleet: Attacked, wire: Wire) -> None:
    before = refused(fleet)
    seed = random.Random(7)

    def altering(frame: Frame) -> Iterable[Frame]:
        if not frame.is_request or frame.message.get("agent") != "nap":
            return (frame,)
        return [frame.carrying(mutant) for _, mutant, _ in mutants([(frame.body, TOPIC)], seed, 30)]

    fleet.hostile.script = altering
    requests = [nap(wire), nap(wire)]
    wire.send(requests[0])
    for name in NAMES:
        wire.send(replace(requests[1], targets=tuple(NAMES)), node=name)
    wait_until("all have refused them", lambda: all(count >= before[name] + 60 for name, count in refused(fleet).items()), 40)
    assert [fleet.ran(each) for each in requests] == [[], []]
    assert fleet.is_well()


def test_b_what_a_broker_sends_again_to_others_or_late_runs_once_where_it_was_meant_or_nowhere(fleet: Attacked, wire: Wire) -> None:
    named, everywhere = nap(wire, targets=("web03",)), nap(wire)
    captured = [wire.send(named, node="web03"), wire.send(everywhere)]
    wait_until("they have run", lambda: len(fleet.ran(named) + fleet.ran(everywhere)) == 11, 20)
    late = nap(wire, time=time.time() - 70.0)
    captured.append(wire.security.seal_request(late).payload)
    before = refused(fleet)

    def repeating(frame: Frame) -> Iterable[Frame]:
        if not frame.is_request:
            return (frame,)
        nodes, agents = (frame.head.replace(b"/topic/mcollective.rpcutil.agent", to) for to in (b"/queue/mcollective.nodes", _NAP))
        again = [Frame(head, b"").carrying(payload) for head in (frame.head, nodes, agents) for payload in captured]
        return [*again * 5, frame]

    fleet.hostile.script = repeating
    assert fleet.is_well()  # its own request carries 45 others to each host
    fleet.hostile.script = honest
    assert all(count >= before[name] + 45 for name, count in refused(fleet).items())
    assert fleet.ran(named) == ["web03"]
    assert fleet.ran(everywhere) == NAMES
    assert fleet.ran(late) == []


_NAP = b"/topic/mcollective.nap.agent"


def forged(frame: Frame, site: Site, name: str, caller: str) -> bytes:
    """The request of a frame under a new id, signed with a key of another CA for the same name."""
    text = (
        f"plugin.x509.ca = {site.folder}/ca/ca.pem\nplugin.x509.crl = {site.folder}/ca/crl.pem\n"
        f"plugin.x509.cert = {site.certificate(name)}\nplugin.x509.key = {site.key(name)}\n"
    )
    stranger: Any = security_plugin(Config.from_text(text, "client"), "client", time.time)
    fields = frame.message | {"id": "f" * 32, "caller": f"cert={caller}"}
    return bytes(stranger._seal(envelope.REQUEST, strictjson.dumps(fields).encode()))


def test_b_a_request_of_a_stranger_with_the_operators_name_is_done_by_nobody(fleet: Attacked, wire: Wire, tmp_path: Path) -> None:
    stranger = Site(tmp_path / "stranger")  # its CA issues the operator's very name
    request = nap(wire)
    ran, before = len(fleet.ledger), refused(fleet)

    def forging(frame: Frame) -> Iterable[Frame]:
        if not frame.is_request or frame.message.get("id") != request.id:
            return (frame,)
        theirs = json.loads(forged(frame, stranger, OPERATOR, OPERATOR))
        beside = theirs | {"s": [theirs["s"][0] | {name: json.loads(frame.body)["s"][0][name] for name in ("kid", "crt")}]}
        return [frame.carrying(strictjson.dumps(each).encode()) for each in (theirs, beside)]

    fleet.hostile.script = forging
    wire.send(request)
    wait_until("all have refused both", lambda: all(count >= before[name] + 2 for name, count in refused(fleet).items()), 40)
    assert len(fleet.ledger) == ran


def test_b_an_answer_that_a_broker_changed_swapped_or_repeated_is_not_taken_for_one(fleet: Attacked, wire: Wire) -> None:
    before = fleet.rpc("rpcutil", "get_fact", "fact=country")
    assert len(before["replies"]) == 10
    kept = {
        frame.message["node"]: frame for frame in fleet.hostile.seen if frame.is_reply and frame.message.get("action") == "get_fact"
    }
    assert sorted(kept) == NAMES
    seed = random.Random(8)

    def lying(frame: Frame) -> Iterable[Frame]:
        found = frame.message
        if not frame.is_reply or found.get("action") != "get_fact":
            return (frame,)
        name = found["node"]
        if name in NAMES[:3]:  # another answer of the same host, to the same question asked earlier
            return [frame.carrying(kept[name].body)]
        if name in NAMES[3:6]:
            return [frame.carrying(mutant) for _, mutant, _ in mutants([(frame.body, TOPIC)], seed, 20)]
        return [frame] * 5

    fleet.hostile.script = lying
    found = fleet.rpc("rpcutil", "get_fact", "fact=country", "-t", "5")
    assert sorted(reply["sender"] for reply in found["replies"]) == NAMES[6:]
    assert all(reply["data"] == {"fact": "country", "value": "uk"} for reply in found["replies"])
    assert sorted(found["stats"]["no_response"]) == NAMES[:6]


def test_b_answers_that_a_broker_withholds_are_told_as_missing(fleet: Attacked) -> None:
    def withholding(frame: Frame) -> Iterable[Frame]:
        is_withheld = frame.is_reply and frame.message.get("action") == "get_fact" and frame.message["node"] in NAMES[:3]
        return () if is_withheld else (frame,)

    fleet.hostile.script = withholding
    ended = fleet.mco("rpc", "rpcutil", "get_fact", "fact=country", "-t", "5", "--json", "--strict")
    assert ended.returncode == 5
    assert sorted(json.loads(ended.stdout)["stats"]["no_response"]) == NAMES[:3]


def test_b_a_flood_of_rubbish_to_hosts_and_operators_keeps_no_answer_away(fleet: Attacked) -> None:
    junk = rubbish(400)

    def flooding(frame: Frame) -> Iterable[Frame]:
        return [*(frame.carrying(each) for each in junk), frame] if frame.is_request or frame.is_reply else (frame,)

    fleet.hostile.script = flooding
    assert fleet.is_well()


# --- C: root on one host, with its key and its login of the broker -----------------------------------------------------------


def key_of(fleet: Attacked, name: str) -> Any:
    """What whoever is root on a host can sign with."""
    return security_plugin(Config.from_file(fleet.site.folder / "hosts" / name / "server.cfg", "server"), "server", time.time)


def test_c_with_a_hosts_key_nothing_is_done_elsewhere_in_any_name(fleet: Attacked, wire: Wire) -> None:
    stolen, ran, before = key_of(fleet, "web01"), len(fleet.ledger), refused(fleet)
    sent = 0
    for caller, kind in itertools.product(
        ("cert=web01", f"cert={OPERATOR}", "cert=root.mcollective"), (envelope.REQUEST, envelope.REGISTRATION)
    ):
        request = nap(wire, caller=caller, sender="web01")
        wire.publish(stolen._seal(kind, strictjson.dumps(request_to_wire(request)).encode()), agent="nap")
        sent += 1
    wait_until("the others have refused all", lambda: all(count >= before[name] + sent for name, count in refused(fleet).items()), 40)
    assert len(fleet.ledger) == ran


def test_c_a_host_cannot_answer_as_another(fleet: Attacked, wire: Wire) -> None:
    """It answers in place of web02, whose own answer is withheld: with its own key, and with web02's certificate beside that."""
    stolen = key_of(fleet, "web01")

    def impersonating(frame: Frame) -> Iterable[Frame]:
        found = frame.message
        if not frame.is_reply or found.get("action") != "get_fact" or found["node"] != "web02":
            return (frame,)
        (asked,) = [each for each in fleet.hostile.seen if each.head.startswith(b"SEND") and each.message.get("id") == found["rid"]][:1]
        opened = stolen.open_request(stolen.read(asked.body))
        lie = Reply(opened.id, opened.digest, "web02", "rpcutil", "get_fact", {"fact": "country", "value": "us"}, time.time())
        sealed = stolen._seal(envelope.REPLY, strictjson.dumps(reply_to_wire(lie, opened)).encode())
        mine, theirs = json.loads(sealed), json.loads(frame.body)["s"][0]
        dressed = mine | {"s": [mine["s"][0] | {"kid": theirs["kid"], "crt": theirs["crt"]}]}
        return [frame.carrying(each) for each in (sealed, strictjson.dumps(dressed).encode())]

    fleet.hostile.script = impersonating
    found = fleet.rpc("rpcutil", "get_fact", "fact=country", "-t", "5")
    assert sorted(reply["sender"] for reply in found["replies"]) == [name for name in NAMES if name != "web02"]
    assert {reply["data"]["value"] for reply in found["replies"]} == {"uk"}
    assert found["stats"]["no_response"] == ["web02"]


@pytest.mark.parametrize("kind", ["a text of 100 MB", "a million keys", "brackets without an end"])
def test_s54_an_answer_without_measure_costs_the_client_little_and_no_other_answer(fleet: Attacked, kind: str) -> None:
    """It is signed as it should be, in place of web01's own: parts that go on and on, or that are a value beyond all bounds."""
    stolen, text = key_of(fleet, "web01"), "".join(f'"{number}":0,' for number in range(1_000_000))
    pieces = {
        "a text of 100 MB": ['"', *["x" * (2 << 20)] * 50],
        "a million keys": [f"{{{text[: len(text) // 2]}", f'{text[len(text) // 2 :]}"":0}}'],
        "brackets without an end": ["[" * (2 << 20)] * 2,
    }[kind]

    def flooding(frame: Frame) -> Iterable[Frame]:
        found = frame.message
        if not frame.is_reply or found.get("action") != "get_fact" or found["node"] != "web01":
            return (frame,)
        (asked,) = [each for each in fleet.hostile.seen if each.head.startswith(b"SEND") and each.message.get("id") == found["rid"]][:1]
        opened = stolen.open_request(stolen.read(asked.body))
        plain = Reply(opened.id, opened.digest, "web01", "rpcutil", "get_fact", {}, time.time())
        lies = [
            replace(plain, body=piece, seq=seq, last=seq == len(pieces) - 1 and kind != "a text of 100 MB")
            for seq, piece in enumerate(pieces)
        ]
        return [frame.carrying(stolen._seal(envelope.REPLY, json.dumps(reply_to_wire(lie, opened)).encode())) for lie in lies]

    fleet.hostile.script = flooding
    asked = fleet.start_mco("rpc", "rpcutil", "get_fact", "fact=country", "-t", "8", "--json")
    memory, handle = 0, os.pidfd_open(asked.pid)
    while not select.select([handle], [], [], 0.05)[0]:
        peak = [line for line in Path(f"/proc/{asked.pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
        memory = int(peak[0].split()[1]) >> 10 if peak else memory
    os.close(handle)
    output, errors = asked.communicate(timeout=60)
    found = json.loads(output)
    assert sorted(reply["sender"] for reply in found["replies"]) == NAMES[1:], errors
    assert found["stats"]["no_response"] == ["web01"]
    assert 0 < memory < 400  # MB


def test_c_strangers_certificates_and_the_largest_messages_wear_nobody_down(fleet: Attacked, wire: Wire, tmp_path: Path) -> None:
    stranger = Site(tmp_path / "stranger")
    for number in range(20):
        stranger.issue(f"op{number}.mcollective", "caller")
    for number in range(20):
        text = "".join(
            f"plugin.x509.{name} = {path}\n"
            for name, path in (
                ("ca", stranger.folder / "ca" / "ca.pem"),
                ("crl", stranger.folder / "ca" / "crl.pem"),
                ("cert", stranger.certificate(f"op{number}.mcollective")),
                ("key", stranger.key(f"op{number}.mcollective")),
            )
        )
        signer: Any = security_plugin(Config.from_text(text, "client"), "client", time.time)
        payload = signer.seal_request(nap(wire, caller=f"cert=op{number}.mcollective")).payload
        for _ in range(10):
            wire.publish(payload, agent="nap")
    for _ in range(10):
        wire.publish(b"[" * 900_000, agent="nap")
    ran = len(fleet.ledger)
    assert fleet.is_well()
    assert len(fleet.ledger) == ran


# --- D: an operator beyond his rights ------------------------------------------------------------------------------------------


def test_d_an_operator_gets_no_further_than_his_policy_and_every_try_is_written_down(fleet: Attacked) -> None:
    config = client_of(fleet, BOB)
    ran = len(fleet.ledger)
    with Wire(config) as bob:
        allowed = bob.request("nap", "doze", {"seconds": 0.0})
        bob.send(allowed)
        wait_until("what he may runs", lambda: len(fleet.ran(allowed)) == 10, 20)
        wait_until("and is written down", lambda: all(decisions(fleet, name, allowed.id) for name in NAMES), 20)
        tries = [
            nap(bob),
            nap(bob, targets=tuple(NAMES)),
            bob.request("nap", "fill", {"count": 1}),
            nap(bob, caller=f"cert={OPERATOR}"),
            bob.request("nap", "NAP", {"seconds": 0.0}),
            bob.request("nap", "nap\n", {"seconds": 0.0}),
            bob.request("Nap", "nap", {"seconds": 0.0}),
            bob.request("../nap", "nap", {"seconds": 0.0}),
            bob.request("nap", "doze", {"seconds": 0.0, "action": "nap"}),
            bob.request("nap", "doze", "nap"),
            bob.request("nap", None, {"action": "nap", "seconds": 0.0}),
            bob.request("rpcutil", "find_request", {"request": "0" * 32}),
        ]
        before = len(fleet.ledger)
        unvalidated = {name: fleet.stats(name)["unvalidated"] for name in (NAMES[0], NAMES[-1])}
        for request in tries:
            sealed: Any = bob.security
            payload = sealed._seal(envelope.REQUEST, strictjson.dumps(request_to_wire(request)).encode())
            agents = ("nap", "rpcutil") if request.targets is None else ()
            for agent in agents:
                bob.publish(payload, agent=agent)
            for name in request.targets or ():
                bob.publish(payload, agent=request.agent, node=name)
        obo = fleet.start_mco("rpc", "nap", "nap", "seconds=0", "--on-behalf-of", f"cert={OPERATOR}", "-t", "3", config=config)
        assert obo.wait(60) != 0
        assert bob.ask(bob.request()) is not None
    assert len(fleet.ledger) == before == ran + 10
    for host in (NAMES[0], NAMES[-1]):
        lines = [line for line in audit(fleet, host) if BOB in json.dumps(line) and line["decision"] != "allow"]
        assert {line["decision"] for line in lines} <= {"deny", "invalid"}
        known = {line["request_id"] for line in lines}
        # What is no request of his at all has no id or caller to be written down: it counts, and has a line that says what came.
        no_requests = {number for number, request in enumerate(tries) if request.id not in known}
        assert no_requests == {3, 5, 6, 7, 9}
        expected = unvalidated[host] + 2 * len(no_requests) + 1  # one is the search on behalf of another
        wait_until("all of them count", lambda host=host, expected=expected: fleet.stats(host)["unvalidated"] == expected, 10)
        assert any(line["decision"] == "invalid" for line in audit(fleet, host))


def decisions(fleet: Attacked, name: str, id: str) -> list[str]:
    return [line["decision"] for line in audit(fleet, name) if line["request_id"] == id]


# --- G: mistakes ----------------------------------------------------------------------------------------------------------------


def test_g_a_filter_that_is_empty_or_fails_reaches_nobody(fleet: Attacked, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("")
    order = ("rpc", "nap", "nap", "seconds=0", "-t", "3")
    ran = len(fleet.ledger)
    for words in (
        ("-F", "country=nowhere"),
        ("-C", "role::databse"),
        ("-I", "web9[1-3]"),
        ("-S", "country=uk and ("),
        ("-F", "country="),
        ("-W", ""),
        ("-I", ""),
        ("-I", "/[/"),
        ("--nodes", str(empty)),
        ("--nodes", str(tmp_path / "missing")),
        ("--dm", "flatfile", "--do", str(empty)),
        ("--dm", "nosuch"),
        ("-x", "web[01-10]"),
        ("--limit", "0"),
        ("--limit", "-3"),
        ("--batch", "0"),
    ):
        ended = fleet.mco(*order, *words)
        assert ended.returncode != 0, (words, ended.stdout)
        assert len(fleet.ledger) == ran, words


def test_g_a_limit_and_a_batch_are_kept_to_the_host(fleet: Attacked) -> None:
    order = ("nap", "nap", "seconds=0")
    ran = len(fleet.ledger)
    fleet.rpc(*order, "--limit", "3")
    assert len(fleet.ledger) == ran + 3
    fleet.rpc(*order, "--limit", "20%")
    assert len(fleet.ledger) == ran + 5
    stopped = fleet.mco("rpc", "nap", "nap", "seconds=-1", "--canary", "2", "--batch", "4", "--json")
    assert stopped.returncode == 2
    asked = json.loads(stopped.stdout)
    assert len(asked["replies"]) <= 2
