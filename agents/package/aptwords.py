"""The words of apt's commands. What a caller may name stands behind `--`, as a plain name or `name=version`."""

import re
from collections.abc import Sequence

from .provider import REPLACE, Options

APT_GET = "/usr/bin/apt-get"
APT_CACHE = "/usr/bin/apt-cache"
APT_MARK = "/usr/bin/apt-mark"
DPKG = "/usr/bin/dpkg"

# Nobody answers questions, no pager shows changes, and no program restarts services behind the back of whoever asked: the action
# `needs_restart` tells which, and they can be restarted when it suits.
QUIET = {
    "DEBIAN_FRONTEND": "noninteractive",
    "DEBIAN_PRIORITY": "critical",
    "APT_LISTCHANGES_FRONTEND": "none",
    "APT_LISTBUGS_FRONTEND": "none",
    "NEEDRESTART_SUSPEND": "1",
    "HOME": "/root",  # maintainer scripts may want one
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+\-]*(?::[a-z0-9][a-z0-9\-]*)?", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~\-]*", re.ASCII)


def environment(options: Options) -> dict[str, str]:
    """What apt, dpkg and maintainer scripts find in their environment."""
    ucf = "UCF_FORCE_CONFFNEW" if options.config_files == REPLACE else "UCF_FORCE_CONFFOLD"
    return {**QUIET, ucf: "1"}


def dpkg_options(options: Options) -> list[str]:
    """What dpkg is to do with configuration files that were changed: keep what is there, or take the package's."""
    return ["--force-confnew"] if options.config_files == REPLACE else ["--force-confdef", "--force-confold"]


def apt_get(command: Sequence[str], options: Options, *, is_trial: bool = False) -> list[str]:
    """An `apt-get` that asks nothing. command: its own word, and those that belong to it.

    Without a pseudo-terminal dpkg stays in apt's process group and ends with it.
    """
    words = [APT_GET, "-q", "-y"]
    if is_trial:
        words.append("-s")
    words += ["-o", f"DPkg::Lock::Timeout={int(options.lock_wait)}", "-o", "Dpkg::Use-Pty=0"]
    for option in dpkg_options(options):
        words += ["-o", f"Dpkg::Options::={option}"]
    if options.downgrade:
        words.append("--allow-downgrades")
    if options.change_held:
        words.append("--allow-change-held-packages")
    return [*words, *command]


def install(specs: Sequence[str]) -> list[str]:
    """Put these packages there."""
    return ["install", "--", *specs]


def only_upgrade(specs: Sequence[str]) -> list[str]:
    """Upgrade these, and none that is not there."""
    return ["install", "--only-upgrade", "--", *specs]


def remove(names: Sequence[str]) -> list[str]:
    """Take these away."""
    return ["remove", "--", *names]


def purge(names: Sequence[str]) -> list[str]:
    """Take these away with their configuration files."""
    return ["purge", "--", *names]


def upgrade(*, is_full: bool) -> list[str]:
    """Upgrade all. The full upgrade may remove packages, the other one never does."""
    return ["dist-upgrade"] if is_full else ["upgrade", "--with-new-pkgs"]


def fix_broken() -> list[str]:
    """Make dependencies whole again."""
    return ["install", "--fix-broken"]


def update() -> list[str]:
    """Fetch the lists. By itself apt counts it a success when a server is not there."""
    return [APT_GET, "-q", "-y", "-o", "APT::Update::Error-Mode=any", "update"]


def configure_all(options: Options) -> list[str]:
    """What dpkg itself wants after an interruption."""
    return [DPKG, *dpkg_options(options), "--configure", "--pending"]


def policy(names: Sequence[str]) -> list[str]:
    """What is known of packages, and where it comes from."""
    return [APT_CACHE, "policy", "--", *names]


def search(text: str) -> list[str]:
    """Packages with the text in their name. apt takes it for a regular expression, so nothing in it may be one."""
    literal = "".join(character if character.isalnum() else f"[{character}]" for character in text if character not in "[]^\\")
    return [APT_CACHE, "search", "--names-only", "--", literal]


def mark(names: Sequence[str], *, is_held: bool) -> list[str]:
    """Put packages on hold, or release them."""
    return [APT_MARK, "hold" if is_held else "unhold", "--", *names]


def spec(name: str, version: str | None) -> str:
    """`name`, or `name=version`. Raises ValueError for what apt would take for something else.

    `name-` means to remove it, `name/` a release; a version is exact here, globs are resolved before.
    """
    if not _NAME.fullmatch(name) or name.endswith("-"):
        raise ValueError(f"{name!r} is no name of a package, as nginx or libc6:i386")
    if version is None:
        return name
    if not _VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is no version of a package")
    return f"{name}={version}"
