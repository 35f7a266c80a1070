"""Three of thirty hosts are dead: each command says so by name, within its discovery timeout, and tells scripts by its exit code."""

import json
import re
import time
from collections.abc import Iterator

import pytest

from tests.parts.fleet import Fleet

pytestmark = [pytest.mark.parts, pytest.mark.timed]

HOSTS = [f"web{number:02}" for number in range(1, 31)]
DEAD = ["web07", "web19", "web30"]
COMMANDS = {"ping": ("ping",), "find": ("find",), "rpc": ("rpc", "rpcutil", "ping")}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Thirty daemons that a client has known, three of which are dead now."""
    with Fleet(tmp_path_factory.mktemp("silence"), HOSTS) as fleet:
        fleet.site.write_client(fleet.broker, {"discovery_timeout": "2"})  # as it comes; on a site of this kind it is less
        known = [fleet.start_mco("find", "--json"), fleet.start_mco("rpc", "rpcutil", "ping", "--json")]  # each its own question
        (found, _), (called, _) = (process.communicate(timeout=60) for process in known)
        assert json.loads(found)["hosts"] == HOSTS
        assert json.loads(found)["discovery_ended"] == "window"
        assert sorted(json.loads(called)["stats"]["discovered"]) == HOSTS
        for name in DEAD:
            fleet.kill(name, number=9)
        yield fleet


def silent(output: str) -> list[str]:
    """The names under the caption of those who are missing."""
    _, _, after = output.partition("Known from before and silent now:\n\n")
    return sorted(after.partition("\n\n")[0].split())  # they stand in columns


@pytest.mark.parametrize("command", COMMANDS)
def test_the_dead_ones_are_named_and_strict_makes_it_an_error(fleet: Fleet, command: str) -> None:
    words = COMMANDS[command]
    plain, strict = fleet.start_mco(*words), fleet.start_mco(*words, "--strict")
    for process, code in ((plain, 0), (strict, 5)):
        out, err = process.communicate(timeout=60)
        assert silent(err if command == "find" else out) == DEAD
        assert process.returncode == code
        assert set(re.findall(r"(?m)^web\d\d", out)) == set(HOSTS) - set(DEAD)


def test_known_hosts_are_given_the_discovery_timeout_and_no_longer_window_of_a_ping(fleet: Fleet) -> None:
    started = time.monotonic()
    ended = fleet.mco("ping", "--json", "-v")
    assert time.monotonic() - started < 30  # 2.4 s where nothing else goes on
    document = json.loads(ended.stdout)
    assert (document["silent_known"], document["discovery_ended"], document["discovery_age"]) == (DEAD, "window", None)
    assert 2.0 <= document["seconds"] < 20
    assert len(document["replies"]) == 27


def test_a_timeout_that_is_given_is_obeyed(fleet: Fleet) -> None:
    document = json.loads(fleet.mco("ping", "-t", "0.2", "--json").stdout)
    assert set(DEAD) <= set(document["silent_known"])
    assert 0.2 <= document["seconds"] < 2.0


def test_a_question_that_only_the_living_answered_ends_early_and_says_so(fleet: Fleet) -> None:
    first = json.loads(fleet.mco("find", "-I", "/web0[1-5]/", "--json").stdout)
    ended = fleet.mco("find", "-I", "/web0[1-5]/", "-v")
    assert first["hosts"] == ended.stdout.split() == HOSTS[:5]
    assert re.search(r"Discovered 5 hosts in \d+\.\d\d seconds \(all known answered; full window \d+ (s|min) ago\)", ended.stderr)
