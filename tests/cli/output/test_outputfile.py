import os
import stat

import pytest

from mcollective_py.cli.output.outputfile import Destination, check_output_file
from mcollective_py.errors import MCollectiveError, UsageError


def written(file, *texts):
    destination = Destination(str(file))
    for text in texts:
        destination.write(text)
    destination.finish()


def test_without_a_file_text_goes_to_stdout_at_once(capsys):
    destination = Destination(None)
    destination.write("a\n")
    assert capsys.readouterr().out == "a\n"
    destination.finish()
    assert capsys.readouterr().out == ""


def test_a_file_is_there_when_all_is_in_it_and_only_its_owner_reads_it(tmp_path):
    destination = Destination(str(tmp_path / "out"))
    destination.write("a\n")
    assert list(tmp_path.iterdir()) == []
    destination.write("b é\r\n")
    destination.finish()
    assert (tmp_path / "out").read_bytes() == b"a\nb \xc3\xa9\r\n"
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_old_file_is_replaced_and_its_mode_kept(tmp_path):
    (tmp_path / "out").write_text("old and longer")
    (tmp_path / "out").chmod(0o644)
    written(tmp_path / "out", "new")
    assert (tmp_path / "out").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o644


def test_a_link_is_never_followed(tmp_path):
    (tmp_path / "passwd").write_text("precious")
    (tmp_path / "out").symlink_to(tmp_path / "passwd")
    with pytest.raises(UsageError, match="out is a link: name the file that it leads to"):
        check_output_file(tmp_path / "out")
    destination = Destination(str(tmp_path / "out"))
    with pytest.raises(UsageError, match="is a link"):  # nor one that was made meanwhile
        destination.finish()
    assert (tmp_path / "passwd").read_text() == "precious"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")
def test_files_and_links_of_others_are_left_alone(tmp_path):
    (tmp_path / "theirs").write_text("")
    os.chown(tmp_path / "theirs", 12345, 12345)
    with pytest.raises(UsageError, match="theirs belongs to user 12345: name another file, or delete it first"):
        check_output_file(tmp_path / "theirs")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    check_output_file(tmp_path / "link" / "out")
    os.lchown(tmp_path / "link", 12345, 12345)
    with pytest.raises(UsageError, match="link is a link that user 12345 made"):
        check_output_file(tmp_path / "link" / "out")


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("nowhere/out", "there is no folder .*/nowhere"),
        ("file/out", "file is no folder"),
        ("", "is a folder: name a file in it"),
        ("fifo", "fifo is no regular file"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_asked(tmp_path, file, says):
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UsageError, match=says):
        check_output_file(tmp_path / file)


def test_a_folder_that_is_closed_meanwhile_is_an_error_that_names_the_file(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(MCollectiveError, match="out: cannot write it: No space left on device"):
        written(tmp_path / "out", "text")
    assert list(tmp_path.iterdir()) == []
