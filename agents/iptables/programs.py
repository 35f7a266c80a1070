"""Which programs of a firewall a host has. Every daemon asks this at its start, so that it imports next to nothing."""

from pathlib import Path

from .settings import BACKENDS, Settings


def missing(backend: str, settings: Settings) -> str | None:
    """The first program of a back end that is not here, in words; None where all are."""
    wanted = [settings.nft] if backend == "nft" else []
    if not wanted:
        wanted = [program + end for program in (settings.iptables, settings.ip6tables) for end in ("", "-save", "-restore")]
    if backend == "ipset":
        wanted.append(settings.ipset)
    return next((f"{program} is not installed" for program in wanted if not Path(program).exists()), None)


def none_ready(settings: Settings) -> str | None:
    """Why no back end can be used here; None where one can."""
    reasons = [missing(name, settings) for name in ([settings.backend] if settings.backend else BACKENDS)]
    return None if None in reasons else "; ".join(sorted({reason for reason in reasons if reason}))
