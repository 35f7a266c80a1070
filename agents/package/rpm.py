"""rpm: what is installed, by `rpm -q`; for dnf, zypper and the puppet provider on such machines."""

from collections.abc import Iterable, Sequence

from mcollective_py.agent import CommandResult, RPCAborted, run

from .provider import ABSENT, PackageState
from .versions import compare_rpm, sort_key

RPM = "/usr/bin/rpm"
FORMAT = "%{NAME}|%{EPOCHNUM}|%{VERSION}|%{RELEASE}|%{ARCH}\\n"
# Keys that rpm trusts are kept as packages of this name; no repository has them, and nobody updates them.
KEYS = "gpg-pubkey"
TIMEOUT = 50.0  # seconds
_MOST = 16 * 1024 * 1024  # bytes of a list of packages


def rpm_query(names: Sequence[str], root: str | None = None) -> list[str]:
    """The command for the state of these packages."""
    return [RPM, *_root(root), "-q", "--qf", FORMAT, "--", *names]


def rpm_all(root: str | None = None) -> list[str]:
    """The command for the state of all packages."""
    return [RPM, *_root(root), "-qa", "--qf", FORMAT]


def rpm_listing(root: str | None = None) -> list[str]:
    """The command whose output the historic `count` and `md5` are made of."""
    return [RPM, *_root(root), "-qa"]


def parse_query(text: str, provider: str) -> list[PackageState]:
    """The installed packages that `rpm -q` tells of; lines on packages that are not there are passed over."""
    states = []
    for line in text.splitlines():
        words = line.split("|")
        if len(words) != 5 or not all(words) or words[0] == KEYS:
            continue
        name, epoch, version, release, arch = words
        ensure = f"{version}-{release}" if epoch == "0" else f"{epoch}:{version}-{release}"
        states.append(PackageState(name, ensure, epoch, version, release, "" if arch == "(none)" else arch, provider))
    return states


def states_of(names: Iterable[str], installed: Iterable[PackageState], provider: str) -> tuple[PackageState, ...]:
    """One state for each name, which may end in an architecture (`glibc.i686`); of several versions (kernels) the newest."""
    by_name: dict[str, PackageState] = {}
    for state in installed:
        for key in (state.name, f"{state.name}.{state.arch}"):
            known = by_name.get(key)
            if known is None or compare_rpm(known.ensure, state.ensure) < 0:
                by_name[key] = state
    return tuple(by_name.get(name) or PackageState(name, ABSENT, provider=provider) for name in names)


def asked(words: Sequence[str]) -> CommandResult:
    """How rpm answers; exit code 1 where a package is not there. Raises RPCAborted where it cannot read its database."""
    result = run(words, timeout=TIMEOUT, max_output=_MOST)
    if result.timed_out or result.truncated or (result.exitcode != 0 and "error:" in result.stderr):
        raise RPCAborted(f"rpm cannot tell what is installed: {result.stderr.strip()[:500] or 'it did not end in time'}")
    return result


def states(words: Sequence[str], provider: str) -> list[PackageState]:
    """The installed packages that a query tells of; of several versions of one, as kernels have them, the newest comes last."""
    by_version = sort_key("rpm")
    return sorted(parse_query(asked(words).stdout, provider), key=lambda state: by_version(state.ensure))


def _root(root: str | None) -> list[str]:
    return [] if root is None else ["--root", root]
