import json
from pathlib import Path

import pytest

from mcollective_py.cli.stories.lab import PLAIN_PATH, Lab
from mcollective_py.errors import NotReady

# Stands for labhost: writes down how it was called, and does what little is asked of it here.
PROGRAM = """#!/bin/sh
echo "$*" >>{folder}/calls
case "$1" in
up) [ "$2" != broken ] || {{ echo "labhost: no room" >&2; exit 125; }} ;;
exec) while [ "$1" != -- ]; do shift; done; shift; exec "$@" ;;
path) echo {folder}/root ;;
list) echo '[{{"name": "web1", "ip": "10.77.0.2"}}]' ;;
esac
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "labhost"
    file.write_text(PROGRAM.format(folder=tmp_path))
    file.chmod(0o755)
    return file


def calls(program: Path) -> list[str]:
    return program.with_name("calls").read_text().splitlines()


def test_hosts_have_the_folders_and_are_taken_down_with_the_block(program: Path) -> None:
    with pytest.raises(ZeroDivisionError), Lab(program, ["/srv/one", "/srv/two:ro"]) as lab:
        lab.up("web1", systemd=True, address="10.77.0.9")
        lab.down("web1")
        raise ZeroDivisionError
    assert calls(program) == ["up web1 --systemd --ip 10.77.0.9 --bind /srv/one --bind /srv/two:ro", "down web1", "down --all"]


def test_a_host_that_does_not_come_up_is_told_in_the_programs_words(program: Path) -> None:
    with pytest.raises(NotReady, match="labhost up broken ended with 125: labhost: no room"), Lab(program, []) as lab:
        lab.up("broken")


def test_a_command_in_a_host_gets_its_input_and_gives_output_and_code(program: Path) -> None:
    with Lab(program, []) as lab:
        done = lab.run("web1", "sh", "-c", "cat; exit 3", given="said")
        assert (done.stdout, done.returncode) == ("said", 3)
        assert lab.run("web1", "cat").stdout == ""
    assert "web1 -- sh -c cat; exit 3" in calls(program)[0]


def test_addresses_and_files_of_hosts(program: Path) -> None:
    with Lab(program, []) as lab:
        assert lab.addresses() == {"web1": "10.77.0.2"}
        lab.write("web1", "/etc/some/file", "text")
        assert (program.parent / "root/etc/some/file").read_text() == "text"


def test_labs_side_by_side_are_two(program: Path) -> None:
    states = {Lab(program, []).environ["LABHOST_STATE"] for _ in range(2)}
    assert len(states) == 2, json.dumps(sorted(states))


def test_labhost_finds_its_programs_whatever_the_callers_path(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert Lab(program, []).environ["PATH"] == f"/nowhere:{PLAIN_PATH}"
    monkeypatch.delenv("PATH")
    assert Lab(program, []).environ["PATH"] == PLAIN_PATH
