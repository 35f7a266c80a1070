"""The file of plugin.shell.allow_file, read for every request, so that a change holds from the next one on."""

from mcollective_py.agent import RPCAborted

from .allowlist import Rule, parse_rules

_MAX_SIZE = 1 << 20  # bytes


def rules_of(path: str) -> list[Rule]:
    """The commands that it allows. Raises RPCAborted where it cannot be trusted or read: then none is allowed."""
    import os
    import stat

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
                raise RPCAborted(f"{path} allows nothing: it must be a file of root that only root can change")
            content = file.read(_MAX_SIZE + 1)
    except OSError as error:
        raise RPCAborted(f"{path} allows nothing: {error.strerror}") from error
    if len(content) > _MAX_SIZE:
        raise RPCAborted(f"{path} allows nothing: it has more than {_MAX_SIZE} bytes")
    try:
        return parse_rules(content.decode())
    except ValueError as error:
        raise RPCAborted(f"{path} allows nothing: {error}") from error
