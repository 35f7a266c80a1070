import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mcollective_py.errors import ConfigError
from mcollective_py.server.journalfile import JournalFile
from mcollective_py.server.journalrecords import Begun, Ended, Head, Record, encode, read

HEAD = Head(1, 1000.0, 900.0, 65.0, 800.0)
BEGUN = Begun(1001.0, 1060.5, "cert=alice.mcollective", "1" * 32, "", "service", "restart", only_reads=False)
ENDED = Ended(1002.0, "cert=alice.mcollective", "1" * 32, 0, "")


@pytest.fixture
def content() -> list[Record]:
    return [HEAD]


@pytest.fixture
def file(tmp_path: Path, content: list[Record]) -> Iterator[JournalFile]:
    made = JournalFile(tmp_path, lambda: content)
    made.lock()
    yield made
    made.close()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))  # Python ignores the signal: a write falls short, or fails
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def records(file: JournalFile) -> tuple[Record, ...]:
    return read(file.read()[0]).records


def test_a_new_file_begins_with_its_content_and_is_for_its_user_alone(file: JournalFile) -> None:
    file.renew()
    assert records(file) == (HEAD,)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.path.parent.iterdir()] == ["requests.journal"]


def test_what_is_appended_stands_behind_it(file: JournalFile) -> None:
    file.renew()
    file.append(BEGUN, sync=True)
    file.append(ENDED, sync=False)
    assert records(file) == (HEAD, BEGUN, ENDED)


def test_a_second_daemon_with_the_same_folder_is_refused_until_the_first_is_gone(file: JournalFile, tmp_path: Path) -> None:
    other = JournalFile(tmp_path, list)
    with pytest.raises(ConfigError, match=f"{tmp_path}: statedir: another mcollectived uses it: each needs a folder of its own"):
        other.lock()
    file.close()
    other.lock()
    other.close()


def test_the_next_daemon_goes_on_behind_the_last_whole_record(file: JournalFile, tmp_path: Path, content: list[Record]) -> None:
    file.renew()
    file.append(BEGUN, sync=False)
    file.close()
    with file.path.open("ab") as opened:
        opened.write(encode(ENDED)[:-9])
    file.lock()
    file.resume(read(file.read()[0]).intact)
    file.append(ENDED, sync=False)
    assert records(file) == (HEAD, BEGUN, ENDED)


def test_a_record_that_found_no_room_leaves_nothing_behind(file: JournalFile) -> None:
    file.renew()
    before = file.path.read_bytes()
    for room in (0, 1, 50):
        with files_no_larger_than(len(before) + room), pytest.raises(OSError):
            file.append(BEGUN, sync=False)
        assert file.path.read_bytes() == before
    file.append(BEGUN, sync=False)
    assert records(file) == (HEAD, BEGUN)


def test_a_file_that_cannot_be_written_anew_stays_as_it_was(file: JournalFile, content: list[Record]) -> None:
    file.renew()
    file.append(BEGUN, sync=False)
    content += [BEGUN] * 50_000
    with files_no_larger_than(5000), pytest.raises(OSError):
        file.renew()
    file.append(ENDED, sync=False)
    assert records(file) == (HEAD, BEGUN, ENDED)


def test_what_the_disk_would_not_take_for_sure_is_written_anew(file: JournalFile) -> None:
    file.renew()
    reading, writing = os.pipe()
    os.dup2(writing, file._file)  # what takes no fdatasync
    with pytest.raises(OSError):
        file.append(BEGUN, sync=True)
    assert file.is_to_be_renewed()
    with pytest.raises(OSError, match="there is no journal yet"):
        file.append(BEGUN, sync=False)
    file.renew()
    file.append(BEGUN, sync=True)
    assert records(file) == (HEAD, BEGUN)
    os.close(reading)
    os.close(writing)


def test_a_file_that_somebody_has_deleted_is_written_anew(file: JournalFile) -> None:
    file.renew()
    assert not file.is_to_be_renewed()
    file.path.unlink()
    assert file.is_to_be_renewed()
    with pytest.raises(OSError, match="there is no journal yet"):
        file.append(BEGUN, sync=False)  # into what nobody would find again


def test_a_file_is_written_anew_when_it_has_grown_and_not_again_at_once(file: JournalFile, content: list[Record]) -> None:
    file.renew()
    content += [BEGUN] * 30_000  # 3 MB that nobody can drop
    with file.path.open("ab") as opened:
        opened.write(b"x" * (5 << 20))
    assert file.is_to_be_renewed()
    file.renew()
    assert not file.is_to_be_renewed()
    with file.path.open("ab") as opened:
        opened.write(b"x" * (5 << 20))
    assert not file.is_to_be_renewed()  # three times what it begins with


def test_a_file_that_cannot_be_written_anew_may_grow_on_for_a_while(file: JournalFile) -> None:
    file.renew()
    with file.path.open("ab") as opened:
        opened.write(b"x" * (5 << 20))
    file.put_off()
    assert not file.is_to_be_renewed()


def test_a_damaged_file_is_kept_beside_the_new_one(file: JournalFile) -> None:
    file.path.write_bytes(b"rubbish\n")
    file.renew("damaged")
    assert file.path.with_name("requests.journal.damaged").read_bytes() == b"rubbish\n"
    file.path.write_bytes(b"rubbish again\n")
    file.renew("damaged")
    assert file.path.with_name("requests.journal.damaged").read_bytes() == b"rubbish again\n"
    assert records(file) == (HEAD,)


def test_a_link_in_its_place_is_not_followed(file: JournalFile, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    file.path.symlink_to(tmp_path / "other")
    with pytest.raises(OSError):
        file.read()
    with pytest.raises(OSError):
        file.resume(0)
    file.renew()
    assert not file.path.is_symlink() and (tmp_path / "other").read_bytes() == b""


def test_what_was_left_of_writing_anew_is_in_nobodys_way(file: JournalFile, tmp_path: Path) -> None:
    (tmp_path / "requests.journal.new").write_bytes(b"half of it")
    file.renew()
    assert records(file) == (HEAD,)
