"""Who a command runs as: looked up by name, or refused; never root for want of the one that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcollective_py.agent import RPCAborted

if TYPE_CHECKING:
    from pwd import struct_passwd


@dataclass(frozen=True, slots=True)
class Account:
    """A user as the kernel wants it. groups: all that it belongs to, its primary one too; None where nothing is to be changed."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] | None
    home: str
    shell: str


def account_of(user: str, group: str, own: int, users: Sequence[str] = ()) -> Account:
    """The account of a user by name or number; an empty one is the daemon's own. own: the daemon's effective uid.

    group: another primary group. users: who may be named, empty for anybody; they get no group then that they are not in. Raises
    RPCAborted.
    """
    import grp
    import os
    import pwd

    found = _found(user, own)
    if users and found.pw_name not in users:
        raise RPCAborted(f"plugin.shell.users of this host does not let commands run as {found.pw_name}")
    if own != 0 and found.pw_uid != own:
        raise RPCAborted(
            f"cannot run as {found.pw_name}: the daemon runs as {pwd.getpwuid(own).pw_name}, and only root can change who it is"
        )
    gid = found.pw_gid
    if group:
        if own != 0:
            raise RPCAborted(f"cannot run with the group {group}: only root can change its groups")
        try:
            gid = grp.getgrgid(int(group)).gr_gid if _is_number(group) else grp.getgrnam(group).gr_gid
        except KeyError as error:
            raise RPCAborted(f"there is no group {group} here") from error
        if users and gid not in os.getgrouplist(found.pw_name, found.pw_gid):  # disk, docker or shadow are as good as root
            raise RPCAborted(f"{found.pw_name} is not in the group {group}, and plugin.shell.users of this host gives no other")
    is_changed = own == 0 and bool(user or group)
    groups = tuple(sorted({gid, *os.getgrouplist(found.pw_name, found.pw_gid)})) if is_changed else None
    return Account(found.pw_name, found.pw_uid, gid, groups, found.pw_dir, found.pw_shell or "/bin/sh")


def _found(user: str, own: int) -> "struct_passwd":
    import pwd

    try:
        return pwd.getpwuid(own) if not user else pwd.getpwuid(int(user)) if _is_number(user) else pwd.getpwnam(user)
    except KeyError as error:
        raise RPCAborted(f"there is no user {user or own} here") from error


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
