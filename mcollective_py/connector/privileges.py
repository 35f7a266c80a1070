"""Who the front runs as, and what it may not do any more."""

import os
import pwd
from dataclasses import dataclass

from ..errors import ConfigError

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_FILES, _FILE_SIZE, _ADDRESS_SPACE = 128, 16 << 20, 2 << 30


@dataclass(frozen=True, slots=True)
class Account:
    """A user. switches: whether a process has to give up root's rights to be this one."""

    name: str
    uid: int
    gid: int
    switches: bool


def account_of(user: str, file: str | None = None) -> Account:
    """The user of the setting `plugin.front.user`. ConfigError for one that is not there, for root, and for whom we cannot become."""
    key = "plugin.front.user"
    try:
        entry = pwd.getpwnam(user)
    except (KeyError, ValueError):
        raise ConfigError(f"there is no user {user} here: make one without a password, a home or a shell", file=file, key=key) from None
    if entry.pw_uid == 0:
        raise ConfigError(f"{user} is root: the front is there so that what reads the network is not", file=file, key=key)
    own = os.geteuid()
    if own not in (0, entry.pw_uid):
        raise ConfigError(f"only root can have another process run as {user}", file=file, key=key)
    return Account(user, entry.pw_uid, entry.pw_gid, own == 0)


def confine(account: Account) -> None:
    """Become the user for good, and give up what this process will not need: programs that gain rights, many or large files, memory.

    Raises OSError where not all of it can be done: it is then to end.
    """
    import ctypes
    import resource

    if account.switches:
        os.setgroups([])
        os.setresgid(account.gid, account.gid, account.gid)
        os.setresuid(account.uid, account.uid, account.uid)  # and with it every capability
    if 0 in (os.getuid(), os.geteuid(), os.getgid(), os.getegid()):
        raise PermissionError("the front must not run as root, or in root's group")
    # Dumpable: its own files in /proc are then this user's, and it can open them.
    for option in (_PR_SET_NO_NEW_PRIVS, _PR_SET_DUMPABLE):
        if ctypes.CDLL(None, use_errno=True).prctl(option, 1, 0, 0, 0):
            raise PermissionError(ctypes.get_errno(), f"prctl {option} is refused")
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_FSIZE, _FILE_SIZE),
        (resource.RLIMIT_AS, _ADDRESS_SPACE),
    ):
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (limit, limit))
    os.umask(0o077)
    os.chdir("/")
