from base64 import b64encode
from hashlib import sha256

import pytest

from agents.filemgr.fetched import Fetched, folder_for
from mcollective_py.errors import MCollectiveError, UsageError


def piece(text, offset=0, eof=True, stamp="1", **more):
    return {
        "content": b64encode(text).decode(),
        "sha256": sha256(text).hexdigest(),
        "offset": offset,
        "eof": eof,
        "stamp": stamp,
        **more,
    }


def test_pieces_become_a_file_of_ones_own(tmp_path):
    file = Fetched(tmp_path, "web1.example.net", 100)
    assert not file.take(piece(b"one ", eof=False))
    assert not (tmp_path / "web1.example.net").exists()
    assert file.take(piece(b"two", 4))
    file.finish()
    file.give_up()
    found = tmp_path / "web1.example.net"
    assert found.read_bytes() == b"one two" and found.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["web1.example.net"]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (piece(b"two", 4, stamp="2"), "was changed on the host"),
        (piece(b"two", 5), "damaged"),
        (piece(b"two", 4, sha256="0" * 64), "damaged"),
        (piece(b"two", 4, content="%"), "no base64"),
        (piece(b"x" * 100, 4), "--max-size"),
        (piece(b"", 4, eof=False), "sends less than"),
        ({}, "no base64|damaged"),
    ],
)
def test_what_is_not_the_next_piece_is_refused_and_nothing_stays(tmp_path, second, reason):
    file = Fetched(tmp_path, "web1", 100)
    file.take(piece(b"one ", eof=False))
    with pytest.raises(MCollectiveError, match=reason):
        file.take(second)
    file.give_up()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["..", ".", "a/b", "", "-x", "a\n", ".hidden"])
def test_a_host_whose_name_is_none_of_a_file_writes_nothing(tmp_path, host):
    with pytest.raises(MCollectiveError, match="no name for a file"):
        Fetched(tmp_path, host, 100)


def test_a_link_in_the_folder_is_not_written_through(tmp_path):
    (tmp_path / "target").write_text("kept")
    (tmp_path / ".web1.part").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        Fetched(tmp_path, "web1", 100)
    assert (tmp_path / "target").read_text() == "kept"


def test_a_file_that_is_there_is_replaced_only_where_that_is_asked_for(tmp_path):
    (tmp_path / "web1").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text("kept")
    with pytest.raises(MCollectiveError, match="is there already: --overwrite"):
        Fetched(tmp_path, "web1", 100)
    file = Fetched(tmp_path, "web1", 100, replaces=True)
    file.take(piece(b"new"))
    file.finish()
    assert (tmp_path / "web1").read_text() == "new" and not (tmp_path / "web1").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_a_host_that_sends_its_file_byte_by_byte_is_given_up(tmp_path):
    file = Fetched(tmp_path, "web1", 100, least=2)
    with pytest.raises(MCollectiveError, match="sends less than it was asked for"):
        file.take(piece(b"x", eof=False))
    assert file.take(piece(b"y", 1))  # the last may have less
    file.give_up()


def test_the_folder_is_made(tmp_path):
    assert folder_for(str(tmp_path / "a")).is_dir()
    with pytest.raises(UsageError, match="the one above it must be there"):
        folder_for(str(tmp_path / "b" / "c"))
