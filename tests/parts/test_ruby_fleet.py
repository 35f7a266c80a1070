"""Two hosts with Ruby's daemon and two with ours behind one broker: either client drives them all, and all answer alike."""

import base64
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from subprocess import CompletedProcess
from typing import Any

import pytest
import stomp

from mcollective_py.cli.demosite import SiteHost
from mcollective_py.config import Config
from mcollective_py.message import Reply, Request
from mcollective_py.security.load import security_plugin
from mcollective_py.wire.symbol import Symbol
from tests.parts.historic import RUBY_LIBDIR, HistoricSite, Listening
from tests.parts.mixed import BothEnded, MixedFleet, PythonCalls, data_of
from tests.parts.require import require_programs
from tests.parts.ruby import RUBY_DAEMON, RUBY_MCO, RubyCalls
from tests.parts.typed import typed
from tests.parts.wire import Wire as LowLevel
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

# The first of each language is the twin of the first of the other, and so on: a filter means both or neither.
UK = {"country": "uk", "cores": "4", "version": "2.10"}
DE = {"country": "de", "cores": "16", "version": "2.9"}
IN_UK = {"collectives": "mcollective,uk"}
RUBY = (SiteHost("ruby1", ("role::web", "common"), UK, IN_UK), SiteHost("ruby2", ("role::db", "common"), DE))
OURS = (SiteHost("py1", ("role::web", "common"), UK, IN_UK), SiteHost("py2", ("role::db", "common"), DE))
ALL, FIRST, SECOND = ("py1", "py2", "ruby1", "ruby2"), ("py1", "ruby1"), ("py2", "ruby2")


@dataclass(frozen=True)
class Wire:
    """One way in which hosts and clients understand each other. settings: of every file, beside those that it takes anyway."""

    connector: str
    security: str
    serializer: str = "marshal"
    settings: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    def __str__(self) -> str:
        return "-".join(word for word in (self.connector, self.security, self.serializer, self.name) if word)


def wrapped(connector: str, **more: str) -> dict[str, str]:
    """One topic for all agents, and bodies in base64."""
    settings = {"agents_multiplex": "1", "base64": "1", "heartbeat_interval": "30", **more}
    return {f"plugin.{connector}.{key}": value for key, value in settings.items()}


WIRES = (
    Wire("activemq", "psk"),
    Wire("activemq", "ssl"),
    Wire("activemq", "ssl", "yaml"),
    Wire("activemq", "aes_security"),
    Wire("activemq", "aes_security", "yaml"),
    Wire("activemq", "psk", settings=wrapped("activemq", priority="4"), name="wrapped"),
    Wire("rabbitmq", "psk"),
    Wire("rabbitmq", "ssl"),
    Wire("rabbitmq", "ssl", "yaml", settings=wrapped("rabbitmq", use_reply_exchange="1"), name="wrapped"),
)
# What no broker and no security plugin has a part in is asked of one fleet alone.
ONE_WIRE = pytest.mark.parametrize("fleet", WIRES[:1], indirect=True, ids=str)


@pytest.fixture(scope="module", params=WIRES, ids=str)
def fleet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MixedFleet]:
    require_programs("ruby", RUBY_MCO, RUBY_DAEMON)
    wire: Wire = request.param
    broker = request.getfixturevalue(wire.connector)
    if wire.connector == "rabbitmq":
        broker.declare("uk")
    site = HistoricSite(
        tmp_path_factory.mktemp("fleet"),
        connector=wire.connector,
        security=wire.security,
        serializer=wire.serializer,
        brokers=[Listening(broker.port, broker.user, broker.password)],
        settings=wire.settings,
        server_settings={"registerinterval": "2"},
    )
    with MixedFleet(site, ruby=RUBY, python=OURS, client_settings=IN_UK) as running:
        yield running


# --- values -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ruby_calls(fleet: MixedFleet) -> Iterator[RubyCalls]:
    with fleet.ruby_calls() as calls:
        yield calls


@pytest.fixture(scope="module")
def python_calls(fleet: MixedFleet) -> Iterator[PythonCalls]:
    with fleet.python_calls() as calls:
        yield calls


Calls = RubyCalls | PythonCalls


@pytest.fixture(params=["ruby", "python"])
def calls(request: pytest.FixtureRequest, ruby_calls: RubyCalls, python_calls: PythonCalls) -> Calls:
    return ruby_calls if request.param == "ruby" else python_calls


VALUES: dict[str, Any] = {
    "nil": None,
    "true": True,
    "false": False,
    "zero": 0,
    "negative": -1,
    "30 bits": 2**30,
    "64 bits": -(2**64),
    "beyond": 10**40,
    "float": 0.1,
    "negative zero": -0.0,
    "large float": 1e100,
    "tiny float": 5e-324,
    "infinity": float("-inf"),
    "not a number": float("nan"),
    "empty text": "",
    "scripts": "žluťoučký kůň, 雪, 😀",
    "lines": "one\ntwo\r\n\ttabbed\0nul",
    "text that looks like more": [":symbol", "true", "1_000", "1,000", "0x1f", "~", "12:30:45", "2024-01-01", "- a", "a: b", "'", '"'],
    "bytes": b"\xff\x00\xfe",
    "symbol": Symbol("running"),
    "odd symbol": Symbol("with space: and colon"),
    "empty": [{}, []],
    "nested": {"list": [1, [2.5, None], {"deep": [True, "č", {"more": Symbol("x")}]}]},
    "same twice": [["a", 1], ["a", 1]],
    "keys": {"text": 1, Symbol("symbol"): 2, 3: "three"},
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_as_it_was_sent(calls: Calls, name: str) -> None:
    answer = calls.call("parrot", "say", {"value": VALUES[name]}, ALL)
    wanted = {"value": typed(VALUES[name]), "unset": {"s": "as declared"}}
    assert data_of(answer) == dict.fromkeys(ALL, wanted)


def test_every_kind_of_value_comes_from_either_language(calls: Calls) -> None:
    shown = {
        "nothing": None,
        "yes": True,
        "small": -7,
        "large": 2**70,
        "float": 3.25,
        "text": "žluťoučký kůň 雪",
        "bytes": b"\xff\x00\xfe",
        "symbol": Symbol("running"),
        "nested": {"list": [1, [2.5, None], {"deep": [True, "č"]}], "empty": {}, "none": []},
    }
    answer = calls.call("parrot", "show", {}, ALL)
    assert data_of(answer) == {host: {name: typed(value) for name, value in shown.items()} for host in ALL}


def test_the_names_of_outputs_are_symbols_to_ruby(ruby_calls: RubyCalls) -> None:
    answer = ruby_calls.call("parrot", "say", {"value": {"plain": 1}}, ALL)
    for reply in answer["replies"]:
        assert [key for key, _ in reply["data"]["h"]] == [{"y": "value"}, {"y": "unset"}], reply
    assert len(answer["replies"]) == 4


def test_a_reply_of_half_a_megabyte_comes_whole(calls: Calls) -> None:
    text = "0123456789" * 50_000
    assert data_of(calls.call("parrot", "say", {"value": text}, ("py1", "ruby1")))["py1"]["value"] == {"s": text}


# --- status codes -------------------------------------------------------------------------------------------------------

STUMBLES = {
    "aborted": (1, "gave up", "the start"),
    "carrying on": (1, "not quite", "the end"),
    "unknown": (2, "nothing is known", "the start"),
    "missing": (3, "something is missing", "the start"),
    "invalid": (4, "something is wrong", "the start"),
    "other": (5, "something else", "the start"),
    "exception": (5, "out of seeds", "the start"),
}


def outcomes(answer: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Status code and message of each host."""
    return {reply["sender"]: (reply["code"], reply["message"]) for reply in answer["replies"]}


@pytest.mark.parametrize("how", STUMBLES)
def test_a_failure_has_one_code_and_message_and_keeps_what_was_set(calls: Calls, how: str) -> None:
    code, message, reached = STUMBLES[how]
    answer = calls.call("parrot", "stumble", {"how": how}, ALL)
    assert outcomes(answer) == dict.fromkeys(ALL, (code, message))
    assert data_of(answer) == {host: {"reached": {"s": reached}} for host in ALL}


# Action and inputs, and what Ruby's daemon says of them.
REFUSED: dict[str, tuple[str, dict[str, Any], tuple[int, str]]] = {
    "an action nobody declared": ("fly", {}, (4, "Attempted to call action fly for parrot but it's not declared in the DDL")),
    "an input missing": ("check", {}, (4, "Action check needs a word argument")),
    "text too long": ("check", {"word": "a" * 11}, (4, "Cannot validate input word: Input string is longer than 10 character(s)")),
    "text that does not match": ("check", {"word": "UP"}, (4, "Cannot validate input word: value should match ^[a-z]+$")),
    "no text": ("check", {"word": 5}, (4, "Cannot validate input word: value should be a string")),
    "none of a list": ("check", {"word": "a", "mode": "idle"}, (4, "Cannot validate input mode: value should be one of fast, slow")),
    "no boolean": ("check", {"word": "a", "loud": "yes"}, (4, "Cannot validate input loud: value should be a boolean")),
    "no integer": ("check", {"word": "a", "count": 0.5}, (4, "Cannot validate input count: value should be a integer")),
    "no number": ("check", {"word": "a", "share": "1"}, (4, "Cannot validate input share: value should be a number")),
    "none of another list": (
        "stumble",
        {"how": "nonsense"},
        (
            4,
            "Cannot validate input how: value should be one of aborted, carrying on, unknown, missing, invalid, other, exception",
        ),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_inputs_are_refused_in_the_same_words(calls: Calls, name: str) -> None:
    action, inputs, wanted = REFUSED[name]
    assert outcomes(calls.call("parrot", action, inputs, ALL)) == dict.fromkeys(ALL, wanted)


def test_good_inputs_reach_the_action_as_they_were_sent(calls: Calls) -> None:
    inputs = {"word": "abc", "mode": "fast", "loud": True, "count": 7, "share": 0.5}
    answer = calls.call("parrot", "check", inputs, ALL)
    came = {host: {_word(key): value for key, value in data["inputs"]["h"]} for host, data in data_of(answer).items()}
    assert came == {host: {name: typed(value) for name, value in inputs.items()} for host in ALL}


def _word(key: Mapping[str, str]) -> str:
    (word,) = key.values()
    return word


# --- ways to ask --------------------------------------------------------------------------------------------------------


def test_a_broadcast_reaches_everybody(calls: Calls) -> None:
    answer = calls.call("parrot", "say", {"value": "all"}, ALL, broadcast=True)
    assert sorted(reply["sender"] for reply in answer["replies"]) == list(ALL)


def test_a_host_that_is_not_there_is_named_as_silent(calls: Calls) -> None:
    answer = calls.call("parrot", "say", {}, ("py1", "ruby1", "nobody"), timeout=1)
    assert answer["silent"] == ["nobody"]
    assert sorted(reply["sender"] for reply in answer["replies"]) == ["py1", "ruby1"]


@ONE_WIRE
def test_a_host_that_refuses_a_discovery_is_named_by_our_client_and_not_found_by_rubys(fleet: MixedFleet) -> None:
    config = fleet.site.write_client("long", {**IN_UK, "ttl": "600"})  # ours take 300 s at most
    ended = fleet.both("find", "--dt", "2", config=config)
    assert (ended.ruby.returncode, sorted(ended.ruby.stdout.split())) == (0, ["ruby1", "ruby2"]), ended.ruby
    assert (ended.python.returncode, ended.python.stdout.split()) == (2, ["ruby1", "ruby2"])
    for host in ("py1", "py2"):
        assert re.search(rf"^   {host}: request [0-9a-f]+ has a ttl of 600 s, this node allows 300 s ", ended.python.stderr, re.M)


def test_a_request_that_wants_no_answer_is_carried_out_by_every_host(fleet: MixedFleet, ruby_calls: RubyCalls) -> None:
    sent = ruby_calls.call("parrot", "note", {"text": "from-ruby"}, ALL, no_results=True)["id"]
    process = fleet.python_mco("rpc", "parrot", "note", "text=from-python", "--nr", "--dt", "1", *(f"-I{name}" for name in ALL))
    assert process.returncode == 0, process
    ours = process.stdout.split()[-1]
    fleet.wait_for_lines(
        fleet.site.ledger,
        [f"{host} {id} {text}" for host in ALL for id, text in ((sent, "from-ruby"), (ours, "from-python"))],
    )


def test_the_hosts_of_a_subcollective_answer_there(calls: Calls) -> None:
    answer = calls.call("parrot", "say", {"value": 1}, FIRST, collective="uk", broadcast=True)
    assert sorted(reply["sender"] for reply in answer["replies"]) == list(FIRST)
    directly = calls.call("parrot", "say", {"value": 1}, FIRST, collective="uk")
    assert sorted(reply["sender"] for reply in directly["replies"]) == list(FIRST)


def test_a_short_ttl_is_honoured(calls: Calls) -> None:
    answer = calls.call("parrot", "say", {"value": 1}, ALL, ttl=3)
    assert sorted(reply["sender"] for reply in answer["replies"]) == list(ALL)


class Letterbox(stomp.ConnectionListener):  # type: ignore[misc]  # no types come with it
    """A queue that is read by neither client; messages holds the bodies."""

    def __init__(self, port: int, user: str, password: str, queue: str) -> None:
        self.messages: list[bytes] = []
        self._connection = stomp.Connection12([("127.0.0.1", port)], vhost="/", auto_decode=False)
        self._connection.set_listener("", self)
        self._connection.connect(user, password, wait=True)
        self._connection.subscribe(queue, id="1", ack="auto")

    def on_message(self, frame: Any) -> None:
        self.messages.append(frame.body)

    def close(self) -> None:
        self._connection.disconnect()


def test_replies_go_to_another_place_where_the_caller_wants_it(fleet: MixedFleet, request: pytest.FixtureRequest) -> None:
    broker = request.getfixturevalue(fleet.site.connector)
    place = "/queue/mcollective.elsewhere" if fleet.site.connector == "activemq" else "/exchange/mcollective_reply/elsewhere"
    letterbox = Letterbox(broker.port, broker.user, broker.password, place)
    try:
        words = ("rpc", "rpcutil", "get_fact", "fact=country", "--reply-to", place)
        ended = fleet.both(*words, *(f"-I{name}" for name in ALL))
        for process in (ended.ruby, ended.python):
            assert process.returncode == 0, process
            assert re.search(r"^Request sent with id: [0-9a-f]{32}", process.stdout), process
        wait_until("four replies to each client in the other queue", lambda: len(letterbox.messages) >= 8, 10)
    finally:
        letterbox.close()
    config = Config.from_file(fleet.client_config, "client")
    security = security_plugin(config, "client", time.time)
    payloads = [base64.b64decode(body) if "base64" in fleet.client_config.read_text() else body for body in letterbox.messages]
    replies = [security.open_reply(security.read(payload)) for payload in payloads]
    asked = {process.stdout.split()[4] for process in (ended.ruby, ended.python)}
    assert {(reply.sender, reply.request_id) for reply in replies} == {(host, id) for host in ALL for id in asked}
    assert {(reply.sender, reply.data["value"]) for reply in replies} == {*((h, "uk") for h in FIRST), *((h, "de") for h in SECOND)}


@ONE_WIRE
def test_our_client_calls_by_the_ddl_of_a_ruby_agent(fleet: MixedFleet) -> None:
    config = fleet.site.write_client("ruby-ddl", {**IN_UK, "libdir": str(RUBY_LIBDIR)})
    words = ("rpc", "parrot", "check", "word=hello", "loud=yes", "count=5", "share=0.5", "--json", *(f"-I{name}" for name in ALL))
    process = fleet.python_mco(*words, config=config)
    assert process.returncode == 0, process
    came = {reply["sender"]: reply["data"]["inputs"] for reply in json.loads(process.stdout)["replies"]}
    wanted = {"word": "hello", "loud": True, "count": 5, "share": 0.5}
    assert came == dict.fromkeys(ALL, wanted)


@ONE_WIRE
def test_what_ruby_lets_pass_outside_its_time_or_twice_our_hosts_carry_out_once_or_not_at_all(fleet: MixedFleet) -> None:
    with LowLevel(fleet.client_config) as wire:
        now = time.time()
        stale, future, twice, last = (wire.request(time=now + ahead) for ahead in (-100, 3600, 0, 0))
        wire.send(stale)
        wire.send(future)
        payload = wire.send(twice)
        wire.publish(payload)
        wire.send(last)
        replies: list[Reply] = []
        while sum("pong" in reply.data for reply in replies) < 2 + 6 + 4:
            reply = wire.reply()
            assert reply is not None, replies
            replies.append(reply)

    def carried_out(request: Request) -> list[str]:
        return sorted(reply.sender for reply in replies if reply.request_id == request.id and "pong" in reply.data)

    assert carried_out(stale) == []
    assert carried_out(future) == ["ruby1", "ruby2"]
    assert carried_out(twice) == ["py1", "py2", "ruby1", "ruby1", "ruby2", "ruby2"]
    assert carried_out(last) == list(ALL)


def test_registrations_of_either_language_are_heard_by_both(fleet: MixedFleet) -> None:
    path = fleet.site.registrations

    def pairs() -> set[tuple[str, str]]:
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return {(listener, sender) for listener, sender, agents in lines if {"rpcutil", "parrot"} <= set(agents.split(","))}

    wanted = {(listener, sender) for listener in ("python", "ruby1", "ruby2") for sender in ALL}
    wait_until("everybody's registration everywhere", lambda: wanted <= pairs(), 15)


# --- the same words through both clients -------------------------------------------------------------------------------

# What is asked, who answers, and the exit code: of both clients alike. On every wire goes what has another shape there, all kinds of a
# filter in one; what each kind means is asked on one wire alone, for every command costs a second of a processor.
FIND = {
    "": (ALL, 0),
    "-C /^role::d/ -F country=de -F cores=16 -I /2$/ -A parrot": (SECOND, 0),
    "-S fstat('/etc/passwd').name=/pass/|and|not|(country=/^u/|or|role::web)": (SECOND, 0),
    "-T uk": (FIRST, 0),
}
FIND_ON_ONE_WIRE = {
    "-F country=uk -F cores=4": (FIRST, 0),
    "-C /^role::d/": (SECOND, 0),
    "-W role::web|country=uk": (FIRST, 0),
    "-I /^ruby/": (("ruby1", "ruby2"), 0),
    "-S (country=/^u/|or|role::db)|and|not|cores=4": (SECOND, 0),
    "-S fstat('/etc/passwd').name=/pass/|and|cores=16": (SECOND, 0),
    "-F country=mars": ((), 1),
    "-F country=/^U/": ((), 1),
    "-F country=~^d": (SECOND, 0),
    "-F country!=uk": (SECOND, 0),
    "-F cores>=16": (SECOND, 0),
    "-F cores<16": (FIRST, 0),
    "-F version=2.10": (FIRST, 0),
    "-F version>2.9": ((), 1),  # numbers to Ruby: 2.10 is less
    "-F planet!=mars": ((), 1),
    "-C role::web": (FIRST, 0),
    "-C role::web -C role::db": ((), 1),
    "-C common -F cores=~^1": (SECOND, 0),
    "-A parrot": (ALL, 0),
    "-A /^parr/": (ALL, 0),
    "-A tractor": ((), 1),
    "-I /[12]$/": (ALL, 0),
    "-I py2 -I ruby1": (("py2", "ruby1"), 0),
    "-S role::web|and|country=uk": (FIRST, 0),
    "-S !role::web": (SECOND, 0),
    "-S fstat('/etc/passwd').size>0|and|cores=16": (SECOND, 0),
    "-S fstat('/no/such/file').present=0|and|common": (ALL, 0),
    "-S agent('parrot').timeout=5|and|role::web": (FIRST, 0),
    "-S agent('tractor').timeout=5|or|common": ((), 1),
    "-S fact('country').value=/^d/": (SECOND, 0),
    "-S fact('country').value!=uk": (SECOND, 0),
    "-S collective('uk').member=true": (FIRST, 0),
}
OTHERS = {
    "ping -t 1": (ALL, 0),
    "facts country --dt 1": ((), 0),
    "rpc rpcutil get_fact fact=country -C role::web --dt 1": (FIRST, 0),
    "rpc rpcutil ping -I py1 -I ruby2 -I nobody -t 2": (("py1", "ruby2"), 0),
}
OTHERS_ON_ONE_WIRE = {
    "ping -t 1 -F country=mars": ((), 4),
    "rpc parrot stumble how=aborted --dt 1": (ALL, 2),
    "rpc parrot check word=hello loud=yes count=5 share=0.5 -I py1 -I ruby1": (FIRST, 0),
    "ping -t 1 -F country=uk": (FIRST, 0),
    "rpc rpcutil ping --dt 1": (ALL, 0),
    "rpc rpcutil get_fact fact=country -I py2 -I ruby2": (SECOND, 0),
    "rpc rpcutil get_data source=fstat query=/etc/passwd --dt 1": (ALL, 0),
    "rpc rpcutil collective_info -T uk --dt 1": (FIRST, 0),
    "rpc rpcutil ping -F country=mars --dt 1": ((), 1),
    "rpc rpcutil ping -I nobody -t 1": ((), 4),
    "rpc rpcutil ping --batch 3 --batch-sleep 0.1 --dt 1": (ALL, 0),
    "rpc rpcutil ping --limit 4 --dt 1": (ALL, 0),
    "rpc parrot stumble how=nonsense --dt 1": ((), 1),
    "rpc parrot fly --dt 1": ((), 1),
    "rpc parrot note --nr -I py1 -I ruby1": ((), 0),
    "rpc parrot dawdle seconds=4 -I py1 -I ruby1 -t 1": ((), 4),
    "rpc parrot dawdle seconds=0.1 -F cores=16 --dt 1": (SECOND, 0),
    "inventory nobody -t 1": ((), 1),
}


class Ended(dict[str, BothEnded]):
    """What command lines come to. Most of their time is waiting, so whole tables run beside each other and beside other tests.

    doctor: our doctor's own, which waits longest.
    """

    def __init__(self, fleet: MixedFleet) -> None:
        self._fleet = fleet
        self.doctor = fleet.start_python_mco("doctor", "--json")
        self._start([*_FINDS, *OTHERS])

    def __missing__(self, line: str) -> BothEnded:
        self._start([*_FINDS_ON_ONE_WIRE, *OTHERS_ON_ONE_WIRE])
        return self[line]

    def _start(self, lines: Iterable[str]) -> None:
        self.update({line: self._fleet.both(*(word.replace("|", " ") for word in line.split())) for line in lines})


_FINDS, _FINDS_ON_ONE_WIRE = ([f"find --dt 1 {words}" for words in table] for table in (FIND, FIND_ON_ONE_WIRE))


@pytest.fixture(scope="module", autouse=True)
def ended(fleet: MixedFleet) -> Ended:
    return Ended(fleet)


def answering(process: CompletedProcess[str]) -> set[str]:
    """The hosts that a command's output has answers of, each at the start of a line."""
    answers = process.stdout.partition("No response from")[0]
    return {name for name in ALL if re.search(rf"^\s*{name}\b", answers, re.M)}


def check_find(outcome: BothEnded, hosts: Sequence[str], code: int) -> None:
    for process in (outcome.ruby, outcome.python):
        assert (sorted(process.stdout.split()), process.returncode) == (list(hosts), code), process
    assert not outcome.python.stderr


def check_answers(outcome: BothEnded, hosts: Sequence[str], code: int) -> None:
    for process in (outcome.ruby, outcome.python):
        assert (answering(process), process.returncode) == (set(hosts), code), process


@pytest.mark.parametrize("words", FIND)
def test_both_clients_find_the_same_hosts(ended: Ended, words: str) -> None:
    check_find(ended[f"find --dt 1 {words}"], *FIND[words])


@ONE_WIRE
@pytest.mark.parametrize("words", FIND_ON_ONE_WIRE)
def test_both_clients_find_the_same_hosts_by_every_filter(ended: Ended, words: str) -> None:
    check_find(ended[f"find --dt 1 {words}"], *FIND_ON_ONE_WIRE[words])


@pytest.mark.parametrize("words", OTHERS)
def test_both_clients_get_answers_of_the_same_hosts_and_exit_alike(ended: Ended, words: str) -> None:
    check_answers(ended[words], *OTHERS[words])


@ONE_WIRE
@pytest.mark.parametrize("words", OTHERS_ON_ONE_WIRE)
def test_every_command_has_answers_of_the_same_hosts_and_exits_alike(ended: Ended, words: str) -> None:
    check_answers(ended[words], *OTHERS_ON_ONE_WIRE[words])


def test_both_clients_count_the_same_facts(ended: Ended) -> None:
    outcome = ended["facts country --dt 1"]
    for process in (outcome.ruby, outcome.python):
        assert re.findall(r"^\s+(\w+)\s+found (\d+) times$", process.stdout, re.M) in ([("de", "2"), ("uk", "2")],), process


@pytest.mark.parametrize("host", ["py2", "ruby2"])
def test_both_clients_show_the_inventory_of_a_host_of_either_language(fleet: MixedFleet, host: str) -> None:
    outcome = fleet.both("inventory", host)
    for process in (outcome.ruby, outcome.python):
        assert process.returncode == 0, process
        for said in ("role::db", "parrot", "rpcutil", "country => de", "cores => 16", "Main Collective: mcollective"):
            assert said in process.stdout, (said, process)


def test_a_request_without_a_name_goes_to_everybody_where_the_threshold_is_passed(fleet: MixedFleet) -> None:
    broadcast = {**IN_UK, "direct_addressing_threshold": "0"}
    words = ("rpc", "rpcutil", "get_fact", "fact=country", "-F", "country=de", "--dt", "1")
    client = fleet.site.write_client("broadcast", broadcast)
    ended = fleet.both(*words, config=client)
    for process in (ended.ruby, ended.python):
        assert (answering(process), process.returncode) == (set(SECOND), 0), process


def test_our_hosts_explain_what_they_would_do_and_of_ruby_ones_is_said_what_can_be_known(fleet: MixedFleet) -> None:
    process = fleet.python_mco("why", ",".join(ALL), "rpcutil", "get_fact", "fact=country", "-F", "country=uk", "--json")
    assert process.returncode == 2, process
    said = {each["host"]: each for each in json.loads(process.stdout)["hosts"]}
    assert {host: each["outcome"] for host, each in said.items()} == {"py1": "run", "py2": "ends", "ruby1": "cannot", "ruby2": "cannot"}
    assert said["py2"]["reason"] == "fact country==uk: does not hold"
    assert said["ruby1"]["notes"][0] == "by its inventory the filter means it, and the agent rpcutil is active"
    assert said["ruby2"]["notes"][0] == "by its inventory the filter does not mean it: fact country==uk: does not hold"


def test_the_doctor_finds_a_mixed_fleet_well(ended: Ended) -> None:
    process = ended.doctor.result(300)
    checks = json.loads(process.stdout)["checks"]
    assert [check for check in checks if check["outcome"] in ("fail", "skip")] == [], process
    seen = {check["name"]: check["seen"] for check in checks}
    assert seen["hosts in mcollective"] == "4 answer: py[1-2],ruby[1-2]"
    assert seen["hosts in uk"] == "2 answer: py1,ruby1"
    assert "with 2.12" in seen["versions"]
