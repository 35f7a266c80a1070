"""Where the operator who asks sits, so that no host blocks him: his own address, and that of the session he came by."""

import os
import socket
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path

_DEEP = 12  # processes from mco up to the session: shells, sudo, a terminal multiplexer
_LIMIT = 256 * 1024  # bytes of an environment


def protected_addresses(brokers: Iterable[str], environ: Mapping[str, str] | None = None) -> list[str]:
    """The addresses that a request asks hosts not to block, as `protect`; without those of the loopback.

    brokers: names or addresses; the way to them shows the address that this host is seen by. environ: of this process, or else those of
    it and of the processes that it came from: sudo takes SSH_CONNECTION away.
    """
    found = [session_address(environ)] if environ is not None else [session_address(one) for one in _environments()]
    found += [address for broker in brokers for address in _ways_to(broker)]
    return [address for address in dict.fromkeys(found) if address is not None]


def session_address(environ: Mapping[str, str]) -> str | None:
    """Where an SSH session comes from: the first word of SSH_CONNECTION, or of the older SSH_CLIENT."""
    words = (environ.get("SSH_CONNECTION") or environ.get("SSH_CLIENT") or "").split()
    return _address(words[0]) if words else None


def parse_environment(data: bytes) -> dict[str, str]:
    """The variables of /proc/PID/environ."""
    pairs = (item.decode(errors="replace").partition("=") for item in data.split(b"\0") if b"=" in item)
    return {name: value for name, _, value in pairs}


def _environments() -> Iterable[Mapping[str, str]]:
    """That of this process, then of those it came from, as far as they may be read."""
    yield os.environ
    pid = os.getppid()
    for _ in range(_DEEP):
        if pid <= 1:
            return
        try:
            with Path(f"/proc/{pid}/environ").open("rb") as file:
                yield parse_environment(file.read(_LIMIT))
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            pid = int(fields[1])
        except (OSError, ValueError, IndexError):
            return


def _ways_to(broker: str) -> Iterable[str | None]:
    """Addresses that this host would send from. Nothing is sent: a datagram socket is only told where it would go."""
    try:
        places = socket.getaddrinfo(broker, 9, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return
    for family, kind, protocol, _, place in places[:8]:
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.connect(place)
                yield _address(str(probe.getsockname()[0]))
        except OSError:
            continue  # no way there by this family


def _address(text: str) -> str | None:
    """The address without its zone, None for what is none or of this host itself."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return None if address.is_loopback or address.is_unspecified else str(address)
