import base64
import socketserver
import threading
from collections.abc import Iterator

import pytest

from mcollective_py.cli.stories.mailing import send


class Recorder(socketserver.StreamRequestHandler):
    """A mail server that takes everything and writes down what it was told."""

    def handle(self) -> None:
        told = self.server.told  # type: ignore[attr-defined]
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline(2000):
            told.append(line.decode().strip())
            verb = line[:4].upper()
            if verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (part := self.rfile.readline(2000)) not in (b".\r\n", b""):
                    told.append(part.decode().strip())
            answers = {b"EHLO": b"250-here\r\n250 AUTH PLAIN\r\n", b"AUTH": b"235 welcome\r\n"}
            self.wfile.write(answers.get(verb, b"250 ok\r\n"))


@pytest.fixture
def server() -> Iterator[socketserver.TCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Recorder) as made:
        made.daemon_threads = True
        made.told = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_messages_go_out_by_one_connection_for_each_who_sends(server: socketserver.TCPServer) -> None:
    messages = [
        {"sender": "a@example.org", "recipients": ["b@example.com", "c@example.com"], "subject": "One", "user": "mallory"},
        {"sender": "d@example.org", "recipients": ["e@example.com"]},
        {"sender": "a@example.org", "recipients": ["f@example.com"], "subject": "Two", "user": "mallory"},
    ]
    send(messages, server.server_address[1])
    told = server.told  # type: ignore[attr-defined]
    assert sum(line.startswith("ehlo") for line in told) == 2
    (login,) = [line for line in told if line.startswith("AUTH PLAIN")]
    assert base64.b64decode(login.split()[2]) == b"\0mallory\0secret"
    assert [line.partition("<")[2].partition(">")[0] for line in told if line.startswith("rcpt")] == [
        *("b@example.com", "c@example.com", "f@example.com", "e@example.com"),
    ]
    assert [line for line in told if line.startswith("Subject:")] == ["Subject: One", "Subject: Two", "Subject: hello"]
