"""All stories: their commands are ones that `mco` takes. They are played in tests/parts/test_stories.py."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mcollective_py.cli.applications.demo import STORIES
from mcollective_py.cli.commands import application_files, load_application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.cli.stories.playing import load, play
from mcollective_py.errors import UsageError


@pytest.mark.parametrize("name", STORIES)
def test_every_command_is_one_that_mco_takes_and_every_prompt_that_of_a_host(name: str) -> None:
    story, files = load(name), application_files(None)
    hosts = {host.name for host in story.hosts}
    assert 3 <= len(hosts) <= 4
    for step in story.steps:
        words = shlex.split(step.command)
        if step.host:
            assert step.host in hosts
            continue
        assert words[0] == "mco"
        application = load_application(words[1], files[words[1]])
        parser = parser_for(words[1], application)
        application.check_words(words[2:], parser)
        parse(parser, words[2:])


@pytest.mark.parametrize("name", STORIES)
def test_every_tale_is_held_against_what_comes(name: str) -> None:
    steps = load(name).steps
    assert all(step.remark.endswith((".", "?")) for step in steps)
    assert all(step.shows for step in steps if not step.host)


def test_nothing_is_started_where_something_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UsageError, match=r"exim needs what is not here; nothing was changed\n  root, .*\n  the program labhost"):
        play("exim", Path("/nosuch/labhost"), str)
    assert capsys.readouterr().out == ""


def test_hosts_that_do_not_come_up_are_told_and_nothing_is_left(tmp_path: Path) -> None:
    program = tmp_path / "labhost"
    program.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/calls\n[ "$1" != up ] || {{ echo "labhost: no overlay" >&2; exit 125; }}\n')
    program.chmod(0o755)
    words = (
        "import sys; from pathlib import Path; from mcollective_py.errors import NotReady\n"
        "from mcollective_py.cli.stories import playing\n"
        "playing.missing = lambda *_: []\n"
        "try: playing.play('exim', Path(sys.argv[1]), str)\n"
        "except NotReady as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", words, str(program)], capture_output=True, text=True, timeout=60, check=True)
    assert "ended with 125: labhost: no overlay" in done.stdout
    folder = re.search(r"files are in (\S+) \.\.\.", done.stdout)
    assert folder and not Path(folder[1]).exists()
    assert (tmp_path / "calls").read_text().splitlines()[-1] == "down --all"
