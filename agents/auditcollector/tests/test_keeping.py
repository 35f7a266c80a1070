import os
import stat
import threading

import pytest

from agents.auditcollector.keeping import append
from mcollective_py.agent import RPCAborted


def test_lines_are_appended_to_a_file_that_others_cannot_read(tmp_path):
    path = tmp_path / "collected.log"
    append(str(path), [b"a\n", b"b\n"], 0)
    append(str(path), [b"c\n"], 0)
    assert path.read_bytes() == b"a\nb\nc\n"
    assert not stat.S_IMODE(path.stat().st_mode) & 0o007


def test_many_at_once_and_rotations_lose_and_split_nothing(tmp_path):
    path, count = tmp_path / "collected.log", 300

    def keep(name):
        for number in range(count):
            append(str(path), [b"%s%d\n" % (name, number)] * 2, 0)

    threads = [threading.Thread(target=keep, args=(name,)) for name in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    number = 0
    while any(thread.is_alive() for thread in threads):
        if path.exists():
            path.rename(tmp_path / f"old{number}")
            number += 1
        threads[0].join(0.002)
    kept = [line for file in tmp_path.iterdir() for line in file.read_bytes().splitlines(keepends=True)]
    assert sorted(kept) == sorted(b"%s%d\n" % (name, each) for name in (b"a", b"b", b"c") for each in range(count) for _ in range(2))


def test_a_disk_is_never_filled(tmp_path):
    with pytest.raises(RPCAborted, match=r"1 lines are not kept in .*would stay free \(plugin.auditcollector.min_free\)"):
        append(str(tmp_path / "collected.log"), [b"a\n"], 1 << 60)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/etc/motd")])
def test_what_is_no_file_is_refused(tmp_path, make):
    make(tmp_path / "collected.log")
    with pytest.raises(RPCAborted):
        append(str(tmp_path / "collected.log"), [b"a\n"], 0)
