"""Which back end a host has: what is set, what is in use, or what suits what is there."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from mcollective_py.agent import RPCAborted

from .backend import Backend, BackendFailed
from .settings import Settings
from .state import DOWN, State

_LEGACY_TABLES = ("/proc/net/ip_tables_names", "/proc/net/ip6_tables_names")


def backend_of(name: str, settings: Settings) -> Backend:
    """The back end of a name; it runs nothing yet."""
    return _makers()[name](settings)


def ready_backend(settings: Settings, state: State) -> Backend:
    """The back end that is to be used here. Raises RPCAborted where none can be."""
    settings = with_legacy(settings, "legacy" in state.made if state.installed not in ("", DOWN) else legacy_tables())
    if settings.backend:
        chosen = backend_of(settings.backend, settings)
    elif state.installed not in ("", DOWN):
        chosen = backend_of(state.installed, settings)
    else:
        return _chosen(settings)
    if (reason := chosen.is_ready()) is not None:
        raise RPCAborted(f"the back end {chosen.name} cannot be used: {reason}")
    return chosen


def with_legacy(settings: Settings, are_in_use: bool) -> Settings:
    """The settings with the programs of legacy tables, where such tables filter here and the settings name no others."""
    plain = Settings()
    if not are_in_use or (settings.iptables, settings.ip6tables) != (plain.iptables, plain.ip6tables):
        return settings
    four, six = "/usr/sbin/iptables-legacy", "/usr/sbin/ip6tables-legacy"
    return replace(settings, iptables=four, ip6tables=six) if Path(four).exists() and Path(six).exists() else settings


def legacy_tables() -> bool:
    """Whether the kernel has tables of the legacy iptables; nft and these had better not filter side by side."""
    for file in _LEGACY_TABLES:
        try:
            if "filter" in Path(file).read_text().split():
                return True
        except OSError:
            continue
    return False


def _chosen(settings: Settings) -> Backend:
    backends = {name: maker(settings) for name, maker in _makers().items()}
    reasons = {name: backend.is_ready() for name, backend in backends.items()}
    order = [*backends]
    if legacy_tables() or (reasons["iptables"] is None and _has_historic_chain(settings)):
        order = ["ipset", "iptables", "nft"]
    for name in order:
        if reasons[name] is None:
            return backends[name]
    raise RPCAborted(
        f"there is no firewall here that can be used: {'; '.join(sorted({reason for reason in reasons.values() if reason}))}"
    )


def _has_historic_chain(settings: Settings) -> bool:
    from .rules import Rules

    try:
        return all(chain.exists for chain in Rules(settings).read().values())
    except (BackendFailed, RPCAborted):
        return False


def _makers() -> Mapping[str, Callable[[Settings], Backend]]:
    from .ipset import Ipset
    from .iptables import Iptables
    from .nft import Nft

    return {"nft": Nft, "ipset": Ipset, "iptables": Iptables}
