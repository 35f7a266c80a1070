"""The four data plugins of every host beside Ruby's own, on the same files, facts and agents: names, values, types, and what filters
make of them."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.errors import RPCError
from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import matches
from mcollective_py.node.data import DataPlugins, builtin_data
from mcollective_py.node.view import NodeView
from tests.parts.rubymatcher import AGENT, RubyMatcher

pytestmark = pytest.mark.parts

FACTS = {
    "os": {"family": "Debian", "release": {"major": "12", "name": "é <&>"}},
    "cpus": "4",
    "nothing": "",
    "roles": ["a", "b"],
    "empty": {},
}
PLUGINS = DataPlugins(builtin_data(lambda name: AGENT | {"agent": name} if name == "echo" else None))
NODE: NodeView = NodeView(
    identity="web1",
    collectives=("mcollective", "uk"),
    agents=frozenset({"echo"}),
    facts=FACTS,
    data_plugins=PLUGINS.names,
    data=lambda plugin, query: PLUGINS.query(plugin, query, NODE),
)


@pytest.fixture(scope="module")
def ruby() -> Iterator[RubyMatcher]:
    with RubyMatcher() as process:
        process.become(FACTS, ["web"], ["echo"])
        yield process


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "file").write_bytes(b"abc")
    (folder / "file").chmod(0o644)
    (folder / "setuid").write_bytes(b"")
    (folder / "setuid").chmod(0o4755)
    for name in ("file", "setuid"):  # a time of reading that lies ahead stays when they are read
        os.utime(folder / name, ns=(1_999_999_999_000_000_000, 1_700_000_038_999_999_999))
    (folder / "folder").mkdir(mode=0o755)
    (folder / "to-file").symlink_to("file")
    (folder / "to-folder").symlink_to("folder")
    (folder / "to-nothing").symlink_to("nothing")
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
    return folder


KINDS = ["file", "setuid", "folder", "to-file", "to-folder", "to-nothing", "fifo", "socket", "nothing", "file/below"]


def typed(outputs: Any) -> dict[str, tuple[type, Any]]:
    return {name: (type(value), value) for name, value in dict(outputs).items()}


@pytest.mark.parametrize("name", [*KINDS, "/dev/null", "/", "/proc/self", "/proc/uptime"])
def test_a_file_is_told_as_ruby_tells_it(ruby: RubyMatcher, files: Path, name: str) -> None:
    path = str(files / name)
    theirs, ours = ruby.data("fstat", path), PLUGINS.query("fstat", path, NODE)
    assert ours is not None and isinstance(theirs, dict)
    found, wanted = typed(ours), typed(theirs)
    moving = {"mtime_age", "ctime_age", "atime_age"}  # a second may begin between the two
    if name.startswith("/proc"):  # made anew, by each who looks
        moving |= {name for name in wanted if name.startswith(("mtime", "ctime", "atime"))} | {"md5", "name"}
    assert {name: kind for name, (kind, _) in found.items()} == {name: kind for name, (kind, _) in wanted.items()}
    assert {name: value for name, value in found.items() if name not in moving} == {
        name: value for name, value in wanted.items() if name not in moving
    }
    for name in ("mtime_age", "ctime_age", "atime_age"):
        assert ours[name] is None or abs(ours[name] - theirs[name]) <= 2


@pytest.mark.parametrize(
    ("plugin", "query"),
    [
        ("agent", "echo"),
        ("collective", "uk"),
        ("collective", "de"),
        *[("fact", name) for name in ("os", "os.family", "os.release", "cpus", "nothing", "roles", "roles.1", "roles.7", "empty", "x")],
    ],
)
def test_agents_collectives_and_facts_are_told_as_ruby_tells_them(ruby: RubyMatcher, plugin: str, query: str) -> None:
    ours, theirs = PLUGINS.query(plugin, query, NODE), ruby.data(plugin, query)
    assert ours is not None and isinstance(theirs, dict)
    assert typed(ours) == typed(theirs)


@pytest.mark.parametrize(
    ("plugin", "query", "code"), [("agent", "nosuch", 5), *[(name, None, 4) for name in ("agent", "collective", "fact", "fstat")]]
)
def test_where_there_is_no_answer_the_words_are_ruby_s(ruby: RubyMatcher, plugin: str, query: str | None, code: int) -> None:
    with pytest.raises(RPCError) as refused:
        PLUGINS.query(plugin, query, NODE)
    theirs = ruby.data(plugin, query)
    assert isinstance(theirs, str)
    kind, _, words = theirs.partition(": ")
    assert str(refused.value) == words
    # Ruby's agents answer 4 to a DDLValidationError, and 5 to what they do not know.
    assert (refused.value.statuscode, code) == ({"MCollective::DDLValidationError": 4, "RuntimeError": 5}[kind],) * 2


@pytest.mark.parametrize(
    "test",
    [
        "mtime=/38$/",
        "mtime=/:[0-9][0-9]$/",
        "mtime=0",
        "mtime_seconds=1700000038",
        "mtime_age<100",
        "mtime_age>100",
        "atime=/^2033/",
        "md5=0",
        "md5=/^9001/",
        "mode=100644",
        "mode=/^4/",
        "mode=0000",
        "type=unknown",
        "type=/link|dir/",
        "present=1",
        "present=0",
        "size>=3",
        "output=present",
    ],
)
def test_a_filter_on_a_file_picks_the_same_hosts_of_both_kinds(ruby: RubyMatcher, files: Path, test: str) -> None:
    for name in KINDS:
        stack = ruby.parse(f"fstat('{files / name}').{test}")
        assert stack is not None
        assert matches(Filter(compound=(stack,)), NODE) == ruby.passes(stack), (name, test)
