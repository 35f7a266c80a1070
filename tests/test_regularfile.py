import errno
import os
import time

import pytest

from mcollective_py.regularfile import (
    PATIENCE_S,
    Settling,
    Stamp,
    UnusableFile,
    changeable_by_others,
    check_appendable,
    read_regular,
    reason_of,
)


def test_a_file_is_read_whole_with_its_stamp(tmp_path):
    path = tmp_path / "facts"
    path.write_bytes(b"a: 1\n")
    content, stamp = read_regular(str(path), 5)
    assert content == b"a: 1\n"
    assert stamp == Stamp.of(str(path))


def test_a_symlink_is_followed(tmp_path):
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    assert read_regular(str(tmp_path / "link"), 5)[0] == b"x"


def test_a_symlink_is_refused_where_none_is_to_be_followed(tmp_path):
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(OSError) as caught:
        read_regular(str(tmp_path / "link"), 5, follows_links=False)
    assert caught.value.errno == errno.ELOOP
    assert read_regular(str(tmp_path / "real"), 5, follows_links=False)[0] == b"x"


def test_who_judges_sees_the_status_and_can_refuse_before_anything_is_read(tmp_path):
    (tmp_path / "real").write_bytes(b"123456")
    (tmp_path / "real").chmod(0o604)
    seen: list[int] = []

    def judge(status: os.stat_result) -> None:
        seen.append(status.st_mode)
        raise PermissionError("no")

    with pytest.raises(PermissionError, match="no"):
        read_regular(str(tmp_path / "real"), 5, judge=judge)  # too large, which is not asked any more
    assert seen == [0o100604]


def test_a_file_one_byte_over_the_limit_is_refused(tmp_path):
    (tmp_path / "facts").write_bytes(b"123456")
    with pytest.raises(UnusableFile) as caught:
        read_regular(str(tmp_path / "facts"), 5)
    assert reason_of(caught.value) == f"{tmp_path}/facts has 6 bytes, the limit is 5"


def test_a_file_of_unknown_size_is_read_no_further_than_the_limit():
    with pytest.raises(OSError):
        read_regular("/proc/self/environ", 5)


def test_a_huge_sparse_file_is_refused_at_once(tmp_path):
    with (tmp_path / "facts").open("wb") as file:
        file.truncate(200 * 1024**3)
    begun = time.monotonic()
    with pytest.raises(UnusableFile, match="214748364800 bytes"):
        read_regular(str(tmp_path / "facts"), 1024)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("change", [b"b: 2\n", b""])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch, change):
    path = tmp_path / "facts"
    path.write_bytes(b"a: 1\n")
    os.utime(path, (1_000_000, 1_000_000))
    read = os.read

    def read_and_change(handle: int, count: int) -> bytes:
        content = read(handle, count)
        path.write_bytes(change)
        return content

    monkeypatch.setattr(os, "read", read_and_change)
    with pytest.raises(UnusableFile) as caught:
        read_regular(str(path), 100)
    assert reason_of(caught.value) == f"{path} changed while it was read"


def test_a_fifo_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UnusableFile) as caught:
        read_regular(str(tmp_path / "fifo"), 5)
    assert reason_of(caught.value) == f"{tmp_path}/fifo is not a regular file"


@pytest.mark.parametrize("path", ["/dev/zero", "/tmp"])
def test_what_is_no_file_is_refused(path):
    with pytest.raises(UnusableFile, match="not a regular file"):
        read_regular(path, 5)


def test_a_symlink_loop_and_a_missing_file_are_told(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError) as caught:
        read_regular(str(tmp_path / "loop"), 5)
    assert reason_of(caught.value) == f"{tmp_path}/loop cannot be read: Too many levels of symbolic links"
    with pytest.raises(FileNotFoundError):
        read_regular(str(tmp_path / "none"), 5)


def stamp(inode: int, mtime: float, size: int = 1) -> Stamp:
    return Stamp(1, inode, size, int(mtime * 1e9), int(mtime * 1e9))


def test_a_file_written_in_place_is_unsettled_until_it_rests():
    settling, known = Settling(), stamp(7, 100)
    assert settling.is_unsettled(known, stamp(7, 1000), now=1000.1)
    assert settling.is_unsettled(known, stamp(7, 1000), now=1000.9)
    assert not settling.is_unsettled(known, stamp(7, 1000), now=1001.0)


def test_a_file_renamed_into_place_is_settled_at_once():
    assert not Settling().is_unsettled(stamp(7, 100), stamp(8, 1000), now=1000.1)


def test_a_file_that_never_rests_is_told_after_a_while():
    settling, known = Settling(), stamp(7, 100)
    told = []
    for now in (1000, 1020, 1000 + PATIENCE_S - 1, 1000 + PATIENCE_S):
        assert settling.is_unsettled(known, stamp(7, now), now=now)
        told.append(settling.never_rests(now))
    assert told == [False, False, False, True]
    assert not settling.is_unsettled(known, stamp(7, 1030), now=1040)
    assert not settling.never_rests(1040)


def test_a_time_far_in_the_future_settles_nothing_and_stops_nothing():
    assert not Settling().is_unsettled(stamp(7, 100), stamp(7, 9_000_000), now=1000)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(
    ("mode", "owner", "folder_owner", "says"),
    [
        (0o644, 0, 0, None),
        (0o646, 0, 0, "everybody may write to it"),
        (0o664, 0, 0, "a group may write to it"),
        (0o644, 65534, 0, "it belongs to user 65534"),
        (0o644, 1234, 1234, None),  # Puppet's own files on a Puppet server
    ],
)
def test_root_trusts_only_files_that_no_other_can_change(tmp_path, mode, owner, folder_owner, says):
    path = tmp_path / "folder" / "ca.pem"
    path.parent.mkdir()
    path.write_text("x")
    path.chmod(mode)
    os.chown(path, owner, owner)
    os.chown(path.parent, folder_owner, folder_owner)
    reason = changeable_by_others(path.stat(), path)
    assert reason is None if says is None else says in str(reason)


def test_a_file_that_could_be_made_or_appended_to_is_not_touched(tmp_path):
    (tmp_path / "old").write_text("x")
    check_appendable(tmp_path / "old")
    check_appendable(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_a_file_that_could_not_be_made_says_why(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileNotFoundError):
        check_appendable(tmp_path / "nosuch" / "new")
    with pytest.raises(NotADirectoryError):
        check_appendable(tmp_path / "file" / "new")
    with pytest.raises(IsADirectoryError):
        check_appendable(tmp_path)


def test_a_file_that_refuses_to_be_read_is_named():
    with pytest.raises(OSError, match="/proc/self/mem") as refused:
        read_regular("/proc/self/mem", 100)
    assert reason_of(refused.value) == "/proc/self/mem cannot be read: Input/output error"
