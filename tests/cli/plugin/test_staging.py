import os

import pytest

from mcollective_py.cli.plugin.staging import make, stage, write
from mcollective_py.errors import UsageError
from tests.cli.plugin.made import made


def test_files_lie_as_they_will_on_a_host(tmp_path):
    parcel = made()
    old = os.umask(0o077)
    try:
        stage(tmp_path / "root", parcel, parcel.parts[1])
    finally:
        os.umask(old)
    folder = tmp_path / "root/usr/share/mcollective/plugins/agents/web_app"
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "agent.py": 0o644,
        "act.sh": 0o755,
        "words.py": 0o644,
    }
    assert all(
        (path.stat().st_mode & 0o777, int(path.stat().st_mtime)) == (0o755, 1_700_000_000) for path in [folder, *folder.parents][:5]
    )


def test_a_file_is_never_written_over(tmp_path):
    write(tmp_path / "a", b"1", 0o644)
    with pytest.raises(FileExistsError):
        write(tmp_path / "a", b"2", 0o644)


def test_a_program_gets_nothing_of_its_users_settings_and_its_complaint_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    make(["/bin/sh", "-c", 'env >"$TMPDIR/said"'], tmp_path, made())
    said = (tmp_path / "said").read_text()
    assert "SECRET" not in said and "SOURCE_DATE_EPOCH=1700000000\n" in said and f"HOME={tmp_path}\n" in said
    with pytest.raises(UsageError, match="/bin/sh ended with 3: no way"):
        make(["/bin/sh", "-c", "echo no way >&2; exit 3"], tmp_path, made())
    with pytest.raises(UsageError, match="/nonexistent cannot be run: No such file"):
        make(["/nonexistent"], tmp_path, made())
