import logging
import os
import shutil
import subprocess
import threading
import time

import pytest

from mcollective_py.node.classes import MAX_BYTES, ClassesFile, parse_classes

GOOD = frozenset({"settings", "role::web"})


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "classes.txt"
    file.write_text("settings\nrole::web\n")
    os.utime(file, (1_000_000, 1_000_000))  # at rest
    return file


def warnings(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize(
    "content",
    [b"settings\nrole::web\n", b"settings\r\nrole::web\r\n", b"\n settings \n\nrole::web", b"role::web\nsettings\nrole::web\n"],
)
def test_each_line_is_a_class(content):
    assert parse_classes("classes.txt", content) == GOOD


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"settings\nrole\0web\n", b"\x7fELF\x01\x02", b"x" * 2000])
def test_content_that_is_no_list_of_classes_is_refused(content):
    with pytest.raises(OSError):
        parse_classes("classes.txt", content)


def test_a_renamed_file_is_read_at_the_next_request(path, tmp_path):
    reader = ClassesFile(str(path))
    assert reader.classes() == GOOD
    (tmp_path / "new").write_text("settings\nrole::db\n")
    (tmp_path / "new").rename(path)
    assert reader.classes() == {"settings", "role::db"}


def test_a_file_written_in_place_is_read_once_it_rests(path):
    reader = ClassesFile(str(path))
    assert reader.classes() == GOOD
    path.write_text("settings\n")
    now = path.stat().st_mtime
    assert reader.classes(now + 0.1) == GOOD
    assert reader.classes(now + 1.1) == {"settings"}


def test_an_unchanged_file_gives_the_same_object(path):
    reader = ClassesFile(str(path))
    assert reader.classes() is reader.classes()


def empty(path):
    path.write_bytes(b"")
    os.utime(path, (2_000_000, 2_000_000))


def binary(path):
    path.write_bytes(os.urandom(16) + b"\0\n")
    os.utime(path, (2_000_000, 2_000_000))


def huge(path):
    with path.open("ab") as file:
        file.truncate(MAX_BYTES + 1)
    os.utime(path, (2_000_000, 2_000_000))


def enormous(path):
    with path.open("ab") as file:
        file.truncate(200 * 1024**2)
    os.utime(path, (2_000_000, 2_000_000))


def fifo(path):
    path.unlink()
    os.mkfifo(path)
    os.utime(path, (2_000_000, 2_000_000))


def loop(path):
    path.unlink()
    path.symlink_to(path)


def folder(path):
    path.unlink()
    path.mkdir()
    os.utime(path, (2_000_000, 2_000_000))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.unlink(), "no such file"),
        (empty, "is empty"),
        (binary, "is no list of classes"),
        (huge, "4194305 bytes, the limit is 4194304"),
        (enormous, "209715200 bytes"),
        (fifo, "is not a regular file"),
        (loop, "Too many levels of symbolic links"),
        (folder, "is not a regular file"),
    ],
)
def test_the_last_good_classes_stay_and_it_is_said_once(path, spoil, reason, caplog):
    caplog.set_level(logging.INFO)
    reader = ClassesFile(str(path))
    assert reader.classes() == GOOD
    spoil(path)
    for _ in range(5):
        assert reader.classes() == GOOD
    told = warnings(caplog)
    assert len(told) == 1
    assert reason in told[0]
    assert "the classes last read stay in use" in told[0]
    assert reader.trouble
    assert reason in reader.trouble


def test_a_file_that_is_mended_is_read_again_and_that_is_said(path, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    reader = ClassesFile(str(path))
    reader.classes()
    path.unlink()
    reader.classes()
    (tmp_path / "new").write_text("role::db\n")
    (tmp_path / "new").rename(path)
    assert reader.classes() == {"role::db"}
    assert reader.trouble is None
    assert caplog.records[-1].getMessage() == f"classes are read from {path} again"


def test_without_any_file_no_classes_are_known_and_it_is_said_once(tmp_path, caplog):
    reader = ClassesFile(candidates=(str(tmp_path / "one"), str(tmp_path / "two")))
    assert reader.classes() is None
    assert reader.classes() is None
    told = warnings(caplog)
    assert len(told) == 1
    assert f"{tmp_path}/one or {tmp_path}/two" in told[0]
    assert "no class filter matches" in told[0]
    (tmp_path / "two").write_text("settings\n")
    assert reader.classes() == {"settings"}


def test_the_first_candidate_that_is_there_is_read(tmp_path):
    (tmp_path / "one").write_text("one\n")
    (tmp_path / "two").write_text("two\n")
    assert ClassesFile(candidates=(str(tmp_path / "one"), str(tmp_path / "two"))).classes() == {"one"}


def test_a_writer_that_never_stops_is_never_seen_half_way(path, caplog):
    names = [f"profile::class_{number:05d}" for number in range(20_000)]
    whole = frozenset(names)
    path.write_text("\n".join(names) + "\n")
    os.utime(path, (1_000_000, 1_000_000))
    reader = ClassesFile(str(path))
    assert reader.classes() == whole
    stop = threading.Event()

    def write_in_pieces() -> None:
        while not stop.is_set():
            with path.open("w", buffering=1) as file:
                for name in names[:500]:
                    print(name, file=file)

    writer = threading.Thread(target=write_in_pieces)
    writer.start()
    try:
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            assert reader.classes() == whole
    finally:
        stop.set()
        writer.join()
    assert len(warnings(caplog)) <= 1
    rested = path.stat().st_mtime + 2
    assert reader.classes(rested) == frozenset(names[:500])


def test_a_file_that_never_rests_is_said_once_and_the_last_good_classes_stay(path, caplog):
    reader = ClassesFile(str(path))
    assert reader.classes() == GOOD
    start = time.time()
    for now in range(int(start), int(start) + 40):
        path.write_text("settings\n")
        os.utime(path, (now, now))
        assert reader.classes(now) == GOOD
    assert warnings(caplog) == [f"{path} is being written all the time: the classes last read stay in use"]
    assert reader.classes(start + 100) == {"settings"}
    assert reader.trouble is None


def test_asking_for_unchanged_classes_is_cheap(path):
    reader = ClassesFile(str(path))
    reader.classes()
    begun = time.perf_counter()
    for _ in range(1000):
        reader.classes()
    assert (time.perf_counter() - begun) / 1000 < 100e-6  # 5 us at rest; the room is for a busy machine


@pytest.mark.parts
def test_the_file_that_the_real_puppet_writes_is_read(tmp_path):
    puppet = shutil.which("puppet", path="/opt/puppetlabs/bin:/usr/bin")
    if puppet is None:
        if os.environ.get("CI") == "true":
            pytest.fail("puppet is not installed: apt-get install puppet-agent")
        pytest.skip("puppet is not installed")
    settings = [f"--{name}={tmp_path / name}" for name in ("confdir", "vardir", "rundir", "logdir", "publicdir")]
    manifest = "class role::web { include profile::base } class profile::base { } include role::web"
    subprocess.run(
        [puppet, "apply", *settings, "--write-catalog-summary", "-e", manifest],
        env={"PATH": "/opt/puppetlabs/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)},
        capture_output=True,
        timeout=120,
        check=True,
    )
    found = ClassesFile(str(tmp_path / "vardir/state/classes.txt")).classes()
    assert found is not None
    assert {"settings", "role::web", "profile::base"} <= found
