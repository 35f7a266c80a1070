import os
from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import ConfigError
from mcollective_py.server.statefolder import check_state_folder, checked_state_folder, open_state_folder


def config(folder: Path) -> Config:
    return Config.from_text(f"statedir = {folder}\n", "server", "server.cfg")


def test_a_missing_folder_is_made_for_the_daemon_alone(tmp_path: Path) -> None:
    folder = open_state_folder(config(tmp_path / "state"))
    assert folder == tmp_path / "state" and folder.stat().st_mode & 0o777 == 0o700
    assert open_state_folder(config(folder)) == folder


def test_a_folder_that_a_group_may_read_is_as_systemd_makes_it(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o750)
    assert checked_state_folder(config(tmp_path / "state")) == tmp_path / "state"


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o751, 0o1777])
def test_a_folder_that_others_could_reach_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(mode)
    with pytest.raises(ConfigError, match=rf"server\.cfg: statedir: {tmp_path}/state has mode {mode:04o}: chmod 0750 {tmp_path}/state"):
        open_state_folder(config(tmp_path / "state"))


def test_a_link_a_file_and_a_missing_place_are_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(ConfigError, match="is not a folder"):
        open_state_folder(config(tmp_path / "link"))
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made: File exists"):
        open_state_folder(config(tmp_path / "file"))
    with pytest.raises(ConfigError, match="cannot be made: No such file or directory"):
        open_state_folder(config(tmp_path / "nosuch" / "state"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    os.chown(tmp_path / "state", 65534, 65534)
    with pytest.raises(ConfigError, match="belongs to user id 65534"):
        open_state_folder(config(tmp_path / "state"))


def test_a_check_says_the_same_and_makes_nothing(tmp_path: Path) -> None:
    check_state_folder(config(tmp_path / "state"))
    assert not (tmp_path / "state").exists()
    with pytest.raises(ConfigError, match="cannot be made"):
        check_state_folder(config(tmp_path / "nosuch" / "state"))
