"""Locks that end by themselves."""

import json
import os
import subprocess
import time

import pytest

from mcollective_py.node.expiring import end_of, expire, is_kept, keep_end
from tests.waiting import wait_until


def lock(path, until, id="a1"):
    path.write_text(json.dumps({"disabled_message": "why", "mcollective": {"id": id, "until": until}}))
    return path


def test_a_lock_tells_its_end():
    assert end_of(b'{"mcollective": {"id": "a1", "until": 5}}') == ("a1", 5.0)


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"mcollective": 1}', b'{"mcollective": {"id": 1, "until": 2}}', b"[" * 9999])
def test_a_lock_without_an_end_has_none(text):
    assert end_of(text) is None


def test_a_lock_goes_when_its_end_has_come_and_not_before(tmp_path):
    file = lock(tmp_path / "lock", 100)
    assert expire(file, now=90) == 10 and file.exists()
    assert expire(file, now=100) is None and not file.exists()


def test_the_lock_of_another_stays(tmp_path):
    file = lock(tmp_path / "lock", 100, "b2")
    assert expire(file, "a1", now=200) is None and file.exists()


def test_a_link_in_its_place_is_not_followed(tmp_path):
    lock(tmp_path / "real", 1)
    (tmp_path / "lock").symlink_to(tmp_path / "real")
    assert expire(tmp_path / "lock", now=200) is None and (tmp_path / "real").exists()


def test_a_process_of_its_own_takes_it_away(tmp_path):
    id = f"end-{tmp_path.name}-{time.time_ns()}"
    file = lock(tmp_path / "lock", time.time() + 3, id)
    keep_end(file, id)
    wait_until("somebody waits for the end", lambda: is_kept(id) or not file.exists(), 30)
    wait_until("the lock is gone", lambda: not file.exists(), 30)
    wait_until("nobody waits any more", lambda: not is_kept(id), 30)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs something as somebody else")
def test_a_process_of_somebody_else_keeps_no_end_whatever_it_is_called(tmp_path):
    id = f"end-{tmp_path.name}-{time.time_ns()}"
    with subprocess.Popen(
        ["/bin/sh", "-c", "read x", "mcollective_py.node.expiring", id], stdin=subprocess.PIPE, user=65534, cwd="/"
    ) as his:
        assert not is_kept(id)
        his.communicate()
