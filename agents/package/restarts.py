"""What still runs old files: units by /proc, the word of needrestart where that is, and the files that ask for a reboot."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from .provider import Restarts

NEEDRESTART = "/usr/sbin/needrestart"
# Debian's update-notifier and unattended-upgrades write the first, SUSE's libzypp plugins the others.
REBOOT_FILES = ("run/reboot-required", "run/reboot-needed", "boot/do_purge_kernels")
# Where packages put programs and libraries. What is deleted elsewhere (a database's shared memory, a just-in-time compiler's pages)
# says nothing about updates.
PLACES = ("/usr/", "/lib", "/bin/", "/sbin/", "/opt/")

_MAPPED = re.compile(r"[0-9a-f]+-[0-9a-f]+ ..x. [0-9a-f]+ \S+ \d+ +(/.*) \(deleted\)")
_RPM_NAME = re.compile(r";[0-9a-f]{8}$")  # rpm's name of a file that it is just putting in place
_SERVICE = re.compile(r"[^/]+\.service")
_KEPT_REASONS = 50
_MAX_READ = 2 * 1024 * 1024  # characters of one file in /proc


def needrestart_batch(program: str = NEEDRESTART) -> list[str]:
    """The command that lists what needrestart finds, and restarts nothing."""
    return [program, "-b", "-r", "l"]


def parse_needrestart(text: str) -> Restarts:
    """The answer of `needrestart -b`. Kernel status: 1 current, 2 and 3 an update waits for a reboot, 0 it cannot tell."""
    lines = [line.partition(": ")[::2] for line in text.splitlines() if line.startswith("NEEDRESTART-")]
    services = sorted({value for key, value in lines if key == "NEEDRESTART-SVC"})
    told = dict(lines)
    status = told.get("NEEDRESTART-KSTA", "0")
    is_due = {"1": False, "2": True, "3": True}.get(status)
    running, expected = told.get("NEEDRESTART-KCUR", "?"), told.get("NEEDRESTART-KEXP", "?")
    return Restarts(is_due, (f"the kernel {running} runs, {expected} is installed",) if is_due else (), tuple(services))


def old_files(maps: str) -> tuple[str, ...]:
    """Programs and libraries that a process runs and that are there no more, of the text of /proc/PID/maps; sorted."""
    found = (match[1] for line in maps.splitlines() if line.endswith(" (deleted)") and (match := _MAPPED.fullmatch(line)))
    return tuple(sorted({_RPM_NAME.sub("", path) for path in found if path.startswith(PLACES)}))


def unit_of(cgroup: str) -> str | None:
    """The service that a process belongs to, by the text of /proc/PID/cgroup; None for sessions, containers and processes without.

    What runs in a container has that container's files, and its service here is the container's.
    """
    for line in cgroup.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number != "0" and controllers != "name=systemd":  # the one hierarchy, or systemd's own beside older ones
            continue
        words = [word for word in path.split("/") if word]
        if not words or words[0] == "user.slice":
            continue
        service = next((word for word in words if _SERVICE.fullmatch(word)), None)
        if service is not None:
            return service
    return None


def units_with_old_files(proc: Path = Path("/proc")) -> Mapping[str, tuple[str, ...]]:
    """Services whose processes run deleted programs or libraries, with these. Processes that end meanwhile are passed over.

    Raises PermissionError where most processes cannot be read, as where this is not root.
    """
    found: dict[str, set[str]] = {}
    readable = unreadable = 0
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            files = old_files(_beginning(entry / "maps"))
            readable += 1
            unit = unit_of(_beginning(entry / "cgroup")) if files else None
        except (FileNotFoundError, ProcessLookupError, NotADirectoryError):
            continue
        except PermissionError:
            unreadable += 1
            continue
        if unit is not None:
            found.setdefault(unit, set()).update(files)
    if unreadable > readable:
        raise PermissionError("the processes of this host cannot be read")
    return {unit: tuple(sorted(found[unit])) for unit in sorted(found)}


def _beginning(path: Path) -> str:
    """The text of a file as far as anybody needs it: a user may have a process of 65,530 mappings with names of 4 KiB each."""
    with path.open(errors="replace") as file:
        return file.read(_MAX_READ)


def reboot_by_files(root: Path = Path("/")) -> Restarts:
    """What files say of a reboot: True with the packages that asked for it, None where there is no such file. No services."""
    for name in REBOOT_FILES:
        path = root / name
        if not path.exists():
            continue
        return Restarts(True, _asking(Path(f"{path}.pkgs")) or (f"/{name} is there",))
    return Restarts()


def native_restarts(root: Path = Path("/")) -> Restarts:
    """What this host tells without any other program."""
    asked = reboot_by_files(root)
    try:
        services = tuple(units_with_old_files(root / "proc"))
    except OSError:
        return asked
    return Restarts(asked.reboot, asked.reasons, services)


def merged(told: Iterable[Restarts]) -> Restarts:
    """Several answers as one: a reboot is due where one says so, services are all of them."""
    answers = list(told)
    reboots = [answer.reboot for answer in answers if answer.reboot is not None]
    services = [answer.services for answer in answers if answer.services is not None]
    return Restarts(
        any(reboots) if reboots else None,
        tuple(dict.fromkeys(reason for answer in answers for reason in answer.reasons)),
        tuple(sorted({service for several in services for service in several})) if services else None,
    )


def _asking(packages: Path) -> tuple[str, ...]:
    try:
        text = _beginning(packages)[:65536]
    except OSError:
        return ()
    names = dict.fromkeys(line.strip() for line in text.splitlines() if line.strip())
    return tuple(f"{name} asks for a reboot" for name in names)[:_KEPT_REASONS]
