import os
from pathlib import Path

import pytest

from mcollective_py.node.ownership import check_ownership, check_tree_ownership

US = os.geteuid()


@pytest.fixture(autouse=True)
def umask():
    old = os.umask(0o022)
    yield
    os.umask(old)


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "bin" / "program"
    path.parent.mkdir(mode=0o755)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_file_that_is_ours_below_folders_that_are_ours_passes(program):
    check_ownership(program)


def test_root_owned_programs_pass_for_everybody():
    check_ownership(Path("/usr/bin/env"), uid=12345)


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_a_file_that_others_can_write_is_refused_with_what_to_do(program, mode):
    program.chmod(mode)
    with pytest.raises(PermissionError, match=rf"can be written by others \(mode 0{mode:o}\): chmod go-w"):
        check_ownership(program)


@pytest.mark.parametrize("mode", [0o775, 0o777])
def test_a_folder_above_that_others_can_write_is_refused(program, mode):
    program.parent.chmod(mode)
    with pytest.raises(PermissionError, match="bin can be written by others"):
        check_ownership(program)


def test_a_sticky_folder_above_is_no_fault(program):
    program.parent.chmod(0o1777)
    check_ownership(program)


def test_a_sticky_folder_is_no_place_to_load_from_itself(program):
    program.parent.chmod(0o1777)
    with pytest.raises(PermissionError):
        check_ownership(program.parent)


def test_a_link_is_judged_by_every_folder_on_its_way(program, tmp_path):
    (tmp_path / "shared").mkdir(mode=0o755)
    (tmp_path / "way").mkdir(mode=0o755)
    (tmp_path / "shared" / "link").symlink_to(program)
    (tmp_path / "way" / "link").symlink_to("../shared/link")
    check_ownership(tmp_path / "way" / "link")
    (tmp_path / "shared").chmod(0o777)
    with pytest.raises(PermissionError, match="shared can be written by others"):
        check_ownership(tmp_path / "way" / "link")


def test_links_that_go_round_in_circles_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(PermissionError, match="too many links"):
        check_ownership(tmp_path / "a")


def test_nothing_there_is_told_apart_from_not_allowed(tmp_path):
    with pytest.raises(FileNotFoundError):
        check_ownership(tmp_path / "absent")


def test_a_file_of_somebody_else_is_refused(program):
    # Who we are is an argument, so that an ordinary user's desk can run this as well.
    if US != 0:
        with pytest.raises(PermissionError, match=f"belongs to uid {US}"):
            check_ownership(program, uid=US + 1)
        return
    os.chown(program, 12345, -1)
    with pytest.raises(PermissionError, match="belongs to uid 12345"):
        check_ownership(program)
    check_ownership(program, uid=12345)


def test_everything_in_a_folder_is_looked_at(program, tmp_path):
    check_tree_ownership(tmp_path)
    deep = tmp_path / "bin" / "deep"
    deep.mkdir(mode=0o755)
    (deep / "x.py").write_text("")
    (deep / "x.py").chmod(0o666)
    with pytest.raises(PermissionError, match=r"x\.py can be written by others"):
        check_tree_ownership(tmp_path)
