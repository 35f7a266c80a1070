"""Who may do what on a site's own broker: three logins with no more rights than their work needs, for ActiveMQ and RabbitMQ alike."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ConfigError, UsageError
from ..message import AUDIT, REGISTRATION
from ..names import is_collective
from ..regularfile import known_to_others, read_regular

NODE, OPERATOR, ADMIN = "mcollective-node", "mcollective-operator", "mcollective-admin"
LOGINS: Mapping[str, str] = {
    NODE: "hosts: take requests and send replies",
    OPERATOR: "operators: send requests and read replies",
    ADMIN: "both of these, for tests and for programs that are a host and a client in one",
}
OF_HOSTS = (REGISTRATION, AUDIT)  # the agents that hosts send to unasked, with --registration
REGISTRATION_OPENS = (
    "with --registration whoever has the login of hosts can also send to their agents: by a pattern on ActiveMQ, by dead letters on "
    "RabbitMQ, which ask for no other right. Hosts of this package drop what came so; Ruby hosts do not"
)
SHARED_REPLIES = {
    "activemq": "operators share a login, and so every operator can read, and take, all replies to all of them",
    "rabbitmq": "operators share a login, and an operator who knows or guesses the name of another's replies can read them",
}
_PASSWORD_FILE = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """What a broker is set up for. collectives: at least one. passwords: by login, each of LOGINS.

    has_registration: hosts may send registrations, and with that more than these (REGISTRATION_OPENS).
    """

    collectives: tuple[str, ...]
    passwords: Mapping[str, str] = field(repr=False)
    has_registration: bool = False

    def __post_init__(self) -> None:
        for name in self.collectives:
            if not is_collective(name):
                raise UsageError(f"{name[:80]!r} is no name of a collective: letters, digits, _ and - only")


def read_passwords(path: Path) -> dict[str, str]:
    """The passwords in a file of `LOGIN PASSWORD` lines. Raises ConfigError for one that lacks a login or has a weak password."""
    lines = read_secret(path).splitlines()
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        login, _, password = line.strip().partition(" ")
        if login not in LOGINS:
            raise ConfigError(f"{login[:80]!r} is no login: {', '.join(LOGINS)} are", file=str(path), line=number)
        if len(password) < 16 or not password.isascii() or any(sign in password for sign in " <>&\"'\\$"):
            problem = "a password has at least 16 characters of plain ASCII, without blanks and < > & \" ' \\ $"
            raise ConfigError(problem, file=str(path), line=number)
        found[login] = password
    if missing := [login for login in LOGINS if login not in found]:
        raise ConfigError(f"has no password of {', '.join(missing)}", file=str(path))
    return found


def read_secret(path: Path) -> str:
    """The text of a file with passwords. Raises ConfigError, also for one that others can read or could have written."""

    def judge(status: os.stat_result) -> None:
        if reason := known_to_others(status, path):
            raise ConfigError(reason, file=str(path))

    try:
        return read_regular(str(path), _PASSWORD_FILE, judge=judge)[0].decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read ({error})", file=str(path)) from error


def new_passwords() -> dict[str, str]:
    """A password of 192 random bits for each login."""
    return {login: secrets.token_urlsafe(24) for login in LOGINS}


def passwords_text(passwords: Mapping[str, str]) -> str:
    """The file that read_passwords reads."""
    lines = ["# Logins of the broker and their passwords, by `mco broker setup`. Keep it secret."]
    return "\n".join([*lines, *(f"{login} {password}" for login, password in passwords.items())]) + "\n"


def settings_lines(family: str, login: str, collectives: Sequence[str], host: str, port: int, more: Mapping[str, str]) -> list[str]:
    """What a server.cfg or client.cfg says to log in so, whole. more: further settings below `plugin.FAMILY.`."""
    settings = {
        "pool.size": "1",
        "pool.1.host": host,
        "pool.1.port": str(port),
        "pool.1.user": login,
        "pool.1.password": f"PASSWORD-OF-{login}",
        **more,
    }
    lines = [f"connector = {family}", *(f"plugin.{family}.{key} = {value}" for key, value in settings.items())]
    return lines if list(collectives) == ["mcollective"] else [*lines, f"collectives = {','.join(collectives)}"]
