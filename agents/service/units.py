"""Names of units, and which of them must not be stopped or started by mistake; pure."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

# Escapes belong to systemd: `\x2d` is a hyphen that was none in a path. No name here begins with a hyphen, as an option does.
NAME = re.compile(r"(?:[A-Za-z0-9_:.@]|\\x[0-9a-f]{2})(?:[A-Za-z0-9_:.@\-]|\\x[0-9a-f]{2})*", re.ASCII)

_TYPES = ("service", "socket", "timer", "target", "mount", "automount", "path", "slice", "scope", "device", "swap")

# What keeps the host in reach: without one of these nobody can put right by the next request what this one did.
PROTECTED = (
    *("mcollectived", "mcollective", "mcollectived-*", "mco-broker", "activemq", "rabbitmq-server", "artemis"),
    *("ssh", "sshd", "ssh.socket", "sshd.socket", "sshd-*", "dbus", "dbus.socket", "dbus-broker", "dbus-org.*", "systemd-*.*"),
    *("network", "networking", "NetworkManager", "wickedd", "wicked", "ifup@*", "polkit", "getty@*", "serial-getty@*", "init.scope"),
    *("*.slice", "*.target", "-.mount"),
)
# A start of one of these ends the others, or the host itself.
ENDING = (
    *("poweroff.target", "reboot.target", "halt.target", "kexec.target", "shutdown.target", "exit.target", "soft-reboot.target"),
    *(
        "rescue.target",
        "emergency.target",
        "rescue",
        "emergency",
        "final.target",
        "umount.target",
        "default.target",
        "runlevel?.target",
    ),
    *("suspend.target", "hibernate.target", "hybrid-sleep.target", "suspend-then-hibernate.target", "sleep.target"),
    *("ctrl-alt-del.target", "initrd*.target", "systemd-poweroff", "systemd-reboot", "systemd-halt", "systemd-kexec"),
    *("systemd-soft-reboot", "systemd-suspend", "systemd-hibernate", "systemd-hybrid-sleep", "systemd-suspend-then-hibernate"),
)
# Others hang on to them without looking for a new one: a restart is no less than a stop.
NEEDED_THROUGHOUT = ("dbus", "dbus-broker", "dbus.socket", "*.slice", "*.target", "*.scope", "*.mount", "systemd-logind", "polkit")

_STOPS = ("stop", "disable", "mask")
_STARTS = ("start", "restart", "try_restart", "enable")
_RESTARTS = ("restart", "try_restart")


def full_name(name: str) -> str:
    """The name with its type: a service, where it says none."""
    return name if name.rpartition(".")[2] in _TYPES and "." in name else f"{name}.service"


def listed_names(service: str, services: str) -> list[str]:
    """The names of a request, each once, in its order. services: with commas between."""
    return list(dict.fromkeys(name for name in (service, *services.split(",")) if name))


def protection(verb: str, names: Iterable[str], configured: str = "") -> str:
    """Why a verb is refused for a unit with these names (its own and its aliases); empty where it is not.

    configured: patterns of a site that are protected too, with blanks or commas between; with a `!` before it one that is not.
    """
    all_names = [full_name(name) for name in names]
    own = configured.replace(",", " ").split()
    if verb in _STARTS and _matching(all_names, ENDING):
        return "it would end other services, or the host itself"
    if verb in _RESTARTS and _matching(all_names, NEEDED_THROUGHOUT) and not _is_released(all_names, own):
        return "what depends on it does not survive that"
    if verb not in _STOPS or _is_released(all_names, own):
        return ""
    if _matching(all_names, [pattern for pattern in own if not pattern.startswith("!")]):
        return "plugin.service.protected has it"
    return "the host may be out of reach without it" if _matching(all_names, PROTECTED) else ""


def _is_released(names: Sequence[str], configured: Sequence[str]) -> bool:
    return _matching(names, [pattern[1:] for pattern in configured if pattern.startswith("!")])


def _matching(names: Sequence[str], patterns: Sequence[str]) -> bool:
    full = [pattern if pattern.rpartition(".")[2].rstrip("*") in (*_TYPES, "") else f"{pattern}.service" for pattern in patterns]
    return any(fnmatchcase(name, pattern) for name in names for pattern in full)
