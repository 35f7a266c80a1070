import os
import socket
import subprocess
import sys
import threading

import pytest

from mcollective_py.cli.stdinhosts import Piped, has_writer_beside_us, look_at_input

HOSTS = Piped(has_hosts=True)


def alone(status):
    return False


@pytest.fixture
def pipe():
    ends = list(os.pipe())
    yield ends
    for end in ends:
        if end is not None:
            os.close(end)


def close(ends, which):
    os.close(ends[which])
    ends[which] = None


def test_a_pipe_with_something_in_it_has_hosts_and_nothing_is_read(pipe):
    os.write(pipe[1], b"web1\n")
    assert look_at_input(pipe[0], is_pipeline=alone) == HOSTS
    close(pipe, 1)
    assert look_at_input(pipe[0], is_pipeline=alone) == HOSTS
    assert os.read(pipe[0], 100) == b"web1\n"


def test_an_empty_pipe_is_in_doubt(pipe):
    close(pipe, 1)
    assert look_at_input(pipe[0], is_pipeline=alone) == Piped(doubt="an empty pipe")


def test_a_pipe_that_nothing_ever_comes_through_is_in_doubt_and_does_not_hang(pipe):
    assert look_at_input(pipe[0], 0.05, is_pipeline=alone) == Piped(doubt="a pipe in which nothing came")


def test_what_comes_a_little_later_is_waited_for(pipe):
    writer = threading.Timer(0.05, os.write, (pipe[1], b"web1\n"))
    writer.start()
    assert look_at_input(pipe[0], 60.0, is_pipeline=alone) == HOSTS
    writer.join()


def test_a_pipeline_has_hosts_however_long_they_take(pipe):
    assert look_at_input(pipe[0], 0.0, is_pipeline=lambda status: True) == HOSTS


def test_a_program_of_this_session_that_writes_to_the_pipe_makes_it_a_pipeline(pipe):
    assert not has_writer_beside_us(os.fstat(pipe[0]))
    waits = [sys.executable, "-c", "import sys; sys.stderr.write('.'); sys.stderr.flush(); sys.stdin.read()"]
    for is_beside in (True, False):
        with subprocess.Popen(
            waits, stdin=subprocess.PIPE, stdout=pipe[1], stderr=subprocess.PIPE, start_new_session=not is_beside
        ) as writer:
            writer.stderr.read(1)
            assert has_writer_beside_us(os.fstat(pipe[0])) is is_beside
            writer.stdin.close()


def test_a_file_has_hosts_unless_it_is_empty_or_being_read(tmp_path):
    (tmp_path / "hosts").write_text("web1\nweb2\n")
    (tmp_path / "empty").write_text("")
    with (tmp_path / "hosts").open("rb") as file, (tmp_path / "empty").open("rb") as empty:
        assert look_at_input(file.fileno()) == HOSTS
        os.lseek(file.fileno(), 5, os.SEEK_SET)
        assert look_at_input(file.fileno()) == Piped(doubt="a file that something else is reading")
        assert look_at_input(empty.fileno()) == Piped(doubt="an empty file")


def test_a_device_a_socket_and_a_closed_input_are_not_looked_at():
    one, other = socket.socketpair()
    with one, other, open(os.devnull, "rb") as null:
        other.send(b"web1\n")
        assert look_at_input(null.fileno()) == look_at_input(one.fileno()) == Piped()
        closed = os.dup(null.fileno())
    os.close(closed)
    assert look_at_input(closed) == Piped()
