"""S-09, S-14, S-41, S-42: what a message names: hosts, times, actions. What is no name leads to no file and to no method."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.errors import Malformed, TTLTooLong, UnknownAction
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.plugins.loader import LoadedAgent, load_agent
from mcollective_py.security.payload import request_from_wire, request_to_wire
from mcollective_py.server.freshness import check_freshness
from mcollective_py.server.pipeline import check_call
from mcollective_py.shipped import shipped_libdir

TREE = Path(__file__).parents[2]
PATHS = (
    "../../etc/cron.d/x", "a/b", "/etc/passwd", "a\0b", "", ".", "..", "a" * 300, "%2e%2e", "\u2024\u2024", "a\n", "\na", "a\r\nb",
    "a b", "~root", "-x", "a\\b", "..\\..\\x", "caf\u00e9", "\u0430dmin", "a;b", "$(id)", "*", None, 7, True, ["a"], {"a": 1},
)  # fmt: skip
NAMED = ("id", "caller", "obo", "sender", "collective", "agent", "action", "to")
NEVER_NONE = {"id", "caller", "obo", "sender", "collective", "agent"}  # null is a broadcast, a plain message, and no reply

# Run in a process of its own: an audit hook stays for good.
WATCHED = """
import json, sys
from mcollective_py.errors import Malformed, TTLTooLong, UnknownAction
from mcollective_py.names import is_agent
from mcollective_py.security.payload import request_from_wire, reply_from_wire

def ask(change):
    try:
        request_from_wire(change, digest="0" * 64)
    except Malformed:
        return True
    return False

changes = json.load(sys.stdin)
ask(changes[0])
touched = []
FILES = ("open", "os.listdir", "os.scandir", "os.mkdir", "os.remove", "os.rename", "os.link", "os.symlink", "os.chmod", "import")
sys.addaudithook(lambda event, values: touched.append((event, repr(values))) if event in FILES else None)
refused = [ask(change) for change in changes]
print(json.dumps([refused, touched]))
"""


@pytest.fixture
def plain() -> dict[str, object]:
    request = Request("0" * 32, "cert=alice", "desk", "mcollective", "service", "restart", {}, Filter(), 1_800_000_000.0, 60)
    return {**request_to_wire(request), "obo": "sso=bob"}


def in_place(field: str, value: object) -> object:
    """A hostile text as it could stand there: names have a beginning that is right, and the path behind it."""
    if not isinstance(value, str):
        return value
    return {"caller": f"cert={value}", "obo": f"cert={value}"}.get(field, [value] if field == "to" else value)


def hostile(plain: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    for field in NAMED:
        for value in PATHS:
            given = in_place(field, value)
            if not (given is None and field not in NEVER_NONE) and not (field == "to" and given == ["a"]):
                yield field, {**plain, field: given}


def test_s09_s42_what_is_no_name_is_refused_before_any_file_is_touched(plain: dict[str, object]) -> None:
    """By the interpreter's own account of every file it opens, in each field of a request that a file is ever named after."""
    asked = list(hostile(plain))
    changes = [plain, *(change for _, change in asked)]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], input=json.dumps(changes), capture_output=True, text=True, timeout=60, check=True, cwd=TREE
    )
    refused, touched = json.loads(done.stdout)
    assert not refused[0], "the request that they are made of is a good one"
    taken = [(field, change[field]) for (field, change), was_refused in zip(asked, refused[1:], strict=True) if not was_refused]
    assert taken == []
    assert touched == []
    assert len(asked) > 200


TIMES = (-1, 0, 2**63, 10**30, 1.5, 1_800_000_000_000.0, "1800000000000", "now", None, True, [], {})
TTLS = (0, -1, 2**63, 1.5, 60.0, "60", None, True, [], {})


@pytest.mark.parametrize(("field", "value"), [*(("iat", time) for time in TIMES), *(("ttl", ttl) for ttl in TTLS)])
def test_s14_what_is_no_time_or_ttl_is_refused(plain: dict[str, object], field: str, value: object) -> None:
    request_from_wire(plain, digest="0" * 64)
    with pytest.raises(Malformed, match=field):
        request_from_wire({**plain, field: value}, digest="0" * 64)


def test_s14_a_life_of_thirty_years_is_longer_than_any_host_grants(plain: dict[str, object]) -> None:
    request = request_from_wire({**plain, "ttl": 10**9}, digest="0" * 64)
    with pytest.raises(TTLTooLong):
        check_freshness(request, request.time, max_ttl=300.0)


REACHED = (
    "__class__", "__init__", "__dict__", "__call__", "__getattribute__", "activate?", "activate_when", "startup_hook", "before",
    "after",
    "run", "node", "config", "logger", "actions", "handlemsg", "_private", "_asdict", "timeout", "self", "class", "mro", "eval",
)  # fmt: skip
AGENTS = sorted(folder.parent for folder in (shipped_libdir() / "agents").glob("*/agent.py"))


@pytest.fixture(scope="module", params=AGENTS, ids=lambda folder: folder.name)
def agent(request: pytest.FixtureRequest) -> LoadedAgent:
    return load_agent(request.param)


def test_s41_of_every_shipped_agent_only_the_actions_of_its_ddl_can_be_called(agent: LoadedAgent) -> None:
    methods = {name for cls in agent.cls.__mro__ for name in vars(cls)}
    declared = set() if agent.ddl is None else set(agent.ddl.actions)
    assert set(agent.actions) == declared
    for name in (methods | set(REACHED)) - declared:
        request = Request("0" * 32, "cert=alice", "desk", "mcollective", agent.name, name, {}, Filter(), 1_800_000_000.0, 60)
        with pytest.raises(UnknownAction):
            check_call(request, agent)
