import os

import pytest

from mcollective_py.agent.ownedfile import read_owned


def test_a_file_of_ones_own_is_read(tmp_path):
    (tmp_path / "a.cfg").write_bytes(b"x=1\n")
    assert read_owned(str(tmp_path / "a.cfg"), 100) == b"x=1\n"


def test_one_that_others_may_write_is_refused_with_what_to_do(tmp_path):
    file = tmp_path / "a.cfg"
    file.write_text("x")
    file.chmod(0o666)
    with pytest.raises(PermissionError, match=r"a\.cfg can be written by others .*chmod go-w"):
        read_owned(str(file), 100)


def test_a_folder_above_counts_as_well(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.cfg").write_text("x")
    (tmp_path / "d").chmod(0o777)
    with pytest.raises(PermissionError, match="can be written by others"):
        read_owned(str(tmp_path / "d" / "a.cfg"), 100)


def test_what_is_too_large_or_no_file_is_told_in_a_sentence(tmp_path):
    (tmp_path / "a").write_text("x" * 101)
    with pytest.raises(OSError, match=r"a has 101 bytes, the limit is 100"):
        read_owned(str(tmp_path / "a"), 100)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="is not a regular file"):
        read_owned(str(tmp_path / "fifo"), 100)
    with pytest.raises(FileNotFoundError):
        read_owned(str(tmp_path / "none"), 100)
