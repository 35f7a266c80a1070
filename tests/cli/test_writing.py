import pytest

from mcollective_py.cli.writing import write_atomically
from mcollective_py.errors import ConfigError


def test_a_file_is_written_with_its_mode(tmp_path):
    write_atomically(tmp_path / "x", "text\n", 0o640)
    assert (tmp_path / "x").read_text() == "text\n"
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "old").write_text("old")
    with pytest.raises(ConfigError, match="x: cannot write it"):
        write_atomically(tmp_path / "x", "text\n", 0o640)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x" / "old").read_text() == "old"
