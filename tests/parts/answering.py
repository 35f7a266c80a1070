"""A command on a terminal of its own, where a question is answered: `python answering.py ANSWER COMMAND...` prints what stood there."""

import os
import pty
import sys

QUESTION = b"(y/N)"


def main(answer: str, command: list[str]) -> int:
    """Run it to its end; gives its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    seen, answered = b"", False
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece
        if QUESTION in seen and not answered:
            os.write(terminal, answer.encode() + b"\n")
            answered = True
    os.write(1, seen)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
