"""What decides in the firewall's tests: a service on each host, and a source that says which of TCP, UDP and ping reach it."""

import json
import sys
from collections.abc import Iterable

from tests.parts.lab import Lab
from tests.waiting import wait_until

PORT = 9925
KINDS = ("tcp", "udp", "ping")

# One process a host: it accepts connections and answers datagrams, in both families.
SERVICE = f"""
import selectors, socket
chosen = selectors.DefaultSelector()
for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    tcp = socket.socket(family, socket.SOCK_STREAM)
    udp = socket.socket(family, socket.SOCK_DGRAM)
    for one in (tcp, udp):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, {PORT}))
    tcp.listen(64)
    chosen.register(tcp, selectors.EVENT_READ, "tcp")
    chosen.register(udp, selectors.EVENT_READ, "udp")
while True:
    for key, _ in chosen.select():
        if key.data == "tcp":
            key.fileobj.accept()[0].close()
        else:
            key.fileobj.sendto(b"here", key.fileobj.recvfrom(100)[1])
"""

# All at once: what is blocked costs its timeout, and many cost no more.
PROBE = f"""
import json, socket, subprocess, sys
from concurrent.futures import ThreadPoolExecutor
seconds, *addresses = sys.argv[1:]
def probe(of):
    address, kind = of
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        if kind == "ping":
            return subprocess.run(["ping", "-n", "-c", "1", "-W", seconds, address], capture_output=True).returncode == 0
        if kind == "tcp":
            socket.create_connection((address, {PORT}), float(seconds)).close()
            return True
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.settimeout(float(seconds))
            udp.sendto(b"there?", (address, {PORT}))
            return udp.recvfrom(100)[0] == b"here"
    except OSError:
        return False
wanted = [(address, kind) for address in addresses for kind in {KINDS!r}]
with ThreadPoolExecutor(len(wanted)) as pool:
    found = list(pool.map(probe, wanted))
print(json.dumps([f"{{address}} {{kind}}" for (address, kind), is_reached in zip(wanted, found) if is_reached]))
"""


def start_service(lab: Lab, host: str) -> None:
    """Let a host have what is to be reached."""
    lab.start(host, sys.executable, "-c", SERVICE)


def reached(lab: Lab, source: str, addresses: Iterable[str], seconds: float = 0.7) -> set[str]:
    """Which of `ADDRESS tcp`, `ADDRESS udp` and `ADDRESS ping` the source reaches within the seconds."""
    done = lab.run(source, sys.executable, "-c", PROBE, f"{seconds:g}", *addresses)
    assert done.returncode == 0, done.stderr
    return {*json.loads(done.stdout)}


def all_of(addresses: Iterable[str]) -> set[str]:
    """What `reached` gives where nothing is blocked."""
    return {f"{address} {kind}" for address in addresses for kind in KINDS}


def wait_until_open(lab: Lab, source: str, addresses: Iterable[str], seconds: float = 40.0) -> None:
    """Until everything of these addresses is reached."""
    wanted = [*addresses]
    wait_until(f"{source} reaches {wanted}", lambda: reached(lab, source, wanted) == all_of(wanted), seconds)
