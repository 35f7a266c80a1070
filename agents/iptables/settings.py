"""The settings plugin.iptables.* of the agent's side, read and checked; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mcollective_py.agent import RPCAborted
from mcollective_py.agent.ownsettings import flag, whole

STORE = "store.json"  # in the state directory
BACKENDS = ("nft", "ipset", "iptables")
_CHAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,27}", re.ASCII)  # 28 characters: what iptables takes


@dataclass(frozen=True, slots=True)
class Settings:
    """What a host says of this agent.

    backend: empty for the automatic choice. chain, target: of iptables and ipset; target is what nft does too. nft to ss: programs.
    logger: the program that writes to the host's log; empty: the agent does it itself.
    state_directory: where the store is. auto_setup: whether the first block sets up what it needs; setup_at_start: whether the daemon's
    start does. max_entries: that a host keeps.
    cut: whether established connections are ended. systemd: whether what waits for a deadline gets a unit of its own.
    """

    backend: str = ""
    chain: str = "junk_filter"
    target: str = "DROP"
    nft: str = "/usr/sbin/nft"
    ipset: str = "/usr/sbin/ipset"
    iptables: str = "/usr/sbin/iptables"
    ip6tables: str = "/usr/sbin/ip6tables"
    conntrack: str = "/usr/sbin/conntrack"
    ss: str = "/usr/bin/ss"
    logger: str = ""
    state_directory: str = "/var/lib/mcollective/iptables"
    auto_setup: bool = True
    setup_at_start: bool = False
    cut: bool = True
    systemd: bool = True
    max_entries: int = 200_000

    @property
    def store_file(self) -> Path:
        """What the host keeps, made with the first change."""
        return Path(self.state_directory, STORE)


def settings_of(config: Mapping[str, str]) -> Settings:
    """The settings from `key = text`, keys without `plugin.iptables.`. Raises RPCAborted that names the key."""
    plain = Settings()
    words = {name: config.get(name, "").strip() or getattr(plain, name) for name in ("chain", *_PATHS)}
    for name in _PATHS:
        if (words[name] and not words[name].startswith("/")) or ".." in words[name].split("/"):
            raise RPCAborted(f"plugin.iptables.{name} is {words[name]!r}: it must be an absolute path")
    if _CHAIN.fullmatch(words["chain"]) is None:
        raise RPCAborted(f"plugin.iptables.chain is {words['chain']!r}: it must be the name of a chain, of at most 28 characters")
    backend = config.get("backend", "").strip().lower()
    if backend not in ("", "auto", *BACKENDS):
        raise RPCAborted(f"plugin.iptables.backend is {backend!r}: it must be {', '.join(BACKENDS)}, or auto")
    target = config.get("target", "").strip().upper() or plain.target
    if target not in ("DROP", "REJECT"):
        raise RPCAborted(f"plugin.iptables.target is {target!r}: it must be DROP or REJECT")
    return Settings(
        backend="" if backend == "auto" else backend,
        target=target,
        auto_setup=flag(config, "iptables", "auto_setup", plain.auto_setup),
        setup_at_start=flag(config, "iptables", "setup_at_start", plain.setup_at_start),
        cut=flag(config, "iptables", "cut", plain.cut),
        systemd=flag(config, "iptables", "systemd", plain.systemd),
        max_entries=whole(config, "iptables", "max_entries", plain.max_entries, 1, 1_000_000),
        **words,
    )


_PATHS = ("nft", "ipset", "iptables", "ip6tables", "conntrack", "ss", "logger", "state_directory")
