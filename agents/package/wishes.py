"""What a request asks for: packages with their versions, and how it is to be done."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from mcollective_py.agent import RPCAborted
from mcollective_py.agent.ownsettings import number

from .provider import KEEP, REPLACE, Options, PackageState, Wanted

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+\-]*(?::[a-z0-9][a-z0-9\-]*)?", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9*?\[][A-Za-z0-9.+:~^_*?\[\]\-]*", re.ASCII)
LOCK_WAIT = 60.0  # seconds
MOST_LOCK_WAIT = 600.0
# Seconds for the tools, by action: short of the DDL's timeouts by what it takes to look at the packages before and after, to end the
# tool's process group, and to answer.
LIMITS = {"install": 840.0, "update": 840.0, "uninstall": 840.0, "purge": 840.0, "repair": 840.0, "upgrade": 3540.0}
LIMIT = 150.0  # of all others
_MOST_SECONDS = 99_999


def wanted_of(package: str | None, version: str | None, packages: str | None) -> tuple[Wanted, ...]:
    """The packages of the inputs `package`, `version` and `packages`, each once. Raises ValueError for what names no package."""
    wanted: dict[str, Wanted] = {}
    entries = [*([package] if package is not None else []), *(packages.split(",") if packages is not None else [])]
    if version is not None and package is None:
        raise ValueError("version belongs to the input package; in packages it stands behind the name, as nginx=1.24")
    for place, entry in enumerate(entries):
        name, equals, own = entry.partition("=")
        if version is not None and place == 0:
            if equals:
                raise ValueError(f"{entry} has a version already: leave {version} out")
            equals, own = "=", version
        if not _NAME.fullmatch(name) or name.endswith("-"):
            raise ValueError(f"{name!r} is no name of a package, as nginx or libc6:i386")
        if equals and not _VERSION.fullmatch(own):
            raise ValueError(f"{own!r} is no version of a package, and no glob of versions")
        one = Wanted(name, own if equals else None)
        if wanted.setdefault(name, one) != one:
            raise ValueError(f"{name} is asked for twice, in different versions")
    return tuple(wanted.values())


def fits(state: PackageState, version: str | None) -> bool:
    """Whether a package is there and well, in the version (exact or a glob) if one is given. No for a doubt: the tool then knows."""
    if not state.is_installed or state.trouble:
        return False
    return version is None or state.ensure == version or fnmatchcase(state.ensure, version)


def options_of(request: Any, config: Mapping[str, str]) -> Options:
    """How the request wants it done, and the settings of the host where it does not say.

    Settings: lock_wait and timeout in seconds, config_files keep or replace. Raises RPCAborted for others.
    """
    limit = LIMITS.get(request.action, LIMIT)
    configured = number(config, "package", "lock_wait", LOCK_WAIT, 0, _MOST_SECONDS)
    lock_wait = configured if request.get("lock_wait") is None else request.get("lock_wait")
    timeout = min(limit, number(config, "package", "timeout", limit, 1, _MOST_SECONDS))
    config_files = request.get("config_files") or config.get("config_files", KEEP).strip().lower()
    if config_files not in (KEEP, REPLACE):
        raise RPCAborted(f"plugin.package.config_files is {config_files!r}: it must be {KEEP} or {REPLACE}")
    return Options(
        downgrade=bool(request.get("downgrade")),
        change_held=bool(request.get("change_held")),
        security=bool(request.get("security")),
        config_files=config_files,
        full=bool(request.get("full")),
        lock_wait=min(max(0.0, float(lock_wait)), MOST_LOCK_WAIT, timeout),
        timeout=timeout,
    )
