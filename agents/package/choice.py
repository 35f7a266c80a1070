"""Which provider a host has: the one that `plugin.package.provider` names, or the native one of the machine."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from mcollective_py.agent import RPCAborted

from .provider import Provider

# Provider -> its class, in the file of its name; and the program by which `auto` knows it, in the order of asking. yum's place is
# before apt's, as it always was for the actions without a package: a machine of rpm may have apt-get, hardly the other way round.
CLASSES = {"dnf": "Dnf", "apt": "Apt", "zypper": "Zypper", "puppet": "Puppet"}
PROGRAMS = {"dnf": ("/usr/bin/dnf", "/usr/bin/yum"), "apt": ("/usr/bin/apt-get",), "zypper": ("/usr/bin/zypper",)}


def native_name(root: Path = Path("/")) -> str:
    """The machine's own package system: the one whose database has packages, else the first whose program is there.

    Raises RPCAborted where there is none.
    """
    there = [name for name in PROGRAMS if is_there(name, root)]
    if not there:
        raise RPCAborted("there is neither dnf, yum, apt-get nor zypper here: set plugin.package.provider = puppet")
    # rpm and dnf can be installed on a Debian machine, to build packages: what is installed there is dpkg's all the same.
    if "apt" in there and _has_packages(root / "var/lib/dpkg/status"):
        return "apt"
    return there[0]


def is_there(name: str, root: Path = Path("/")) -> bool:
    """Whether a package system's program is on this machine."""
    return any((root / program[1:]).exists() for program in PROGRAMS[name])


def provider_name(config: Mapping[str, str]) -> str:
    """The configured provider, `auto` resolved. Raises RPCAborted for one that there is not."""
    name = config.get("provider", "auto").strip().lower() or "auto"
    if name == "auto":
        return native_name()
    name = {"yum": "dnf"}.get(name, name)
    if name not in CLASSES:
        raise RPCAborted(f"plugin.package.provider is {name}: it can be auto, {', '.join(sorted(CLASSES))}")
    return name


def provider_of(name: str, config: Mapping[str, str]) -> Provider:
    """The provider of a name, with its settings; its file is imported only now."""
    prefix = f"{name}."
    settings = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    module = import_module(f".{name}", __package__)
    return cast(Provider, getattr(module, CLASSES[name])(settings))


def _has_packages(status: Path) -> bool:
    try:
        return status.stat().st_size > 0
    except OSError:
        return False
