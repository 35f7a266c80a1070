"""A supervisor that is waited for, as the agent starts it, and told to end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from agents.shell.spec import Spec, read_spec
from agents.shell.start import foreground
from tests.waiting import wait_until

PARENT = Path(__file__).parents[2]


def supervised(spec):
    words = foreground(os.path.realpath(sys.executable), str(PARENT), "shell")
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write(spec.to_json())
    process.stdin.close()
    process.stdin = None
    return process


def own(*words, **more):
    return Spec(words, os.getuid(), os.getgid(), environment={"PATH": "/usr/bin:/bin"}, **more)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_spec_is_what_it_was_when_it_has_been_written():
    spec = own("sh", "-c", "x", groups=(1, 2), script="s", place=1, stdin="\udcff\n", timeout=1.5, memory=5)
    assert read_spec(spec.to_json()) == spec


def test_told_to_end_it_ends_what_it_runs_however_stubborn_at_once(tmp_path):
    mark = tmp_path / "pid"
    stubborn = f"trap '' TERM; setsid sh -c \"trap '' TERM; echo \\$\\$ > {mark}; exec sleep 300\" & sleep 300"
    process = supervised(own("sh", "-c", stubborn, grace=5.0))
    wait_until("its child runs", lambda: mark.exists() and mark.read_text().strip())
    process.send_signal(signal.SIGTERM)
    ended = json.loads(process.communicate(timeout=30)[0])
    assert (ended["signal"], ended["reason"]) == ("KILL", "the daemon ended it")
    assert not is_running(int(mark.read_text()))


def test_a_supervisor_that_is_killed_takes_its_command_along(tmp_path):
    mark = tmp_path / "pid"
    process = supervised(own("sh", "-c", f"echo $$ > {mark}; exec sleep 300"))
    wait_until("it runs", lambda: mark.exists() and mark.read_text().strip())
    process.kill()
    process.communicate(timeout=30)
    wait_until("its command has gone", lambda: not is_running(int(mark.read_text())))


def test_a_flood_of_output_is_read_to_its_end_and_little_of_it_kept():
    process = supervised(own("sh", "-c", "head -c 20000000 /dev/zero | tr '\\0' x; echo end >&2", max_output=1000))
    ended = json.loads(process.communicate(timeout=60)[0])
    assert (len(ended["stdout"]), ended["dropped"]["stdout"], ended["stderr"], ended["exitcode"]) == (1000, 19_999_000, "end\n", 0)


def test_a_script_that_puts_a_link_in_the_place_of_its_folder_has_nothing_deleted_where_the_link_leads(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/script").write_text("of somebody else")
    text = f'd=$(dirname "$0"); mv "$d" {tmp_path}/moved && ln -s {tmp_path}/etc "$d" && echo "$d"'
    process = supervised(own("/bin/sh", "", script=text, place=1))
    link = Path(json.loads(process.communicate(timeout=30)[0])["stdout"].strip())
    link.unlink()
    assert (tmp_path / "etc/script").read_text() == "of somebody else" and not (tmp_path / "moved/script").exists()


def test_input_that_nobody_reads_is_no_fault():
    process = supervised(own("true", stdin="x" * 200_000))
    assert json.loads(process.communicate(timeout=30)[0])["exitcode"] == 0


def test_signals_are_as_for_any_program():
    process = supervised(own("sh", "-c", "grep -E 'Sig(Ign|Blk)' /proc/self/status"))
    blocked, ignored = (int(word, 16) for word in json.loads(process.communicate(timeout=30)[0])["stdout"].split()[1::2])
    of_glibc = (
        1 << 31 | 1 << 32
    )  # 32 and 33, which it keeps to itself: what make starts has them ignored, and nobody can take that back
    assert (blocked & ~of_glibc, ignored & ~of_glibc) == (0, 0)
