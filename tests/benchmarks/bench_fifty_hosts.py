"""One `mco iptables block` over 50 lab hosts that are known already: when no packet of the blocked address is answered any more.

python -m tests.benchmarks.bench_fifty_hosts [BACKEND]      as root; BACKEND is nft (default), ipset or iptables

A source pings every host 25 times a second, and the kernels answer: a host's block is effective with the first ping that it leaves
without an answer for good, so that a time is up to 40 ms too long and never too short. The time runs from the start of the command. All
hosts, the broker, the client and the source share this machine's cores: a hundred pings a second, 5,000 in all, would take so much of
two that the block itself comes 0.18 s later. Beside it the same with an SSH loop over kept connections, as it would be without us.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mcollective_py.cli.demosite import OPERATOR, Site, SiteHost
from mcollective_py.cli.stories.labbroker import lab_broker
from tests.benchmarks.bench_hundred_hosts import key, start
from tests.benchmarks.report import figure, ratio
from tests.parts.lab import Lab

HOSTS, ROUNDS, WITHIN = 50, 5, 1.0  # seconds within which it must hold everywhere
NAMES = [f"n{number:02}" for number in range(1, HOSTS + 1)]
SOURCE = "source1"
POLICY = dict.fromkeys(("iptables", "rpcutil", "discovery"), f"policy default deny\nallow\tcert={OPERATOR}\t*\t*\t*\n")

# Until its standard input ends; then, for each address, when the first ping was sent after which none was answered (0: all were).
PINGS = """
import json, select, socket, struct, sys, time
addresses, first, answered = sys.argv[1:], {}, {}
pings = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
pings.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
pings.setblocking(False)
number = {address: at for at, address in enumerate(addresses)}
sent = {address: [] for address in addresses}
def packet(at, when):
    body = struct.pack("!BBHHHd", 8, 0, 0, 0x4d43, at, when)
    total = sum(struct.unpack("!%dH" % (len(body) // 2), body))
    total = (total >> 16) + (total & 0xffff)
    total += total >> 16
    return body[:2] + struct.pack("!H", ~total & 0xffff) + body[4:]
def take():
    while True:
        try:
            data, (address, _) = pings.recvfrom(2000)
        except BlockingIOError:
            return
        if data[20] == 0 and data[24:26] == b"MC":
            answered[address] = max(answered.get(address, 0.0), struct.unpack("!d", data[28:36])[0])
is_on, due = True, time.monotonic()
while is_on:
    for address in addresses:
        when = time.monotonic()
        sent[address].append(when)
        pings.sendto(packet(number[address], when), (address, 0))
    due += 0.04  # seconds between two pings of a host
    while (left := due - time.monotonic()) > 0 and is_on:
        ready = select.select([pings, sys.stdin], [], [], left)[0]
        if pings in ready:
            take()
        is_on = sys.stdin not in ready
    take()
time.sleep(0.2)
take()
print(json.dumps({a: next((when for when in sent[a] if when > answered.get(a, 0.0)), 0.0) for a in addresses}))
"""

# `began` of the command and what it printed, in JSON: entering the lab's network is not of its time.
TIMED = """
import json, subprocess, sys, time
began = time.monotonic()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, text=True)
print(json.dumps([began, time.monotonic(), done.returncode, done.stdout + done.stderr]))
"""


class Round:
    """What one command did to the pings of the source."""

    def __init__(self, lab: Lab, where: Mapping[str, str]) -> None:
        self._lab, self._where = lab, where
        self.environ = dict(lab.environ)

    def run(self, *words: str) -> tuple[float, float, float]:
        """Seconds from the command's start until half of the hosts and until all drop the pings, and until its end."""
        pings = subprocess.Popen(
            self._lab.inside(SOURCE, [sys.executable, "-c", PINGS, *self._where.values()]),
            env=self._lab.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(0.7)
        began, ended, code, said = self.timed(*words)
        assert code == 0, said
        time.sleep(0.3)
        first = json.loads(pings.communicate("", timeout=30)[0])
        took = sorted(when - began for when in first.values())
        assert len(took) == HOSTS and took[0] > 0, [address for address, when in first.items() if when < began]
        return statistics.median(took), took[-1], ended - began

    def timed(self, *words: str) -> tuple[float, float, int, str]:
        """A command on the lab's network: its begin and end, exit code and what it said."""
        done = subprocess.run(
            self._lab.outside([sys.executable, "-c", TIMED, *words]), env=self.environ, capture_output=True, text=True, check=True,
            stdin=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip
        began, ended, code, said = json.loads(done.stdout)
        return began, ended, code, said


def main(backend: str) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-bench-") as name, Lab(Path(name)) as lab:
        folder = Path(name)
        site = Site(folder, policies=POLICY, settings={"plugin.iptables.backend": backend})
        key(folder / "host_key")
        key(folder / "login")
        for host in (*NAMES, SOURCE):
            lab.up(host)
        with lab_broker(lab, site) as broker:
            site.write_client(broker)
            configs = [site.write_host(SiteHost(host), broker) for host in NAMES]
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda pair: start(lab, site, *pair), zip(NAMES, configs, strict=True)))
            measure(lab, site, backend)


def measure(lab: Lab, site: Site, backend: str) -> None:
    where = lab.addresses()
    source = where.pop(SOURCE)
    one = Round(lab, where)
    one.environ |= {"XDG_CACHE_HOME": str(site.folder), "HOME": str(site.folder)}
    mco = (str(Path(sys.prefix) / "bin" / "mco"),)
    ends = ("--config", str(site.client_config), "--yes")
    deadline = time.monotonic() + 90
    while len(one.timed(*mco, "find", "--full-discovery", *ends[:2])[3].split()) < HOSTS:
        assert time.monotonic() < deadline, "not all daemons are there"
    rivals: dict[str, tuple[Callable[[], tuple[str, ...]], Callable[[], tuple[str, ...]]]] = {
        f"mco iptables block ({backend})": (
            lambda: (*mco, "iptables", "block", source, "--reason", "burst", *ends),
            lambda: (*mco, "iptables", "unblock", source, *ends),
        )
    }
    if shutil.which("ssh"):
        rivals["ssh loop, connections kept: nft"] = ssh_loop(site, where, source)
    ours = 0.0
    for what, (block, unblock) in rivals.items():
        runs = []
        for number in range(ROUNDS + 1):
            half, whole, ended = one.run(*block())
            print(f"  {what}: half {half:.3f} s, all {whole:.3f} s, back {ended:.3f} s{'' if number else '  (first)'}", flush=True)
            code, said = one.timed(*unblock())[2:]
            assert code == 0, said
            if number:
                runs.append((half, whole, ended))
        figure(f"{what}: half of {HOSTS} hosts", statistics.median(half for half, _, _ in runs), "s")
        figure(f"{what}: all of them", whole := statistics.median(whole for _, whole, _ in runs), "s")
        figure(f"{what}: slowest round", max(whole for _, whole, _ in runs), "s")
        figure(f"{what}: the command is back", statistics.median(ended for _, _, ended in runs), "s")
        if not ours:
            ours = whole
            ratio("a second / ours", WITHIN / ours, wanted=1.0)
        else:
            ratio(f"{what} / ours", whole / ours, wanted=1.0)


def ssh_loop(site: Site, where: Mapping[str, str], source: str) -> tuple[Callable[[], tuple[str, ...]], Callable[[], tuple[str, ...]]]:
    """The commands that block and unblock by ssh, with connections that stand already."""
    folder = site.folder
    (folder / "addresses").write_text("".join(f"{address}\n" for address in where.values()))
    (folder / "own.nft").write_text(
        "table inet own {\nset s { type ipv4_addr; }\nchain c { type filter hook prerouting priority -310; ip saddr @s drop; }\n}\n"
    )
    options = f"-i {folder}/login -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    kept = f"-o ControlMaster=auto -o ControlPath={folder}/%h -o ControlPersist=300"

    def everywhere(line: str) -> tuple[str, ...]:
        return ("sh", "-c", f"xargs -P {HOSTS} -I HOST ssh -n {options} {kept} root@HOST '{line}' <{folder}/addresses")

    return (
        lambda: everywhere(f"nft -f {folder}/own.nft && nft add element inet own s {{ {source} }}"),
        lambda: everywhere("nft delete table inet own"),
    )


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the lab needs root")
    main(sys.argv[1] if len(sys.argv) > 1 else "nft")
