import os

import pytest

from mcollective_py.plugins.stamp import stamp_of


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "agents" / "lamp"
    (folder / "data").mkdir(parents=True)
    (folder / "agent.py").write_text("switch = 1\n")
    (folder / "data" / "table").write_text("1\n")
    return folder


def replace(folder):
    """Other bytes of the same length, with the old times."""
    file = folder / "agent.py"
    times = os.stat(file)
    file.write_text("switch = 2\n")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def swap(folder):
    os.rename(folder, folder.parent / "old")
    folder.mkdir()
    for name in ("agent.py", "data"):
        os.rename(folder.parent / "old" / name, folder / name)


def test_the_same_folder_has_the_same_stamp(folder):
    assert stamp_of(folder) == stamp_of(folder)


@pytest.mark.parametrize(
    "change",
    [
        replace,
        swap,
        lambda folder: (folder / "agent.py").chmod(0o640),
        lambda folder: (folder / "data").chmod(0o777),
        lambda folder: folder.parent.chmod(0o777),
        lambda folder: (folder / "data" / "table").write_text("2\n"),
        lambda folder: (folder / "json.py").write_text(""),
        lambda folder: (folder / "agent.py").unlink(),
        lambda folder: (folder / "way").symlink_to("data"),
    ],
    ids=["bytes", "another folder", "a file's mode", "a folder's mode", "the mode above", "data", "one more", "one less", "a link"],
)
def test_any_change_gives_another(folder, change):
    before = stamp_of(folder)
    change(folder)
    assert stamp_of(folder) != before


@pytest.mark.parametrize("name", ["tests", "__pycache__"])
def test_what_is_never_run_from_there_is_no_part_of_it(folder, name):
    (folder / name).mkdir()
    before = stamp_of(folder)
    (folder / name / "one.py").write_text("")
    assert stamp_of(folder) == before


def test_what_a_link_leads_to_counts_wherever_it_lies(folder, tmp_path):
    (tmp_path / "shared.py").write_text("one = 1\n")
    (folder / "shared.py").symlink_to(tmp_path / "shared.py")
    before = stamp_of(folder)
    (tmp_path / "shared.py").write_text("one = 11\n")
    changed = stamp_of(folder)
    (tmp_path / "shared.py").unlink()
    assert len({before, changed, stamp_of(folder)}) == 3


def test_a_folder_reached_by_a_link_counts_by_both_ways(folder, tmp_path):
    (tmp_path / "way").symlink_to(folder.parent)
    before = stamp_of(tmp_path / "way" / "lamp")
    tmp_path.chmod(0o711)
    assert stamp_of(tmp_path / "way" / "lamp") != before


def test_what_others_put_beside_it_is_no_matter(folder):
    before = stamp_of(folder)
    (folder.parent / "other").mkdir()
    assert stamp_of(folder) == before


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        stamp_of(tmp_path / "none")
