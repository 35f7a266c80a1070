"""Completion in real shells: keys go into a terminal, and the shell says which line they made."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.parts.require import require_programs

pytestmark = pytest.mark.parts

PACKAGED = Path(__file__).parents[2] / "packaging" / "completion"
DEADLINE = 60.0  # seconds

DDL = """\
metadata: {name: paint, description: Paints hosts, author: a, license: b, version: "1", url: c, timeout: 5}
actions:
  - action: coat
    description: "One coat: of it"
    input:
      colour: {prompt: c, description: Which colour, type: list, list: [red, dark blue]}
  - {action: strip, description: None of it}
"""

# What is typed, a TAB at its end, and the line that it becomes; where nothing more can be known the line ends in a blank.
LINES = (
    ("mco describ", "mco describe_filter "),
    ("mco rpc pai", "mco rpc paint "),
    ("mco rpc paint co", "mco rpc paint coat "),
    ("mco rpc paint coat c", "mco rpc paint coat colour="),
    ("mco rpc paint coat colour=r", "mco rpc paint coat colour=red "),
    ("mco rpc paint coat colour=d", "mco rpc paint coat colour=dark\\ blue "),
    ("mco inventory db", "mco inventory db1.example.com "),
    ("mco find --full", "mco find --full-discovery "),
    ("mco ca issue --cal", "mco ca issue --caller "),
    ("mco help inv", "mco help inventory "),
    ("mco find -T u", "mco find -T uk "),
)


@pytest.fixture
def place(tmp_path):
    """An environment with `mco` on the path, an agent of its own, and a host that has answered before."""
    (tmp_path / "lib" / "agents" / "paint").mkdir(parents=True)
    (tmp_path / "lib" / "agents" / "paint" / "ddl.yaml").write_text(DDL)
    (tmp_path / "client.cfg").write_text(f"collectives = mcollective, uk\nlibdir = {tmp_path}/lib\n")
    known = tmp_path / "cache" / "mcollective_py" / "known"
    known.mkdir(parents=True)
    (known / "0.json").write_text('{"hosts": {"db1.example.com": 1, "web1.example.com": 1}}')
    (tmp_path / "bin").mkdir()
    mco = tmp_path / "bin" / "mco"
    mco.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m mcollective_py "$@"\n')
    mco.chmod(0o755)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("MCOLLECTIVE")},
        "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "ZDOTDIR": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "MCOLLECTIVE_EXTRA_OPTS": f"-c {tmp_path}/client.cfg",
        "TERM": "dumb",
        "LC_ALL": "C",
        "PS1": "$ ",
    }


class Terminal:
    """A shell that believes somebody types."""

    def __init__(self, words, environment):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            words, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd="/", start_new_session=True, close_fds=True
        )
        os.close(slave)
        self.seen = ""

    def type(self, keys):
        os.write(self.master, keys.encode())

    def until(self, text):
        """All that was shown up to text, which is taken off."""
        deadline = time.monotonic() + DEADLINE
        while text not in self.seen:
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} did not come, but {self.seen!r}"
            if select.select([self.master], [], [], left)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
        before, _, self.seen = self.seen.partition(text)
        return before

    def line_of(self, typed):
        """What a line is after TAB: it is put into quotes and printed between marks."""
        self.type(f"{typed}\t\x05'\x01show '\n")  # to its end a quote, to its beginning another
        return self.until(">>\r\n").rpartition("<<")[2]

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def lines_of(shell, environment, setup, typed=tuple(typed for typed, _ in LINES)):
    terminal = Terminal(shell, environment)
    try:
        terminal.type("show() { printf '<%s%s>%s\\n' '<' \"$1\" '>'; }\n")
        for line in setup:
            terminal.type(f"{line}\n")
        terminal.type("show ready\n")
        terminal.until("<<ready>>\r\n")
        return [terminal.line_of(line) for line in typed]
    finally:
        terminal.end()


BASH = ["bash", "--norc", "--noprofile", "-i"]
ZSH = ["zsh", "-f", "-i"]
ZSH_SETUP = ["bindkey -e", "unsetopt zle_bracketed_paste prompt_cr", "autoload -Uz compinit"]


def test_bash_completes_commands_agents_actions_inputs_hosts_and_options(place):
    require_programs("bash")
    lines = lines_of(BASH, place, ["bind 'set enable-bracketed-paste off'", "source <(mco completion bash)"])
    assert lines == [expected for _, expected in LINES]


def test_zsh_completes_the_same(place):
    require_programs("zsh")
    lines = lines_of(ZSH, place, [*ZSH_SETUP, "compinit -u", "source <(mco completion zsh)"])
    assert lines == [expected.rstrip() for _, expected in LINES]  # zsh takes its blank back when the cursor goes away


@pytest.mark.parametrize(
    ("shell", "setup"),
    [
        (BASH, ["bind 'set enable-bracketed-paste off'", f"source {PACKAGED / 'mco'}"]),
        (ZSH, [*ZSH_SETUP, f"fpath=({PACKAGED} $fpath)", "compinit -u"]),
    ],
    ids=["bash", "zsh"],
)
def test_the_packaged_scripts_work_where_a_shell_looks_for_them(place, shell, setup):
    require_programs(shell[0])
    (line,) = lines_of(shell, place, setup, ["mco rpc paint co"])
    assert line.rstrip() == "mco rpc paint coat"


@pytest.mark.parametrize("script", ["mco completion fish | source", f"source {PACKAGED / 'mco.fish'}"])
def test_fish_offers_the_same_with_what_each_is(place, script):
    require_programs("fish")
    asked = "; ".join(f"complete -C '{typed}'; echo ==" for typed, _ in LINES)
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"{script}; {asked}"], env=place, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    offered = [part.strip("\n") for part in done.stdout.split("==\n")[:-1]]
    assert offered[1:3] == ["paint", "coat\tOne coat: of it"], done.stderr
    last = [line.split("\t")[0] for line in offered]
    wanted = [expected.rpartition(" ")[2] or expected.split(" ")[-2] for _, expected in LINES]
    wanted[5] = "colour=dark blue"
    assert last == wanted
