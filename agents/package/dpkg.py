"""dpkg: the words of its questions, and what its answers mean."""

from collections.abc import Mapping, Sequence

from .provider import ABSENT, PURGED, PackageState

QUERY = "/usr/bin/dpkg-query"
DPKG = "/usr/bin/dpkg"
_FORMAT = "${db:Status-Abbrev}|${Package}|${Version}|${Architecture}\\n"
# The second letter of the abbreviated status, see dpkg-query(1): what dpkg itself calls it. Installed is none of these.
_TROUBLES = {
    "H": "half-installed",
    "U": "unpacked",
    "F": "half-configured",
    "W": "triggers-awaited",
    "t": "triggers-pending",
    "T": "triggers-pending",
}
NATIVE = "dpkg"  # the package whose architecture is the machine's own


def query_all() -> list[str]:
    """The command that lists all packages that dpkg knows something of."""
    return [QUERY, "-W", "-f", _FORMAT]


def query(names: Sequence[str]) -> list[str]:
    """The command for some packages, and for dpkg itself, whose architecture is the machine's. Exit code 1 where it knows one not."""
    return [QUERY, "-W", "-f", _FORMAT, "--", NATIVE, *names]


def list_all() -> list[str]:
    """The command whose lines the historic `count` and `md5` are made of."""
    return [DPKG, "--list"]


def parse_list(text: str) -> str:
    """The lines of `dpkg --list` of what is installed and well, as the historic digest takes them."""
    return "\n".join(line for line in text.split("\n") if line.startswith("ii"))


def parse_query(text: str) -> tuple[PackageState, ...]:
    """What dpkg-query printed, in its order; packages that are known by name only are PURGED."""
    states = []
    for line in text.splitlines():
        fields = line.split("|")
        if len(fields) == 4 and len(fields[0]) >= 2:
            states.append(_state(*fields))
    return tuple(states)


def _state(status: str, name: str, version: str, arch: str) -> PackageState:
    is_held = status[0] == "h"
    if status[1] == "n":
        return PackageState(name, PURGED, provider="apt", is_held=is_held)
    if status[1] == "c":
        return PackageState(name, ABSENT, provider="apt", arch=arch, is_held=is_held)
    trouble = "reinst-required" if status[2:3] == "R" else _TROUBLES.get(status[1], "")
    if not version:  # half-installed: nothing of it is in place yet
        return PackageState(name, ABSENT, provider="apt", arch=arch, is_held=is_held, trouble=trouble)
    epoch, upstream, revision = parts_of(version)
    return PackageState(name, version, epoch, upstream, revision, arch, "apt", is_held, trouble)


def parts_of(version: str) -> tuple[str, str, str]:
    """Epoch, upstream version and Debian revision: `1:2.0-3` has 1, 2.0 and 3; no epoch is 0, no revision is empty."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, hyphen, revision = rest.rpartition("-")
    return (epoch, upstream, revision) if hyphen else (epoch, rest, "")


def states_of(names: Sequence[str], answer: str) -> tuple[PackageState, ...]:
    """The state of each name by the answer to `query(names)`.

    A name without an architecture is that of the machine's, else the first that is installed. One that is not in the answer is PURGED,
    as Puppet says of it.
    """
    states = parse_query(answer)
    native = next((state.arch for state in states if state.name == NATIVE), "")
    found: dict[str, list[PackageState]] = {}
    for state in states:
        found.setdefault(state.name, []).append(state)
    return tuple(_chosen(name, found, native) for name in names)


def _chosen(asked: str, found: Mapping[str, Sequence[PackageState]], native: str) -> PackageState:
    name, colon, arch = asked.partition(":")
    states = found.get(name, ())
    if colon and arch != "any":
        states = [state for state in states if state.arch in (arch, "all")]
    if not states:
        return PackageState(asked, PURGED, provider="apt")
    return min(states, key=lambda state: (not state.is_installed, state.arch not in (native, "all"), state.arch))


def held_names(states: Sequence[PackageState]) -> tuple[str, ...]:
    """Names of those on hold, sorted."""
    return tuple(sorted({state.name for state in states if state.is_held}))
