"""A real daemon on a real broker: what it refuses and how it says so, how it reloads, and how it ends."""

import base64
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mcollective_py.cli.demoprocesses import MCOLLECTIVED
from mcollective_py.filter import Filter
from tests.parts.fleet import Fleet
from tests.parts.wire import Wire
from tests.waiting import wait_until

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("daemon"), ["web1"]) as running:
        yield running


@pytest.fixture
def wire(fleet: Fleet) -> Iterator[Wire]:
    with Wire(fleet.site.client_config) as connected:
        yield connected


def other_client(fleet: Fleet, name: str) -> Path:
    """A client.cfg with another certificate of the site's CA."""
    path = fleet.site.folder / f"{name}.cfg"
    text = fleet.site.client_config.read_text()
    own, other = (str(fleet.site.certificate(who)) for who in ("demo.mcollective", name))
    own_key, other_key = (str(fleet.site.key(who)) for who in ("demo.mcollective", name))
    path.write_text(text.replace(own, other).replace(own_key, other_key))
    path.chmod(0o600)
    return path


def refused(fleet: Fleet, wire: Wire, reason: str, send: Callable[[], object]) -> None:
    """Assert that what is sent is counted as refused for this reason, and that the daemon answers afterwards."""
    before = wire.ask(wire.request(action="daemon_stats"))
    assert before is not None
    send()
    after = wire.ask(wire.request(action="daemon_stats"))
    assert after is not None, "the daemon no longer answers"
    assert after.data["refused"].get(reason, 0) == before.data["refused"].get(reason, 0) + 1
    assert after.data["pid"] == before.data["pid"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00",
        b"{",
        b"[]",
        b"null",
        b"\xff" * 1000,
        b"[" * 100_000,
        b'{"p":"mcpy/1"}',
        b"\x04\x08{\x07:\x09body",
        os.urandom(5000),
    ],
    ids=["empty", "nul", "cut", "array", "null", "not-utf8", "deep", "half", "marshal", "random"],
)
def test_garbage_is_refused_and_counted(fleet: Fleet, wire: Wire, garbage: bytes) -> None:
    refused(fleet, wire, "malformed", lambda: wire.publish(garbage))


def test_an_oversized_message_is_refused(fleet: Fleet, wire: Wire) -> None:
    big = json.dumps({"p": "mcpy/1", "t": "x", "b": "A" * 3_000_000, "s": []}).encode()
    refused(fleet, wire, "malformed", lambda: wire.publish(big))


def test_a_changed_byte_breaks_the_signature(fleet: Fleet, wire: Wire) -> None:
    envelope = json.loads(wire.security.seal_request(wire.request()).payload)
    payload = bytearray(base64.b64decode(envelope["b"]))
    position = payload.index(b"rpcutil")
    payload[position : position + 7] = b"package"
    envelope["b"] = base64.b64encode(payload).decode()
    forged = json.dumps(envelope, separators=(",", ":")).encode()
    refused(fleet, wire, "unvalidated", lambda: wire.publish(forged))


def test_a_node_is_no_caller(fleet: Fleet, wire: Wire) -> None:
    # The embedded broker keeps nodes from publishing requests; what somebody else publishes for them the daemon refuses by itself.
    node = Wire(other_client(fleet, "web1"))
    payload = node.security.seal_request(node.request(reply_to=wire.request().reply_to)).payload
    refused(fleet, wire, "notacaller", lambda: wire.publish(payload))


def test_an_unknown_ca_is_not_trusted(fleet: Fleet, wire: Wire, tmp_path: Path) -> None:
    from mcollective_py.cli.demosite import Site, SiteBroker

    stranger = Site(tmp_path)
    config = stranger.write_client(SiteBroker(fleet.broker_port))
    payload = Wire(config).security.seal_request(wire.request()).payload
    refused(fleet, wire, "untrusted", lambda: wire.publish(payload))


def test_a_revoked_caller_is_refused_without_a_restart(fleet: Fleet, wire: Wire) -> None:
    fleet.site.issue("leaver.mcollective", "caller")
    config = other_client(fleet, "leaver.mcollective")
    with Wire(config) as leaver:
        assert leaver.ask(leaver.request()) is not None
        fleet.site.authority.revoke("leaver.mcollective")

        def is_refused() -> bool:
            silent = leaver.ask(leaver.request(), timeout=0.3) is None
            return silent and "revoked" in fleet.log("web1").read_text()

        wait_until("the revocation is in force", is_refused, 20)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"time": -100.0}, "ttlexpired"), ({"time": 100.0}, "clockskew"), ({"ttl": 100_000}, "ttltoolong")],
    ids=["old", "future", "ttl"],
)
def test_times_beyond_the_limits_are_refused_and_the_caller_is_told(
    fleet: Fleet, wire: Wire, changes: dict[str, float], reason: str
) -> None:
    request = wire.request()
    request = replace(request, time=request.time + changes.get("time", 0), ttl=int(changes.get("ttl", 60)))
    told = []
    refused(fleet, wire, reason, lambda: told.append(wire.ask(request)))
    assert told[0] is not None and (told[0].refusal, told[0].statuscode) == (reason, 5)


def test_a_request_runs_once_however_often_it_is_sent(fleet: Fleet, wire: Wire) -> None:
    request = wire.request("nap", "doze", {"seconds": 0.0})
    payload = wire.send(request)
    assert wire.reply() is not None
    for _ in range(50):
        wire.publish(payload, agent="nap")
    stats = wire.ask(wire.request(action="daemon_stats"))
    assert stats is not None and stats.data["refused"]["replayed"] >= 50
    assert [line for line in fleet.ledger if request.id in line] == [f"web1 {request.id}"]


def test_a_request_routed_to_another_agent_is_inconsistent(fleet: Fleet, wire: Wire) -> None:
    payload = wire.security.seal_request(wire.request("rpcutil")).payload
    refused(fleet, wire, "inconsistent", lambda: wire.publish(payload, agent="echo"))


def test_a_directed_request_for_another_node_is_inconsistent(fleet: Fleet, wire: Wire) -> None:
    payload = wire.security.seal_request(wire.request(targets=("web2",))).payload
    refused(fleet, wire, "inconsistent", lambda: wire.publish(payload, node="web1"))


def test_a_compound_filter_runs_where_it_holds(fleet: Fleet, wire: Wire) -> None:
    reply = wire.ask(wire.request(filter=Filter.parse(compound=["role::web and fact('country').value=uk"])))
    assert reply is not None
    assert reply.statuscode == 0
    refused(fleet, wire, "filtered", lambda: wire.send(wire.request(filter=Filter.parse(compound=["not country=uk"]))))


def test_a_filter_that_cannot_be_applied_runs_nowhere(fleet: Fleet, wire: Wire) -> None:
    refused(fleet, wire, "badfilter", lambda: wire.send(wire.request(filter=Filter.parse(compound=["role::web or country=/(/"]))))


@pytest.mark.parametrize(
    ("agent", "action", "body", "status", "words"),
    [
        ("rpcutil", "nosuch", {}, 2, "nosuch"),
        ("rpcutil", "get_fact", {}, 3, "fact"),
        ("rpcutil", "get_fact", {"fact": ["list"]}, 4, "fact"),
        ("rpcutil", "get_fact", {"fact": "x", "more": 1}, 4, "more"),
        ("nap", "nap", {"seconds": "long"}, 4, "seconds"),
        ("echo", "handlemsg", {}, 2, "plain"),
    ],
)
def test_a_wrong_call_is_answered_with_status_and_reason(
    wire: Wire, agent: str, action: str, body: dict[str, object], status: int, words: str
) -> None:
    reply = wire.ask(wire.request(agent, action, body))
    assert reply is not None and reply.statuscode == status
    assert words in reply.statusmsg


def test_a_denied_caller_is_told_which_file_says_so(fleet: Fleet, wire: Wire) -> None:
    fleet.site.issue("bob.mcollective", "caller")
    with Wire(other_client(fleet, "bob.mcollective")) as bob:
        denied = bob.ask(bob.request("echo", None, "hello"))
        allowed = bob.ask(bob.request())
    assert denied is not None and (denied.statuscode, denied.refusal) == (1, "denied")
    assert "echo.policy" in denied.statusmsg and "cert=bob.mcollective" in denied.statusmsg
    assert allowed is not None and allowed.statuscode == 0


@pytest.mark.parametrize(
    "value", [1.0, 0.1, -2.5e-300, 3, "", None, True, [1, [2.0, {"a": None}]], {"deep": {"er": [1.5]}}, "ü€\u2028"]
)
def test_echo_gives_back_the_very_value(wire: Wire, value: object) -> None:
    reply = wire.ask(wire.request("echo", None, value), timeout=1.0 if value is None else 20.0)
    if value is None:
        assert reply is None  # handlemsg that returns None sends no reply
    else:
        assert reply is not None and repr(reply.body) == repr(value)


def test_an_action_beyond_its_time_is_answered_with_a_timeout(wire: Wire) -> None:
    started = time.monotonic()
    reply = wire.ask(wire.request("nap", "doze", {"seconds": 30}))
    assert reply is not None and reply.statuscode == 5 and "timed out" in reply.statusmsg
    assert time.monotonic() - started < 15


def test_a_reply_too_large_for_one_message_travels_in_parts(fleet: Fleet) -> None:
    (reply,) = fleet.rpc("nap", "fill", "count=3000", "-I", "web1")["replies"]
    assert reply["data"]["filled"] == [f"{number:0>1000}" for number in range(3000)]


def test_a_reply_beyond_the_limit_is_an_error_and_no_silence(fleet: Fleet) -> None:
    (reply,) = fleet.rpc("nap", "fill", "count=70000", "-I", "web1")["replies"]
    assert reply["statuscode"] == 5 and "the limit is" in reply["statusmsg"]


# --- configuration ----------------------------------------------------------------------------------------------------


def start_with(folder: Path, text: str, *words: str) -> "subprocess.CompletedProcess[str]":
    path = folder / "server.cfg"
    path.write_text(text)
    path.chmod(0o600)
    command = [*MCOLLECTIVED, "--config", str(path), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL, check=False)


def test_an_unknown_key_is_answered_with_line_and_nearest_key(tmp_path: Path) -> None:
    ended = start_with(tmp_path, "collectives = mcollective\nloglevl = info\n")
    assert ended.returncode == 1
    assert "server.cfg:2" in ended.stderr and "loglevel" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unreadable_key_is_named(fleet: Fleet, tmp_path: Path) -> None:
    text = (fleet.site.folder / "hosts" / "web1" / "server.cfg").read_text()
    ended = start_with(tmp_path, text.replace(str(fleet.site.key("web1")), str(tmp_path / "nosuch.pem")))
    assert ended.returncode == 1 and str(tmp_path / "nosuch.pem") in ended.stderr and "Traceback" not in ended.stderr


def test_a_key_that_others_can_read_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    shutil.copy(fleet.site.key("web1"), key)
    key.chmod(0o644)
    text = (fleet.site.folder / "hosts" / "web1" / "server.cfg").read_text()
    ended = start_with(tmp_path, text.replace(str(fleet.site.key("web1")), str(key)))
    assert ended.returncode == 1 and "chmod" in ended.stderr


def test_a_client_says_which_broker_it_could_not_reach(fleet: Fleet, tmp_path: Path) -> None:
    config = tmp_path / "client.cfg"
    text = fleet.site.client_config.read_text()
    config.write_text(text.replace(f"port = {fleet.broker_port}", "port = 1") + "connection_timeout = 2\n")
    config.chmod(0o600)
    from mcollective_py.cli.demoprocesses import MCO

    ended = subprocess.run([*MCO, "ping", "--config", str(config)], capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1 and "127.0.0.1:1" in ended.stderr and "refused" in ended.stderr.lower()
    assert "Traceback" not in ended.stderr


# --- reload, signals and the end (R-20, R-21, R-22) -------------------------------------------------------------------


def test_hup_takes_a_good_configuration_and_keeps_the_old_one_for_a_broken_one(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet, Wire(fleet.site.client_config) as wire:
        config = tmp_path / "hosts" / "web1" / "server.cfg"
        text = config.read_text()
        process = fleet.processes["web1"]

        config.write_text(text + "plugin.echo.activate_agent = 0\n")
        process.send_signal(signal.SIGHUP)
        wait_until("echo is off", lambda: "echo" not in wire.active_agents(), 20)  # silence alone may be a slow host
        assert wire.ask(wire.request("echo", None, 1), timeout=0.3) is None
        assert fleet.log("web1").read_text().count("connected to") == 1  # the connection was kept

        config.write_text(text + "nosuchkey = 1\n")
        process.send_signal(signal.SIGHUP)
        wait_until("the reload is refused", lambda: "reload refused" in fleet.log("web1").read_text(), 10)
        lines = [line for line in fleet.log("web1").read_text().splitlines() if "reload refused" in line]
        assert len(lines) == 1 and "nosuchkey" in lines[0]
        assert wire.ask(wire.request()) is not None

        config.write_text(text)
        process.send_signal(signal.SIGHUP)
        wait_until("echo is back", lambda: wire.ask(wire.request("echo", None, 1), timeout=0.5) is not None, 20)


def test_usr1_loads_agents_anew_and_usr2_changes_the_log_level(tmp_path: Path) -> None:
    libdir = tmp_path / "libdir"
    with Fleet(tmp_path / "site", ["web1"], settings={"libdir": str(libdir)}) as fleet, Wire(fleet.site.client_config) as wire:
        assert wire.ask(wire.request("late", None, 1), timeout=0.5) is None
        (libdir / "agents" / "late").mkdir(parents=True)
        (libdir / "agents" / "late" / "agent.py").write_text(
            "class Late:\n    impact = 'read'\n    def handlemsg(self, msg):\n        return 'here'\n"
        )
        (tmp_path / "site" / "hosts" / "web1" / "policies" / "late.policy").write_text("policy default allow\n")
        fleet.processes["web1"].send_signal(signal.SIGUSR1)
        wait_until("the agent is there", lambda: wire.ask(wire.request("late", None, 1), timeout=0.5) is not None, 10)
        fleet.processes["web1"].send_signal(signal.SIGUSR2)
        wait_until("the level is said", lambda: "log level is now warn" in fleet.log("web1").read_text(), 5)


def test_winch_opens_the_log_file_again(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet:
        fleet.log("web1").rename(tmp_path / "rotated")
        fleet.processes["web1"].send_signal(signal.SIGWINCH)
        wait_until("the log is open again", lambda: fleet.log("web1").exists() and "open again" in fleet.log("web1").read_text(), 5)


@pytest.mark.parametrize("action", ["doze", "nap"])
def test_term_lets_a_running_action_finish_and_its_reply_arrive(tmp_path: Path, action: str) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet, Wire(fleet.site.client_config) as wire:
        wire.send(wire.request("nap", action, {"seconds": 1.5}))
        wait_until("the action runs", lambda: len(fleet.ledger) == 1, 10)
        fleet.processes["web1"].send_signal(signal.SIGTERM)
        reply = wire.reply(10.0)
        assert reply is not None and reply.data == {"slept": 1.5}
        assert fleet.processes.pop("web1").wait(10) == 0


def test_a_second_term_cuts_a_running_action(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet, Wire(fleet.site.client_config) as wire:
        wire.send(wire.request("nap", "nap", {"seconds": 15}))
        wait_until("the action runs", lambda: len(fleet.ledger) == 1, 10)
        process = fleet.processes.pop("web1")
        process.send_signal(signal.SIGTERM)
        wait_until("it is told", lambda: "shutting down" in fleet.log("web1").read_text(), 5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(3) == 1


def test_an_idle_daemon_ends_at_once_with_0(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet:
        started = time.monotonic()
        assert fleet.kill("web1") == 0
        assert time.monotonic() - started < 8


def test_corrupt_facts_never_match_everybody_and_discovery_still_answers(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet, Wire(fleet.site.client_config) as wire:
        facts, classes = (tmp_path / "hosts" / "web1" / name for name in ("facts.yaml", "classes.txt"))
        british = wire.request(filter=Filter.parse(facts=["country=uk"], agents=["rpcutil"]))
        assert wire.ask(british) is not None
        for broken in (b"", b"country: [uk", b"\xff\xfe" * 500, b"- just\n- a list\n"):
            facts.write_bytes(broken)
            time.sleep(1.1)  # fact_cache_time of the site is 1 s
            fresh = {"id": os.urandom(16).hex(), "time": time.time()}
            assert wire.ask(replace(british, **fresh)) is not None, "the last good facts are kept"
            german = wire.request(filter=Filter.parse(facts=["country=de"], agents=["rpcutil"]))
            assert wire.ask(german, timeout=0.3) is None
        classes.unlink()
        assert wire.ask(wire.request(filter=Filter(classes=("role::web",), agents=("rpcutil",)))) is not None
        warnings = [line for line in fleet.log("web1").read_text().splitlines() if "WARNING" in line and "fact" in line.lower()]
        assert 1 <= len(warnings) <= 4  # one for each new kind of trouble, not one a request


def test_a_host_is_one_host_for_both_filters(fleet: Fleet) -> None:
    assert fleet.mco("find", "-W", "role::web country=uk").stdout.split() == ["web1"]
