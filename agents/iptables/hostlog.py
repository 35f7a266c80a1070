"""The host's own log, where the line of the historic agent goes."""

import socket
from pathlib import Path

from mcollective_py.agent import run

_SYSLOG = "/dev/log"
_USER_NOTICE = 13  # facility user, severity notice: RFC 3164, 4.1.1
_MOST = 900  # characters
_SECONDS = 2.0


def tell_host(text: str, logger: str = "", syslog: str = _SYSLOG) -> bool:
    """Write a line to the host's log, by the program `logger` where one is set; whether it was taken.

    Raises RPCAborted where the program takes too long.
    """
    if logger:
        return Path(logger).exists() and run([logger, "-t", "mcollective", "--", text[:_MOST]], timeout=_SECONDS).exitcode == 0
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as log:
            log.settimeout(_SECONDS)
            log.connect(syslog)
            log.send(f"<{_USER_NOTICE}>mcollective: {text[:_MOST]}".encode())
    except OSError:  # nobody listens there
        return False
    return True
