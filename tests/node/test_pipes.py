"""The pipes alone; tests/agent/test_command.py has what they are for."""

import os
import subprocess
import time

import pytest

from mcollective_py.node import pipes
from mcollective_py.node.pipes import Ended, Pipes


@pytest.fixture
def started():
    running = []

    def start(script):
        process = subprocess.Popen(
            ["/bin/sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


def soon(seconds=5.0):
    return time.monotonic() + seconds


def test_the_exit_is_told_and_the_process_is_left_for_its_parent_to_collect(started):
    process = started("echo x; exit 3")
    talk = Pipes(process, b"", 100, None)
    assert talk.until_exit(soon()) is True
    talk.rest(soon())
    talk.close()
    assert (talk.text("stdout"), process.returncode) == ("x\n", None)
    assert process.wait() == 3


def test_a_deadline_that_comes_first_is_told(started):
    talk = Pipes(started("sleep 30"), b"", 100, None)
    assert talk.until_exit(soon(0.05)) is False
    talk.close()


def test_input_and_output_move_at_once_in_both_directions(started):
    # More than two pipes hold: whoever wrote all of it first would wait for ever.
    talk = Pipes(started("cat"), b"x" * 1_000_000, 2_000_000, None)
    assert talk.until_exit(soon()) is True
    talk.rest(soon())
    talk.close()
    assert len(talk.text("stdout")) == 1_000_000


def test_the_word_that_we_are_to_end_interrupts_the_wait_once(started):
    reader, writer = os.pipe()
    talk = Pipes(started("sleep 30"), b"", 100, reader)
    os.write(writer, b"\0")
    with pytest.raises(Ended):
        talk.until_exit(soon())
    talk.stop_listening()
    assert talk.until_exit(soon(0.05)) is False
    talk.close()
    os.close(reader)
    os.close(writer)


def test_a_kernel_without_pidfds_is_looked_at_instead(started, monkeypatch):
    monkeypatch.setattr(pipes, "_pidfd", lambda pid: None)
    process = started("echo x; exit 3")
    talk = Pipes(process, b"", 100, None)
    assert talk.until_exit(soon()) is True
    talk.rest(soon())
    talk.close()
    assert talk.text("stdout") == "x\n"
