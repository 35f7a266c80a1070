"""Which provider looks after the services of this host: the configured one, or what the host is run by."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mcollective_py.agent import RPCAborted

if TYPE_CHECKING:
    from .provider import Provider

SCRIPTS = Path("/etc/init.d")
_BOOTED = Path("/run/systemd/system")  # sd_booted(3): it is there where systemd runs the host
_SERVICE = (Path("/usr/sbin/service"), Path("/sbin/service"))
NAMES = ("systemd", "service", "puppet")  # `service` is the historic word for init scripts
_SAME = {"sysv": "service", "init": "service", "": "auto"}


def chosen_name(configured: str, *, is_booted: bool, has_scripts: bool) -> str:
    """The name of the provider, empty where there is none. Raises RPCAborted for a setting that is none of them."""
    wanted = _SAME.get(configured.strip().lower(), configured.strip().lower())
    if wanted == "auto":
        return "systemd" if is_booted else "service" if has_scripts else ""
    if wanted not in NAMES:
        raise RPCAborted(f"plugin.service.provider = {configured}: there are {', '.join(NAMES)} and auto")
    return wanted


def provider_of(config: Mapping[str, str]) -> "Provider":
    """The provider of this host. Raises RPCAborted where there is none."""
    name = name_of(config)
    if name == "systemd":
        from .systemd import Systemd

        return Systemd()
    if name == "service":
        from .sysv import SysV

        return SysV()
    if name == "puppet":
        from .puppet import Puppet

        return Puppet(config)
    raise RPCAborted("this host is run neither by systemd nor by init scripts")


def name_of(config: Mapping[str, str]) -> str:
    """The name of this host's provider, empty where there is none. Raises RPCAborted. Asked at load: it imports none of them."""
    return chosen_name(config.get("provider", ""), is_booted=is_booted(), has_scripts=has_scripts())


def is_booted() -> bool:
    """Whether systemd runs this host."""
    return _BOOTED.is_dir()


def has_scripts() -> bool:
    """Whether this host has init scripts and what runs them."""
    return SCRIPTS.is_dir() and any(program.exists() for program in _SERVICE)
