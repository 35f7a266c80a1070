"""Odd messages, as recorded with a real Ruby daemon: ours does the same with each, but for a written list of differences.

docs/ruby-differences.md says the same list in words for operators.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.client.collector import Collector, Verdict
from mcollective_py.config import Config
from mcollective_py.connector.loopback import LoopbackBroker
from mcollective_py.errors import NotSigned
from mcollective_py.message import Delivery, Destination, Kind
from mcollective_py.security.psk import PSK
from mcollective_py.server.call import Call
from mcollective_py.server.dispatch import perform
from mcollective_py.server.executor import Done
from mcollective_py.server.host import build_host
from mcollective_py.server.runner import Runner
from mcollective_py.server.stats import Stats
from mcollective_py.testing import DaemonStandIn
from mcollective_py.wire import marshal
from mcollective_py.wire.symbol import Symbol
from tests.wire.recorded import VECTORS, psk_of

FOLDER = VECTORS / "oddities-psk"
CASES = {case["case"]: case for case in json.loads((FOLDER / "cases.json").read_text())["cases"]}
OF_NODES = [name for name in CASES if not name.startswith("client: ")]
OF_CLIENTS = [name for name in CASES if name.startswith("client: ")]

ANSWERS = "/queue/mcollective.reply.client.example_1.1"
TIME = 1795407731  # of the recording, for messages without a time
# When the messages whose time is odd were sent.
SENT = {"ttl-expired": 1795407728.5, "ttl-edge": 1795407730.5, "msgtime-future": 1795407730.5, "msgtime-missing": TIME}

ANSWERED, DROPPED = "answered 0", "dropped"

# What we do otherwise, on purpose: case -> our outcome and why.
DIFFERENCES = {
    "filter-fact-dotted": (ANSWERED, "a dotted name finds the value in a structured fact"),
    "filter-identity-twice": (ANSWERED, "identities are alternatives, however many of them match"),
    "ttl-expired": ("answered 5", "the caller is told that the request came too late, by a reply that says so"),
    "msgtime-future": ("answered 5", "a request from the future is not obeyed: it could be sent again for as long as it lies ahead"),
    "callerid-newline": (DROPPED, "a caller id is one line, as a whole: what policies and audit see is what was checked"),
    "requestid-missing": (DROPPED, "without an id a copy could not be told from the first, and no client could match the reply"),
    "requestid-short": (DROPPED, "an id has 32 hex digits, as every client sends it"),
    "collective-other": (DROPPED, "a request for another collective than the one it came by was redirected"),
    "agent-mismatch": (DROPPED, "a body for another agent than the envelope's was redirected"),
    "body-agent-mismatch": (DROPPED, "the same: the body is signed, the envelope is not"),
}


class AtOnce:
    """An executor that has done a call when submit returns."""

    def __init__(self, agents: Any) -> None:
        self.agents = agents
        self.performed: list[str | None] = []

    def submit(self, call: Call, done: Done) -> None:
        self.performed.append(call.action)
        done(perform(self.agents[call.request.agent], call, DaemonStandIn()))

    def check_room(self, caller: str) -> None:
        pass

    def running(self) -> int:
        return 0

    def shutdown(self, timeout: float) -> bool:
        return True


@dataclass
class Node:
    """node1.example of the recording, as a host of ours, and the client's reply queue."""

    folder: Path
    now: float = 0.0

    def __post_init__(self) -> None:
        (self.folder / "facts.yaml").write_text(
            "country: us\nidentity_number: 1\nos: {family: Debian}\ndisks: [sda, sdb]\n", encoding="utf-8"
        )
        (self.folder / "classes.txt").write_text("common\nrole::web\n", encoding="utf-8")
        config = Config.from_text(
            f"identity = node1.example\nsecurityprovider = psk\nplugin.psk = {psk_of('oddities-psk')}\nrpcauthorization = 0\n"
            f"plugin.yaml = {self.folder}/facts.yaml\nclassesfile = {self.folder}/classes.txt\n"
        )
        self.host = build_host(config, lambda: self.now)
        broker = LoopbackBroker(lambda: self.now)
        connector, self.client = broker.connector("node1.example"), broker.connector("client.example", is_daemon=False)
        connector.connect()
        self.client.connect()
        self.client.subscribe([Destination(Kind.REPLY, "mcollective", ANSWERS)])
        self.executor = AtOnce(self.host.agents)
        self.runner = Runner(self.host, connector, self.executor, self.executor, Stats(self.now), lambda: self.now)

    def outcome(self, case: str) -> tuple[str, Any]:
        """`answered CODE` or `dropped`, and the decoded body of the answer."""
        payload = (FOLDER / f"{case}.bin").read_bytes() if (FOLDER / f"{case}.bin").exists() else b""
        self.now = float(SENT.get(case) or time_of(payload))
        headers = {
            "reply_to": None if case == "no-reply-to" else ANSWERS,
            "sender": None if case == "no-mc-sender" else "client.example",
        }
        self.runner.handle(Delivery(payload, Destination(Kind.NODE, "mcollective", "node1.example"), **headers))
        delivery = self.client.receive(0.0)
        if delivery is None:
            return DROPPED, None
        body = marshal.loads(marshal.loads(delivery.payload)["body"])
        return f"answered {body['statuscode']}", body


def time_of(payload: bytes) -> float:
    try:
        envelope = marshal.loads(payload)
    except NotSigned:
        return TIME
    time = envelope.get("msgtime") if isinstance(envelope, dict) else None
    return time + 0.5 if time else TIME


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return Node(tmp_path_factory.mktemp("node"))


def of_ruby(case: dict[str, Any]) -> str:
    """What the real daemon did."""
    if not case["answered"]:
        return DROPPED
    code = re.search(r":statuscode=>(\d+)", case["reply"])
    return f"answered {code[1]}" if code else "answered by text"


def test_every_case_is_here_and_every_difference_is_one():
    assert len(CASES) == 76
    assert len(OF_CLIENTS) == 13
    assert DIFFERENCES.keys() <= set(OF_NODES)
    assert all(of_ruby(CASES[case]) != ours for case, (ours, _) in DIFFERENCES.items())


@pytest.mark.parametrize("case", OF_NODES)
def test_a_node_does_with_an_odd_message_what_rubys_does(node, case):
    ours, body = node.outcome(case)
    assert ours == (DIFFERENCES[case][0] if case in DIFFERENCES else of_ruby(CASES[case])), CASES[case]["what"]
    if case not in DIFFERENCES and body is not None and (said := re.search(r':statusmsg=>"((?:[^"\\]|\\.)*)"', CASES[case]["reply"])):
        assert body["statusmsg"] == said[1]


@pytest.mark.parametrize("case", ["process-results-string", "process-results-nil", "no-reply-to"])
def test_without_a_place_for_replies_the_action_still_runs(tmp_path, case):
    node = Node(tmp_path)
    assert node.outcome(case)[0] == DROPPED
    assert node.executor.performed == ["ping"]


def test_what_was_answered_once_is_not_obeyed_again(tmp_path):
    node = Node(tmp_path)
    assert [node.outcome("plain")[0] for _ in range(3)] == [ANSWERED, DROPPED, DROPPED]
    assert node.executor.performed == ["ping"]


# --- odd replies, to a client ----------------------------------------------------------------------------------------

REQUEST_ID = "0" * 31 + "1"


def reply(**changes: Any) -> dict[Any, Any]:
    """The envelope of a good reply, but for what is changed; body is given as a value. None takes a field away."""
    body = {Symbol("statuscode"): 0, Symbol("statusmsg"): "OK", Symbol("data"): {Symbol("pong"): 1}}
    fields = {"senderid": "fake.example", "requestid": REQUEST_ID, "senderagent": "rpcutil", "msgtime": TIME, "body": body} | changes
    sealed = {Symbol(key): value for key, value in fields.items() if value is not None}
    sealed[Symbol("body")] = marshal.dumps(fields["body"])
    digest = PSK(psk_of("oddities-psk").encode(), caller="uid=0")._digest(sealed[Symbol("body")]).decode()
    return {**sealed, Symbol("hash"): fields.get("hash", digest)}


GOOD = reply()
OK = {"statuscode": 0, "statusmsg": "OK"}
# The messages of each case, and the replies that we make of them: sender and outputs.
REPLIES: dict[str, tuple[list[dict[Any, Any] | bytes], list[tuple[str, Any]]]] = {
    "client: plain": ([GOOD], [("fake.example", {"pong": 1})]),
    "client: string-body": ([reply(body=OK | {"data": {"pong": 1}})], [("fake.example", {"pong": 1})]),
    "client: string-envelope": ([{str(key): value for key, value in GOOD.items()}], []),
    "client: hash-wrong": ([reply(hash="0" * 32)], []),
    "client: other-requestid": ([reply(requestid="0" * 31 + "2"), GOOD], [("fake.example", {"pong": 1})]),
    "client: garbage-first": ([b"garbage", GOOD], [("fake.example", {"pong": 1})]),
    "client: duplicate": ([GOOD, GOOD], [("fake.example", {"pong": 1})]),
    "client: unexpected-sender": (
        [reply(senderid="other.example"), GOOD],
        [("other.example", {"pong": 1}), ("fake.example", {"pong": 1})],
    ),
    "client: old-msgtime": ([reply(msgtime=TIME - 86400)], [("fake.example", {"pong": 1})]),
    "client: no-senderagent": ([reply(senderagent=None, msgtime=None)], []),  # differs: see below
    "client: no-data": ([reply(body={Symbol(key): value for key, value in OK.items()})], [("fake.example", {})]),  # differs
    "client: undeclared-output": (
        [reply(body={Symbol("statuscode"): 0, Symbol("statusmsg"): "OK", Symbol("data"): {Symbol("pong"): 1, Symbol("extra"): 2}})],
        [("fake.example", {"pong": 1, "extra": 2})],
    ),
    "client: extra-body-keys": (
        [reply(body={**marshal.loads(GOOD[Symbol("body")]), Symbol("more"): 3})],
        [("fake.example", {"pong": 1})],
    ),
}
CLIENT_DIFFERENCES = {
    "client: no-senderagent": "a reply belongs to the agent that was asked, so it names one",
    "client: no-data": "a reply without data has none; Ruby's client ends with an exception",
}


@pytest.mark.parametrize("case", OF_CLIENTS)
def test_a_client_makes_of_odd_replies_what_rubys_does(case):
    messages, expected = REPLIES[case]
    client = PSK(psk_of("oddities-psk").encode(), caller="uid=0")
    collector = Collector("rpcutil", started=0.0, window=5.0, expected=["fake.example"])
    collector.sent("", None)
    answers = []
    for message in messages:
        try:
            found = client.open_reply(client.read(message if isinstance(message, bytes) else marshal.dumps(message)))
        except NotSigned:
            continue
        if found.request_id == REQUEST_ID:
            verdict, whole = collector.accept(found, 1.0)
            answers += [(whole.sender, whole.body)] if verdict is Verdict.ANSWER else []
    assert answers == expected
    have_answered = [sender for sender, _ in answers]
    assert collector.silent == (() if "fake.example" in have_answered else ("fake.example",))
    if case not in CLIENT_DIFFERENCES:
        assert have_answered == re.findall(r':sender=>"([^"]+)"', CASES[case]["result"])
