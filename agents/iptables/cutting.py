"""Connections that stand already, cut after a block: where known ones are let pass, they would go on."""

import re
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

from mcollective_py.agent import RPCAborted, run

from .entry import BLOCK, Entry
from .peers import connected
from .settings import Settings

MOST = 50  # blocks whose connections are ended one by one: beyond that it would take longer than the block itself
_SECONDS = 5.0
_DELETED = re.compile(r"conntrack v[0-9.]+ \(conntrack-tools\): ([0-9]+) flow entries have been deleted\.")


def conntrack_delete(conntrack: str, entry: Entry) -> list[str]:
    """Forget the connections that come from a network. 0 for some, 1 for none."""
    version = 6 if ":" in entry.network else 4
    words = [conntrack, "-D", "-f", f"ipv{version}", "-s", entry.network]
    if entry.protocol:
        words += ["-p", "icmpv6" if entry.protocol == "icmp" and version == 6 else entry.protocol]
    return words


def ss_kill(ss: str, entry: Entry) -> list[str]:
    """Destroy the TCP sockets of this host whose other end is in a network."""
    network = f"[{entry.network}]" if ":" in entry.network else entry.network
    return [ss, "-K", "-H", "-t", "dst", network]


def parse_deleted(stderr: str) -> int:
    """How many connections conntrack says that it forgot."""
    return sum(int(found[1]) for line in stderr.splitlines() if (found := _DELETED.fullmatch(line)))


def parse_killed(stdout: str) -> int:
    """How many sockets ss lists: those that it destroyed."""
    return sum(1 for line in stdout.splitlines() if line.strip())


def is_any_tracked(count: str | None) -> bool:
    """Whether there is anything for conntrack to forget. count: nf_conntrack_count, None where the kernel has no such file."""
    return count is None or count.strip() != "0"


def cut(settings: Settings, entries: Sequence[Entry]) -> str:
    """Cut what these blocks meet, and say so. Blocks of single ports are left to the rule: it drops their packets all the same."""
    blocks = [entry for entry in entries if entry.kind == BLOCK and not entry.ports]
    if not settings.cut or not blocks:
        return ""
    if len(blocks) > MOST:
        return f"connections that stand are dropped by the rules alone: more than {MOST} blocks at once"
    tools = [tool for tool in (settings.conntrack, settings.ss) if Path(tool).exists()]
    if not tools:
        return "connections that stand are dropped by the rules alone: neither conntrack nor ss is here"
    said = []
    # 10 ms of a processor, which hosts that track nothing need not spend.
    if settings.conntrack in tools and is_any_tracked(_tracked()):
        forgotten = [_run(conntrack_delete(settings.conntrack, entry)) for entry in blocks]
        count = sum(parse_deleted(text) for text in forgotten)
        said += [f"{count} tracked connections forgotten"] if count else []
    if settings.ss in tools:
        killed = [
            _run(ss_kill(settings.ss, entry), stdout=True)
            for entry in met([entry for entry in blocks if entry.protocol in ("", "tcp")])
        ]
        count = sum(parse_killed(text) for text in killed)
        said += [f"{count} connections cut"] if count else []
    return ", ".join(said)


def met(entries: Sequence[Entry]) -> list[Entry]:
    """Those of the entries that a connection of this host meets; all of them where that cannot be told."""
    if (peers := connected()) is None:
        return [*entries]
    networks = [(entry, ip_network(entry.network)) for entry in entries]
    return [entry for entry, network in networks if any(peer in network for peer in peers)]


def _tracked() -> str | None:
    try:
        with open("/proc/sys/net/netfilter/nf_conntrack_count") as file:
            return file.read(32)
    except OSError:
        return None


def _run(words: Sequence[str], *, stdout: bool = False) -> str:
    """What a program said; one that fails has cut nothing, and the block holds all the same."""
    try:
        answer = run(words, timeout=_SECONDS)
    except RPCAborted:
        return ""
    return answer.stdout if stdout else answer.stderr
