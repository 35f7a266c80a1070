"""What a request orders, as the spec of a supervisor."""

import os
from dataclasses import dataclass

from mcollective_py.agent import InvalidRPCData, RPCRequest, bytes_of

from .account import account_of
from .allowfile import rules_of
from .command import command_of
from .environment import environment_of
from .settings import Settings
from .spec import Spec

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/puppetlabs/bin"


@dataclass(frozen=True, slots=True)
class Order:
    """A spec, and what lists of jobs show of it."""

    spec: Spec
    shown: str
    user: str


def order_of(request: RPCRequest, settings: Settings, *, timeout: float | None, grace: float, most: int) -> Order:
    """The order of a request for run or start. timeout, grace: seconds. most: bytes kept of each stream. Raises RPCError."""
    rules = rules_of(settings.allow_file) if settings.allow_file else None
    command = command_of(request.action, request, settings.command_shell, rules)
    account = account_of(request.get("user") or settings.user, request.get("group") or "", os.geteuid(), settings.users)
    cpu = request.get("cpu")
    if cpu is not None and not 1 <= cpu < 1 << 31:
        raise InvalidRPCData(f"{request.action}: the input cpu must be a number of seconds, 1 or more")
    spec = Spec(
        command.words,
        account.uid,
        account.gid,
        account.groups,
        environment_of(account.name, account.home, account.shell, _PATH, request.get("env")),
        cwd=request.get("cwd") or "/",
        umask=int(request.get("umask") or "022", 8),
        script=command.script,
        place=command.place,
        stdin=request.get("stdin"),
        timeout=timeout,
        grace=grace,
        memory=bytes_of(request["memory"]) if request.get("memory") else None,
        cpu=cpu,
        max_output=min(most, bytes_of(request["max_output"])) if request.get("max_output") else most,
    )
    return Order(spec, command.shown, account.name)


def seconds_of(request: RPCRequest) -> float | None:
    """The time that a command may take, None for no end; Ruby's agent takes 0 for none too. Raises InvalidRPCData."""
    seconds = request.get("timeout")
    if seconds is None or seconds == 0:
        return None
    if not 0 < seconds < 1e9:
        raise InvalidRPCData(f"{request.action}: the input timeout must be a number of seconds")
    return float(seconds)
