"""100 lab hosts that all answer one `mco rpc rpcutil ping`, beside ssh with kept connections, ansible and pyinfra on the same hosts.

As root. Wants `openssh-server`, and `ansible` and `pyinfra` on the path (`pip install ansible-core pyinfra`); a rival that is missing
is left out. Everybody runs warm: connections kept, facts not gathered, no pipeline but the rival's own.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mcollective_py.cli.demosite import Site, SiteHost
from tests.benchmarks.report import figure, ratio
from tests.parts.lab import Lab
from tests.parts.test_main_job import embedded

HOSTS, RUNS = 100, 5
NAMES = [f"n{number:03}" for number in range(1, HOSTS + 1)]
SSHD = ("-o", "PermitRootLogin=yes", "-o", "UsePAM=no", "-o", "StrictModes=no", "-o", "MaxStartups=200", "-o", "PidFile=none")


def key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)


def start(lab: Lab, site: Site, name: str, config: Path) -> None:
    """sshd and mcollectived in one host."""
    keys = ("-h", str(site.folder / "host_key"), "-o", f"AuthorizedKeysFile={site.folder / 'login.pub'}")
    # Whatever this machine's root has bash do at each login is not the rivals' fault.
    ended = lab.run(name, "sh", "-c", 'mkdir -p /run/sshd; rm -f ~/.bashrc; exec "$@"', "sh", "/usr/sbin/sshd", *keys, *SSHD)
    assert ended.returncode == 0, ended.stderr
    daemon = ("-m", "mcollective_py.server.daemon", "--daemonize", "--pid", "/run/mcollectived.pid", "--config", str(config))
    ended = lab.run(name, sys.executable, *daemon)
    assert ended.returncode == 0, ended.stderr


def median(run: Callable[[], str], answers: Callable[[str], int]) -> float:
    """Median seconds of the warm runs, in each of which every host must have answered."""
    taken = []
    for number in range(RUNS + 1):
        begun = time.perf_counter()
        out = run()
        took = time.perf_counter() - begun
        assert answers(out) == HOSTS, f"{answers(out)} of {HOSTS} answered:\n{out[-2000:]}"
        if number:
            taken.append(took)
    return statistics.median(taken)


def main() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-bench-") as name, Lab(Path(name)) as lab:
        folder = Path(name)
        site = Site(folder)
        key(folder / "host_key")
        key(folder / "login")
        (folder / ".ssh").mkdir(mode=0o700)
        for host in NAMES:
            lab.up(host)
        with embedded(lab, site) as broker:
            site.write_client(broker)
            configs = [site.write_host(SiteHost(host), broker) for host in NAMES]
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda pair: start(lab, site, *pair), zip(NAMES, configs, strict=True)))
            try:
                measure(lab, site, lab.addresses())
            finally:
                for socket in [*folder.glob("10.*"), *folder.glob(".ansible/cp/*")]:  # the connections that ssh kept
                    subprocess.run(["ssh", "-O", "exit", "-o", f"ControlPath={socket}", "nobody"], capture_output=True, check=False)


def measure(lab: Lab, site: Site, where: Mapping[str, str]) -> None:
    folder = site.folder
    environ = {
        **lab.environ,
        "XDG_CACHE_HOME": str(folder),
        "HOME": str(folder),
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_PIPELINING": "1",
    }

    def outside(*words: str) -> str:
        ended = subprocess.run(
            lab.outside(words), env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False
        )
        return ended.stdout + ended.stderr

    mco = str(Path(sys.prefix) / "bin" / "mco")
    deadline = time.monotonic() + 60
    while len(outside(mco, "find", "--full-discovery", "-c", str(site.client_config)).split()) < HOSTS:
        assert time.monotonic() < deadline, "not all daemons are there"
    nothing = statistics.median(seconds(lambda: outside("true")) for _ in range(5))
    figure("entering the lab's network (part of each figure)", nothing, "s")
    ours = median(
        lambda: outside(mco, "rpc", "rpcutil", "ping", "-c", str(site.client_config)),
        lambda out: sum(line.startswith("n") and len(line.split()) == 1 for line in out.splitlines()),
    )
    figure(f"mco rpc rpcutil ping, {HOSTS} hosts", ours, "s")
    for rival, run, answers in rivals(outside, folder, where):
        took = median(run, answers)
        figure(f"{rival}, {HOSTS} hosts", took, "s")
        ratio(f"{rival} / ours", took / ours, wanted=1.0)


def seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def rivals(
    outside: Callable[..., str], folder: Path, where: Mapping[str, str]
) -> list[tuple[str, Callable[[], str], Callable[[str], int]]]:
    """Name, command and the count of its answers, of each rival that is installed."""
    options = (
        "-i",
        str(folder / "login"),
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "LogLevel=ERROR",
    )
    kept = ("-o", "ControlMaster=auto", "-o", f"ControlPath={folder}/%h", "-o", "ControlPersist=300")
    found: list[tuple[str, Callable[[], str], Callable[[str], int]]] = []
    if shutil.which("ssh"):
        (folder / "addresses").write_text("".join(f"{address}\n" for address in where.values()))
        words = ["ssh", *options, *kept]
        line = f"xargs -P {HOSTS} -I HOST {' '.join(words)} root@HOST echo pong <{folder}/addresses"
        found.append(("ssh loop, connections kept", lambda: outside("sh", "-c", line), lambda out: out.split().count("pong")))
    if program := shutil.which("ansible"):
        (folder / "inventory").write_text(
            "".join(f"{name} ansible_host={address} ansible_python_interpreter=/usr/bin/python3\n" for name, address in where.items())
        )
        common = f"--private-key={folder / 'login'}"
        call = (program, "all", "-i", str(folder / "inventory"), "-u", "root", common, "-f", str(HOSTS), "-m", "ping")
        found.append(("ansible all -m ping", lambda: outside(*call), lambda out: out.count('"ping": "pong"')))
    if program := shutil.which("pyinfra"):
        (folder / "hosts.py").write_text(f"hosts = {list(where.values())!r}\n")
        ask = (
            program,
            str(folder / "hosts.py"),
            "--ssh-user",
            "root",
            "--ssh-key",
            str(folder / "login"),
            "--yes",
            "exec",
            "--",
            "echo",
            "pong",
        )
        found.append(("pyinfra exec", lambda: outside(*ask), lambda out: len(set(re.findall(r"\[([\d.]+)\] +pong", out)))))
    return found


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the lab needs root")
    main()
