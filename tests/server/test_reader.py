"""A reader by itself, in a thread here and spoken to over its socket; test_readers.py has it as the process that it is."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.node.view import NodeView
from mcollective_py.server.callwire import CALL, OUTCOME, VIEW, Frame, Frames, decode_outcome, encode_call, encode_view
from mcollective_py.server.executor import ThreadExecutor
from mcollective_py.server.reader import serve
from mcollective_py.server.warm import WarmCode
from tests.server.probe import Probe


class Spoken:
    """Our end of a reader's socket."""

    def __init__(self, folder: Path) -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(20)
        self.thread = threading.Thread(target=serve, args=(theirs, WarmCode()), daemon=True)
        self.thread.start()
        self.probe = Probe(folder, ThreadExecutor(lambda call: pytest.fail("it is not for this one")))
        self._frames, self._got = Frames(), list[Frame]()

    def view(self, **facts: object) -> None:
        self.socket.sendall(Frame(VIEW, payload=encode_view(NodeView("web1", facts=facts))).to_bytes())

    def call(self, number: int, action: str, **body: object) -> None:
        call = self.probe.call(action, body)
        self.socket.sendall(Frame(CALL, number, call.timeout, encode_call(call)).to_bytes())

    def next(self) -> Frame:
        while not self._got:
            data = self.socket.recv(65536)
            assert data, "the reader closed its end"
            self._got += self._frames.feed(data)
        return self._got.pop(0)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Spoken]:
    spoken = Spoken(tmp_path)
    yield spoken
    spoken.socket.close()
    spoken.thread.join(20)
    assert not spoken.thread.is_alive()


def test_each_call_is_answered_by_its_number_with_the_view_that_came_last(reader: Spoken):
    for number in (7, 9):
        reader.view(number=number)
        reader.call(number, "look")
    answers = [reader.next(), reader.next()]
    assert [answer.kind for answer in answers] == [OUTCOME, OUTCOME]
    facts = {answer.number: decode_outcome(answer.payload, answer.seconds).body["facts"] for answer in answers}
    assert facts == {7: {"number": 7}, 9: {"number": 9}}


def test_one_that_hangs_leaves_the_others_alone(reader: Spoken, tmp_path: Path):
    reader.call(1, "wait", pids=str(tmp_path / "pids"))
    reader.call(2, "look")
    assert reader.next().number == 2
    reader.call(3, "open_gate")
    assert {reader.next().number, reader.next().number} == {1, 3}


def test_a_call_that_cannot_be_read_is_an_outcome_too(reader: Spoken):
    reader.socket.sendall(Frame(CALL, 1, 5.0, b"no call").to_bytes())
    answer = reader.next()
    assert (answer.number, decode_outcome(answer.payload, 0.0).statuscode) == (1, 5)


def test_an_action_that_is_gone_and_an_agent_that_was_never_there_are_said(reader: Spoken):
    reader.call(1, "dance")
    assert "has no action dance any more" in decode_outcome(reader.next().payload, 0.0).statusmsg
    (reader.probe.folder / "agent.py").unlink()
    reader.probe.folder = reader.probe.folder.with_name("other")
    reader.call(2, "look")
    assert decode_outcome(reader.next().payload, 0.0).statuscode == 5
