"""What an agent keeps on disk."""

import os
import stat

from mcollective_py.agent.kept import read_kept, write_kept


def test_a_value_is_there_for_the_next_and_for_nobody_else(tmp_path):
    file = tmp_path / "folder" / "kept.json"
    assert read_kept(file) is None
    assert write_kept(file, {"a": [1, "ü"]})
    assert read_kept(file) == {"a": [1, "ü"]}
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600


def test_where_nothing_can_be_kept_nothing_is(tmp_path):
    (tmp_path / "file").write_text("")
    assert not write_kept(tmp_path / "file" / "kept.json", 1)
    assert read_kept(tmp_path / "file" / "kept.json") is None


def test_what_is_no_json_is_none(tmp_path):
    (tmp_path / "kept").write_text("{")
    assert read_kept(tmp_path / "kept") is None
