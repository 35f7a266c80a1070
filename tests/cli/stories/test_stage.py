import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from mcollective_py import __version__
from mcollective_py.cli.stories.lab import Lab
from mcollective_py.cli.stories.stage import Stage, _own_folders
from mcollective_py.cli.stories.story import Step, Story, StoryHost
from mcollective_py.errors import NotReady

# Stands for labhost: runs the commands of hosts and operators right here.
HERE = """#!/bin/sh
echo "$*" >>{folder}/calls
case "$1" in
up) [ "$2" != broken ] || exit 125 ;;
net|exec) while [ "$1" != -- ]; do shift; done; shift; exec "$@" ;;
esac
"""


def stage(folder: Path, stack: ExitStack, *hosts: StoryHost) -> Stage:
    program = folder / "labhost"
    program.write_text(HERE.format(folder=folder))
    program.chmod(0o755)
    return Stage(Story("", hosts, {}, {}, lambda _lab, _folder: None, ()), program, folder, stack)


def test_commands_are_typed_at_the_operators_prompt_and_at_those_of_hosts(tmp_path: Path) -> None:
    with ExitStack() as stack:
        made = stage(tmp_path, stack)
        assert made.run(Step("", "mco --version")) == (f"mco {__version__}\n", 0)
        came, code = made.run(Step("", "mco no-such-command"))
        assert ("unknown command" in came, code) == (True, 1)
        assert made.run(Step("", "sh -c 'echo out; echo err >&2; exit 3'", host="web1")) == ("out\nerr\n", 3)
    assert (tmp_path / "calls").read_text().splitlines()[-1] == "down --all"


def test_hosts_are_taken_down_where_one_does_not_come_up(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="labhost up broken"), ExitStack() as stack:
        stage(tmp_path, stack, StoryHost("web1", "web"), StoryHost("broken", "web")).set_up()
    assert (tmp_path / "calls").read_text().splitlines()[-1] == "down --all"


def test_hosts_see_this_package_but_never_the_machines_own_programs() -> None:
    folders = _own_folders()
    assert "/usr" not in folders and "/" not in folders
    assert any(Path(__file__).is_relative_to(folder) for folder in folders)
    if not sys.prefix.startswith("/usr"):
        assert sys.prefix in folders


def test_hosts_may_read_what_is_ours_and_write_into_the_storys_folder(tmp_path: Path) -> None:
    with ExitStack() as stack:
        made = stage(tmp_path, stack, StoryHost("web1", "web"))
        assert isinstance(made.lab, Lab)
        made.lab.up("web1")
    binds = (tmp_path / "calls").read_text().splitlines()[0].split()[3::2]
    assert binds[0] == str(tmp_path)
    assert all(bind.endswith(":ro") for bind in binds[1:])
