import os
import stat

import pytest

from mcollective_py.privatefile import cache_folder, prune_folder, read_private, replace_private, state_folder


@pytest.mark.parametrize(
    ("environment", "cache", "state"),
    [
        ({"HOME": "/home/ann"}, "/home/ann/.cache/mcollective_py", "/home/ann/.local/state/mcollective_py"),
        ({"HOME": "/home/ann", "XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"}, "/c/mcollective_py", "/s/mcollective_py"),
        (
            {"HOME": "/home/ann", "XDG_CACHE_HOME": "here", "XDG_STATE_HOME": ""},
            "/home/ann/.cache/mcollective_py",
            "/home/ann/.local/state/mcollective_py",
        ),
        ({}, "/nonexistent/.cache/mcollective_py", "/nonexistent/.local/state/mcollective_py"),
    ],
)
def test_the_folders_are_those_of_the_desktop_specification(environment, cache, state):
    assert (cache_folder(environment), state_folder(environment)) == (cache, state)


def test_a_file_is_made_in_a_folder_of_its_own_that_nobody_else_reads(tmp_path):
    file = tmp_path / "known" / "a.json"
    replace_private(file, "one é")
    assert file.read_text(encoding="utf-8") == "one é"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file.parent, file)] == [0o700, 0o600]


def test_a_file_is_replaced_and_nothing_beside_it_is_left(tmp_path):
    file = tmp_path / "a.json"
    file.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text("untouched")
    replace_private(str(file), "two")
    assert (file.read_text(), (tmp_path / "elsewhere").read_text()) == ("two", "untouched")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "elsewhere"]


def test_what_cannot_be_put_in_its_place_leaves_nothing(tmp_path):
    (tmp_path / "a.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_private(tmp_path / "a.json", "one")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    with pytest.raises(OSError, match="exists"):
        (tmp_path / "file").touch()
        replace_private(tmp_path / "file" / "a.json", "one")


def test_the_surplus_of_a_folder_is_deleted_and_nothing_else(tmp_path):
    for name in ("1.json", "22.json", "333.json", "notes.txt"):
        (tmp_path / name).write_text("x" * len(name))
    asked = []

    def two_smallest(found):
        asked.extend(sorted(name for name, _ in found))
        return [name for name, _ in sorted(found, key=lambda each: each[1].st_size)[:2]]

    prune_folder(tmp_path, lambda name: name.endswith(".json"), two_smallest)
    assert asked == ["1.json", "22.json", "333.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["333.json", "notes.txt"]


def test_nothing_is_deleted_behind_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "1.json").touch()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(OSError, match="directory"):
        prune_folder(tmp_path / "link", lambda name: True, lambda found: [name for name, _ in found])
    assert (tmp_path / "real" / "1.json").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_folder_is_left_alone(tmp_path):
    (tmp_path / "1.json").touch()
    os.chown(tmp_path, 12345, -1)
    prune_folder(tmp_path, lambda name: True, lambda found: [name for name, _ in found])
    assert (tmp_path / "1.json").exists()


def test_nothing_is_left_in_a_folder_that_is_a_link(tmp_path):
    (tmp_path / "cron.d").mkdir()
    (tmp_path / "known").symlink_to(tmp_path / "cron.d")
    with pytest.raises(OSError, match="is a link, or of user"):
        replace_private(tmp_path / "known" / "a.json", "x")
    assert list((tmp_path / "cron.d").iterdir()) == []


def test_what_was_written_is_read(tmp_path):
    replace_private(tmp_path / "a.json", "one é")
    assert read_private(tmp_path / "a.json", 100).decode() == "one é"


def test_a_pipe_a_link_a_folder_and_a_large_file_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # opening it to read would wait for ever
    (tmp_path / "large").write_text("x" * 101)
    (tmp_path / "link").symlink_to("large")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "large", "link", "folder", "missing"):
        with pytest.raises(OSError, match=r"regular|more than 100 bytes|symbolic links|directory|No such file"):
            read_private(tmp_path / name, 100)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_another_user_left_for_root_is_neither_read_nor_joined(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    os.chown(tmp_path / "a.json", 65534, 65534)
    with pytest.raises(OSError, match="belongs to user 65534"):
        read_private(tmp_path / "a.json", 100)
    (tmp_path / "known").mkdir()
    os.chown(tmp_path / "known", 65534, 65534)
    with pytest.raises(OSError, match="of user 65534"):
        replace_private(tmp_path / "known" / "b.json", "x")
