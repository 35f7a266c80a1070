"""What `prompt_user` and `prompt_password` ask for: on the terminal, once for all brokers, and never where there is no terminal."""

import getpass
import os
from collections.abc import Callable
from dataclasses import replace

from ..errors import ConfigError
from .pool import Broker

_TERMINAL = "/dev/tty"


class Prompt:
    """Completes the logins of a pool by asking the person at the terminal for what neither file nor environment gave.

    prefix: `plugin.FAMILY.`, for messages. read: gives the answer to a question, hidden or not; OSError or EOFError without one.
    """

    def __init__(self, prefix: str, *, wants_user: bool, wants_password: bool, read: Callable[[str, bool], str] | None = None) -> None:
        self._prefix, self._wants_user, self._wants_password = prefix, wants_user, wants_password
        self._read = read or _read
        self._answers: dict[str, str] = {}

    def complete(self, broker: Broker) -> Broker:
        """The broker with user and password. ConfigError without a terminal or an answer."""
        user, password = broker.user, broker.password
        if user is None and self._wants_user:
            user = self._ask("user", f"set STOMP_USER or {self._prefix}pool.N.user", is_hidden=False)
        if password is None and self._wants_password:
            password = self._ask("password", f"set STOMP_PASSWORD or {self._prefix}pool.N.password_file", is_hidden=True)
        return replace(broker, user=user, password=password)

    def _ask(self, what: str, remedy: str, *, is_hidden: bool) -> str:
        if what not in self._answers:
            try:
                answer = self._read(f"The broker's {what}: ", is_hidden)
            except (OSError, EOFError):
                answer = ""
            if not answer or "\0" in answer:
                raise ConfigError(
                    f"asks for it on the terminal, and nobody answers there: {remedy}", key=f"{self._prefix}prompt_{what}"
                )
            self._answers[what] = answer
        return self._answers[what]


def _read(question: str, is_hidden: bool) -> str:
    """From the terminal itself, whatever standard input and output are."""
    if is_hidden:
        os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY))  # else getpass would read standard input, and show what is typed
        return getpass.getpass(question)
    with open(_TERMINAL, "r+b", buffering=0) as terminal:
        terminal.write(question.encode())
        line = terminal.readline(4096)
    return line.decode(errors="replace").rstrip("\r\n")
