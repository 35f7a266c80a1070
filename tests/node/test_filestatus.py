import os
import socket
import threading
import time

import pytest

from mcollective_py.errors import RPCAborted
from mcollective_py.node.deadline import Deadlines
from mcollective_py.node.filestatus import FILE_OUTPUTS, file_status


def test_a_regular_file_is_told_whole(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    path.chmod(0o644)
    os.utime(path, (1_000_000, 2_000_000))
    told = file_status(str(path), now=2_000_060.9)
    assert set(told) == set(FILE_OUTPUTS)
    assert {key: told[key] for key in ("name", "output", "present", "type", "size", "mode", "md5")} == {
        "name": str(path),
        "output": "present",
        "present": 1,
        "type": "file",
        "size": 3,
        "mode": "100644",
        "md5": "900150983cd24fb0d6963f7d28e17f72",
    }
    assert (told["atime_seconds"], told["mtime_seconds"], told["mtime_age"]) == (1_000_000, 2_000_000, 60)
    assert (told["uid"], told["gid"]) == (os.geteuid(), path.stat().st_gid)
    assert told["mtime"] == time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(2_000_000))


@pytest.mark.parametrize("path", ["/nosuch/file", "/etc/passwd/x"])
def test_a_missing_file_is_told_as_not_present(path):
    told = file_status(path)
    assert set(told) == set(FILE_OUTPUTS)
    assert (told["name"], told["output"], told["present"], told["type"], told["size"], told["md5"]) == (
        path,
        "not present",
        0,
        "unknown",
        0,
        0,
    )
    assert (told["mode"], told["mtime"], told["mtime_seconds"], told["mtime_age"]) == ("0000", 0, 0, None)


def test_a_link_to_nothing_is_not_present(tmp_path):
    (tmp_path / "link").symlink_to("nothing")
    told = file_status(str(tmp_path / "link"))
    assert (told["present"], told["type"]) == (0, "unknown")


def test_ages_are_whole_seconds_of_the_clock_less_those_of_the_file(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    os.utime(tmp_path / "x", ns=(10**9, 1_900_000_000))
    assert file_status(str(tmp_path / "x"), now=3.1)["mtime_age"] == 2


def test_other_kinds_are_told_and_never_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    listener.close()
    kinds = {"fifo": "unknown", "link": "symlink", "socket": "socket", ".": "directory"}
    for name, kind in kinds.items():
        told = file_status(str(tmp_path / name) if name != "." else str(tmp_path))
        assert (told["type"], told["md5"]) == (kind, 0)
    assert file_status("/dev/null")["type"] == "chardev"


def test_a_large_file_has_no_digest(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abcd")
    assert file_status(str(path), max_digest_bytes=4)["md5"] == "e2fc714c4727ee9395f324cd2e7f331f"
    assert file_status(str(path), max_digest_bytes=3)["md5"] == 0
    assert file_status(str(path), max_digest_bytes=3)["size"] == 4


@pytest.mark.parametrize("path", ["", "relative", "~/x", "/a\0b", "/" + "x" * 5000, "/\udcff\ud800"])
def test_a_path_that_cannot_be_one_aborts(path):
    with pytest.raises(RPCAborted):
        file_status(path)


def test_a_file_that_not_everybody_may_read_has_no_digest(tmp_path):
    path = tmp_path / "shadow"
    path.write_bytes(b"abc")
    path.chmod(0o640)
    told = file_status(str(path))
    assert (told["size"], told["md5"]) == (3, 0)


def test_a_file_is_not_read_before_its_digest_is_asked_for(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    path.chmod(0o644)
    told = file_status(str(path))
    assert told["size"] == 3
    path.write_bytes(b"")
    assert told["md5"] == "d41d8cd98f00b204e9800998ecf8427e"


def test_both_the_look_at_a_file_and_its_digest_are_asked_with_a_deadline(tmp_path):
    asked = []

    def ask(name, function, seconds):
        asked.append((name, seconds))
        return function()

    path = tmp_path / "x"
    path.write_bytes(b"abc")
    path.chmod(0o644)
    told = file_status(str(path), ask=ask)
    assert asked == [("data plugin fstat", 5.0)]
    assert told["md5"] == "900150983cd24fb0d6963f7d28e17f72"
    assert asked == [("data plugin fstat", 5.0)] * 2


def test_a_file_server_that_is_gone_holds_nobody_up():
    release = threading.Event()
    deadlines = Deadlines()

    def ask(name, function, seconds):
        return deadlines.call(name, lambda: release.wait(30), 0.02)

    for _ in range(2):
        with pytest.raises(RPCAborted, match=r"the data plugin fstat gave no answer within 0\.02 s"):
            file_status("/mnt/gone/x", ask=ask)
    with pytest.raises(RPCAborted, match="2 earlier queries of it have not come back"):
        file_status("/mnt/gone/x", ask=ask)
    release.set()
