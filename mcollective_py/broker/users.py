"""The users file: names, roles and salted, hashed passwords; and checking a password.

One user a line, `name:role:scrypt:N:r:p:SALT:HASH`, salt and hash in hex; `#` begins a comment.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigError
from ..regularfile import UnusableFile, read_regular
from .rights import SHIPPED_ROLES

# 16 MiB and about 40 ms for one guess (RFC 7914); logins that were right once are remembered, so a fleet that comes back is quick.
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
_MAX_COST = 2**17
_MAX_FILE = 4 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\-]{0,127}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2}){16,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class User:
    """A user as the file has it. salt and digest: bytes; cost, block and parallel: scrypt's N, r and p."""

    name: str
    role: str
    salt: bytes
    digest: bytes
    cost: int = _COST
    block: int = _BLOCK
    parallel: int = _PARALLEL

    def accepts(self, password: str) -> bool:
        """Whether this is the password. Slow on purpose."""
        return hmac.compare_digest(_hashed(password, self.salt, self.cost, self.block, self.parallel), self.digest)

    def line(self) -> str:
        numbers = f"{self.cost}:{self.block}:{self.parallel}"
        return f"{self.name}:{self.role}:scrypt:{numbers}:{self.salt.hex()}:{self.digest.hex()}"


def new_user(name: str, role: str, password: str, *, salt: bytes | None = None) -> User:
    """A user with a freshly salted hash of the password. Raises ConfigError for an empty password, a bad name or an unknown role."""
    if not password:
        raise ConfigError(f"the password of {name} is empty: everybody could be {name}")
    _check_name_and_role(name, role)
    salt = secrets.token_bytes(16) if salt is None else salt
    return User(name, role, salt, _hashed(password, salt, _COST, _BLOCK, _PARALLEL))


def _check_name_and_role(name: str, role: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise ConfigError(f"{name!r} is no user name: letters, digits and . _ @ -")
    if role not in SHIPPED_ROLES:
        raise ConfigError(f"there is no role {role}: {', '.join(sorted(SHIPPED_ROLES))}")


def parse_users(text: str, file: str | None = None) -> dict[str, User]:
    """A users file's text as users by name. Raises ConfigError naming the line that cannot be read."""
    users: dict[str, User] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            user = _parse_line(line.strip())
        except ConfigError as error:
            raise ConfigError(error.problem, file=file, line=number) from None
        if user.name in users:
            raise ConfigError(f"{user.name} stands here twice", file=file, line=number)
        users[user.name] = user
    return users


def _parse_line(line: str) -> User:
    fields = line.split(":")
    if len(fields) != 8 or fields[2] != "scrypt":
        raise ConfigError("not name:role:scrypt:N:r:p:SALT:HASH; add users with `mco broker adduser`")
    name, role, _, cost, block, parallel, salt, digest = fields
    _check_name_and_role(name, role)
    numbers = [int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0 for text in (cost, block, parallel)]
    if not (2 <= numbers[0] <= _MAX_COST and numbers[0].bit_count() == 1 and 1 <= numbers[1] <= 16 and 1 <= numbers[2] <= 4):
        raise ConfigError(f"{name}: scrypt cannot be that cheap or that dear")
    if _HEX.fullmatch(salt) is None or _HEX.fullmatch(digest) is None:
        raise ConfigError(f"{name}: salt and hash are at least 16 bytes in hex")
    return User(name, role, bytes.fromhex(salt), bytes.fromhex(digest), *numbers)


def _hashed(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    memory = 256 * cost * block * parallel + 1024 * 1024  # twice what scrypt says it needs
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=memory, dklen=32)


def read_users(path: Path) -> dict[str, User]:
    """The users of a file. Raises ConfigError where it cannot be read, or others than its owner and group may read it."""

    def judge(status: os.stat_result) -> None:
        if status.st_mode & 0o007:
            raise ConfigError("others can read or write it; `chmod 640` it", file=str(path))

    try:
        text = read_regular(str(path), _MAX_FILE, judge=judge)[0].decode()
    except UnusableFile as error:
        raise ConfigError(error.strerror, file=str(path)) from error
    except OSError as error:
        raise ConfigError(f"cannot read the users: {error.strerror or error}", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError("cannot read the users: this is no text", file=str(path)) from error
    return parse_users(text, str(path))


class Passwords:
    """Checks logins against users; remembers right ones (as a keyed hash) until the users change."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self.users = users
        self._key = secrets.token_bytes(32)
        self._right: dict[str, bytes] = {}
        # An unknown name must cost what a wrong password costs, or names could be told apart by time.
        self._nobody = User("nobody", "node", secrets.token_bytes(16), secrets.token_bytes(32))

    def remembers(self, name: str, password: str) -> bool:
        """Whether this login was right before. Quick."""
        known = self._right.get(name)
        return known is not None and hmac.compare_digest(known, self._digest(name, password))

    def check(self, name: str, password: str) -> User | None:
        """The user, where name and password are right; about 40 ms, fit for another thread."""
        user = self.users.get(name)
        if not (user or self._nobody).accepts(password) or user is None or not password:
            return None
        self._right[name] = self._digest(name, password)
        return user

    def _digest(self, name: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{name}\0{password}".encode(), "sha256")
