"""A mail server that does what recipients are called: `defer*` is put off, `reject*` refused, `slow*` kept waiting, others taken."""

import argparse
import re
import socketserver
import time

_RECIPIENT = re.compile(rb"RCPT TO:\s*<?([^@>\s]*)", re.IGNORECASE)
_ANSWERS = ((b"defer", b"451 4.3.0 come back later\r\n"), (b"reject", b"550 5.1.1 nobody of that name\r\n"))
_SLOW = 30.0  # seconds that a message for `slow*` is kept waiting: long enough to look at a message under delivery


class Sink(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Answer commands to the end."""
        self.wfile.write(b"220 sink.lab.test ESMTP\r\n")
        is_slow = False
        while line := self.rfile.readline(2000):
            verb = line[:4].upper()
            if verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (part := self.rfile.readline(70_000)) not in (b".\r\n", b""):
                    pass
                if is_slow:
                    time.sleep(_SLOW)
                self.wfile.write(b"250 taken\r\n" if part else b"")
            elif found := _RECIPIENT.match(line):
                is_slow |= found[1].startswith(b"slow")
                self.wfile.write(next((answer for start, answer in _ANSWERS if found[1].startswith(start)), b"250 ok\r\n"))
            else:
                self.wfile.write(b"250 ok\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    with _Server(("0.0.0.0", parser.parse_args().port), Sink) as server:
        print("ready", flush=True)
        server.serve_forever()
