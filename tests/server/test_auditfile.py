import json
import os
import resource
import shutil
import signal
import stat
import threading
import time

import pytest

from mcollective_py.server.auditchain import Link, digest, place_of
from mcollective_py.server.auditfile import AuditFile

RECORD = b'{"agent":"passwd"}'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit.log"


@pytest.fixture
def log(path):
    made = AuditFile(path)
    yield made
    made.close()


def lines(path):
    text = path.read_bytes()
    assert text == b"" or text.endswith(b"\n")
    return text.splitlines(keepends=True)


def numbers(path):
    return [place_of(line)[0] for line in lines(path)]


def is_whole(found):
    """Whether lines, each counted once, are a chain from its first line on."""
    found = sorted(set(found), key=lambda line: place_of(line)[0])
    links = [place_of(line) for line in found]
    numbered = [number for number, _ in links] == list(range(1, len(found) + 1))
    return numbered and [prev for _, prev in links] == [None, *map(digest, found[:-1])]


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_new_file_has_mode_0640_whatever_the_umask(log, path):
    old = os.umask(0o777)
    try:
        log.append([RECORD])
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_an_old_file_is_appended_to_and_narrowed(log, path):
    path.write_text('{"old": 1}\n')
    path.chmod(0o646)
    log.append([RECORD])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [place_of(line) for line in lines(path)] == [None, (1, None)]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (os.mkfifo, "is not a regular file"),
        (os.mkdir, "Is a directory"),
        (lambda path: path.symlink_to(path.with_name("elsewhere")), "Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file_is_refused_and_not_waited_for(log, path, make, reason):
    make(path)
    with pytest.raises(OSError, match=reason):
        log.append([RECORD])
    assert not path.with_name("elsewhere").exists()


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        AuditFile(tmp_path / "nowhere" / "audit.log").append([RECORD])


def test_a_file_replaced_by_a_fifo_while_open_is_refused(log, path):
    log.append([RECORD])
    path.unlink()
    os.mkfifo(path)
    log._looked = 0.0
    with pytest.raises(OSError, match="is not a regular file"):
        log.append([RECORD])


# --- rotation ---------------------------------------------------------------------------------------------------------


def test_after_a_rotation_by_rename_lines_go_to_the_new_file_and_the_chain_goes_on(log, path):
    log.append([RECORD], sync=True)
    path.rename(path.with_suffix(".1"))
    log._looked = 0.0  # a moment later
    log.append([RECORD], sync=True)
    path.rename(path.with_suffix(".2"))
    path.touch(0o600)
    log._looked = 0.0
    log.append([RECORD])
    first, second, third = (lines(path.with_suffix(suffix)) for suffix in (".1", ".2", ".log"))
    assert (len(first), len(second), len(third)) == (1, 1, 1)
    assert is_whole([*first, *second, *third])


def test_a_line_that_a_rotation_overtakes_stands_in_the_new_file_too(log, path):
    log.append([RECORD], sync=True)
    path.rename(path.with_suffix(".1"))  # within the time that the file is not looked for
    log.append([RECORD], sync=True)
    assert (numbers(path.with_suffix(".1")), numbers(path)) == ([1, 2], [2])
    assert is_whole(lines(path.with_suffix(".1")) + lines(path))


def test_after_copytruncate_lines_go_on_from_the_start_with_what_the_copy_may_not_have(log, path):
    for _ in range(3):
        log.append([RECORD])
    path.with_suffix(".1").write_bytes(b"".join(lines(path)[:2]))  # the third came behind the copy's end
    os.truncate(path, 0)
    log.append([RECORD])
    log.settle()
    assert is_whole(lines(path.with_suffix(".1")) + lines(path))
    assert numbers(path)[-1] == 4


def test_old_lines_are_not_repeated_after_copytruncate(log, path):
    log.append([RECORD])
    log._recent[0] = (time.time() - 60, log._recent[0][1])
    os.truncate(path, 0)
    log._looked = 0.0
    log.append([RECORD])
    assert numbers(path) == [2]


def test_lines_kept_for_a_copy_are_bounded(log):
    for _ in range(40):
        log.append([b'{"data":"%s"}' % (b"x" * 60_000)])
    assert log._recent_bytes == sum(len(line) for _, line in log._recent) <= 1 << 20


@pytest.mark.parametrize("way", ["rename", "copytruncate"])
def test_rotation_during_many_writes_loses_and_splits_no_line(path, way):
    log, is_over = AuditFile(path), threading.Event()

    def write():
        for _ in range(3000):
            log.append([RECORD])
        is_over.set()

    thread = threading.Thread(target=write)
    thread.start()
    number = 0
    while not is_over.wait(0.005):
        if path.exists():
            number += 1
            old = path.with_suffix(f".{number}")
            if way == "rename":
                path.rename(old)
            else:
                shutil.copyfile(path, old)
                os.truncate(path, 0)
    thread.join()
    log.append([RECORD], sync=True)
    found = []
    for file in sorted(path.parent.iterdir()):
        text = file.read_bytes()
        if way == "copytruncate" and not text.endswith(b"\n"):
            text = text[: text.rfind(b"\n") + 1]  # a copy may end within a line that comes whole later
        found += text.splitlines(keepends=True)
    assert all(place_of(line) for line in found)
    assert number > 0 and is_whole(found) and len(set(found)) == 3001


# --- the end of a file that somebody else has left --------------------------------------------------------------------


def test_the_next_daemon_goes_on_where_the_last_one_stopped(path):
    for _ in range(3):
        log = AuditFile(path)
        log.append([RECORD])
        log.close()
    assert numbers(path) == [1, 2, 3] and is_whole(lines(path))


def test_the_next_daemon_goes_on_with_an_empty_file_where_the_state_says(path):
    log = AuditFile(path, head=Link(41, "ab" * 32))
    log.append([RECORD])
    assert place_of(lines(path)[0]) == (42, "ab" * 32)


def test_half_a_line_that_an_earlier_daemon_left_does_not_swallow_the_next(log, path):
    log.append([RECORD])
    log.close()
    with path.open("ab") as file:
        file.write(b'{"timestamp":"2023-')
    again = AuditFile(path)
    again.append([RECORD])
    first, half, second = lines(path)
    assert (half, place_of(second)) == (b'{"timestamp":"2023-\n', (2, digest(first)))


def test_a_file_that_lost_its_last_lines_is_told_and_the_break_stays_visible(path, caplog):
    log = AuditFile(path)
    for _ in range(3):
        log.append([RECORD])
    head = log.end
    log.close()
    path.write_bytes(b"".join(lines(path)[:2]))
    AuditFile(path, head=head).append([RECORD])
    assert numbers(path) == [1, 2, 4]
    assert "it ends with line 2, and 3 were written" in caplog.text


def test_what_somebody_else_appends_is_told_and_is_no_part_of_the_chain(log, path, caplog):
    log.append([RECORD])
    with path.open("ab") as file:
        file.write(b'{"agent":"forged"}\n')
    log._looked = 0.0
    log.append([RECORD])
    assert [place_of(line) and place_of(line)[0] for line in lines(path)] == [1, None, 2]
    assert place_of(lines(path)[2])[1] == digest(lines(path)[0])
    assert "is not as the audit left it" in caplog.text


# --- disks that fail --------------------------------------------------------------------------------------------------


@pytest.fixture
def full_at():
    """Let files grow to a size and no further, as a full disk does."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, old)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_refuses_and_leaves_no_half_line_and_no_gap(log, path, full_at):
    log.append([RECORD])
    size = path.stat().st_size
    full_at(size + 20)
    with pytest.raises(OSError, match="only a part"):
        log.append([RECORD, RECORD])
    assert path.stat().st_size == size
    full_at(size)
    with pytest.raises(OSError, match="File too large"):
        log.append([RECORD])
    full_at(1 << 30)
    log.append([RECORD])
    assert numbers(path) == [1, 2] and is_whole(lines(path))


def test_a_line_that_was_torn_for_good_does_not_swallow_the_next(log, path, full_at, monkeypatch):
    log.append([RECORD])
    full_at(path.stat().st_size + 20)
    with monkeypatch.context() as broken:
        broken.setattr(os, "ftruncate", lambda descriptor, size: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(OSError, match="only a part"):
            log.append([RECORD])
    full_at(1 << 30)
    log.append([RECORD])
    first, torn, second = lines(path)
    assert place_of(torn) is None
    assert (place_of(first), place_of(second)) == ((1, None), (2, digest(first)))
    assert json.loads(second)["agent"] == "passwd"


def test_what_is_synced_is_on_the_disk_when_the_call_returns(log, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    log.append([RECORD])
    assert synced == []
    log.append([RECORD], sync=True)
    assert synced == [log._file]
