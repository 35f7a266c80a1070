"""Where this host's Puppet keeps its files: asked of `puppet config print` once, and kept until its program or puppet.conf changes."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcollective_py.agent import Cache, RPCAborted
from mcollective_py.agent.kept import FOLDER, read_kept, write_kept
from mcollective_py.agent.puppetresource import ENVIRONMENT, find_puppet

_ASKED = (
    "agent_catalog_run_lockfile", "agent_disabled_lockfile", "config", "environment", "lastrunfile", "lastrunreport", "pidfile",
    "resourcefile", "runinterval", "serverport", "statedir",
)  # fmt: skip
_FILES = ("agent_catalog_run_lockfile", "agent_disabled_lockfile", "config", "lastrunfile", "lastrunreport", "pidfile", "resourcefile")
_LINE = re.compile(r"([a-z_]+) = (.*)")
_ASK_LIMIT = 15.0  # seconds; it takes one, and four on a busy host

_KEPT: Cache["Places"] = Cache(3600)


@dataclass(frozen=True, slots=True)
class Places:
    """Paths of one host's Puppet. has_serverport: whether its port option is --serverport, as from Puppet 7 on, or --masterport."""

    summary: str
    report: str
    resources: str
    disabled_lock: str
    run_lock: str
    pidfile: str
    environment: str = "production"
    has_serverport: bool = True


def agent_command(config: Mapping[str, str]) -> list[str]:
    """The words that start an agent: plugin.puppet.command, its program by its path. Raises RPCAborted where there is no Puppet."""
    import shlex

    try:
        words = shlex.split(config.get("command", "puppet agent"))
    except ValueError as error:
        raise RPCAborted(f"plugin.puppet.command cannot be read: {error}") from error
    program = words[0] if words and words[0].startswith("/") else find_puppet()
    if not words or program is None:
        raise RPCAborted("Puppet is not installed here: plugin.puppet.command names its program where it is in no usual place")
    return [program, *words[1:]]


def is_here(config: Mapping[str, str]) -> bool:
    """Whether there is a Puppet on this host."""
    try:
        agent_command(config)
    except RPCAborted:
        return False
    return True


def puppet_config_print(program: str, config: str | None = None, names: Sequence[str] = _ASKED) -> list[str]:
    """The command that asks for settings, as the agent sees them. config: another puppet.conf."""
    return [program, "config", "print", "--section", "agent", *([] if config is None else [f"--config={config}"]), *names]


def parse_settings(text: str) -> dict[str, str]:
    """Settings by name; those that this Puppet does not know are empty."""
    return {found[1]: found[2].strip() for line in text.splitlines() if (found := _LINE.fullmatch(line))}


def read_places(settings: Mapping[str, str]) -> Places:
    """The places that settings name. Raises RPCAborted where one is missing or no absolute path."""
    for name in _FILES:
        if not settings.get(name, "").startswith("/"):
            raise RPCAborted(f"puppet config print says no path for {name}")
    return Places(
        summary=settings["lastrunfile"],
        report=settings["lastrunreport"],
        resources=settings["resourcefile"],
        disabled_lock=settings["agent_disabled_lockfile"],
        run_lock=settings["agent_catalog_run_lockfile"],
        pidfile=settings["pidfile"],
        environment=settings.get("environment", ""),
        has_serverport=bool(settings.get("serverport")),
    )


def places(config: Mapping[str, str], *, may_ask: bool = True) -> Places | None:
    """Where this host's Puppet keeps its files, kept for an hour, and on disk while program and puppet.conf stay what they are.

    config: the settings plugin.puppet.*. None where may_ask is False and nobody has asked yet. Raises RPCAborted.
    """
    program, conf = agent_command(config)[0], config.get("config")
    file = os.path.join(state_folder(config), "puppet-settings.json")  # noqa: PTH118  a path costs an import here
    if (found := _KEPT.read((program, conf))) is not None:
        return found
    if (kept := _kept_settings(file, program, conf)) is not None:
        found = read_places(kept)
        _KEPT.write((program, conf), found)
        return found
    return _KEPT.fetch((program, conf), lambda: read_places(_ask(program, conf, file))) if may_ask else None


def state_folder(config: Mapping[str, str]) -> str:
    """The folder for what this agent keeps."""
    return config.get("state_folder", str(FOLDER))


def _ask(program: str, conf: str | None, file: str) -> dict[str, str]:
    from mcollective_py.agent import run

    answer = run(puppet_config_print(program, conf), timeout=_ASK_LIMIT, env=ENVIRONMENT)
    if answer.exitcode or answer.timed_out:
        why = "it did not answer" if answer.timed_out else (answer.stderr or answer.stdout).strip()[:500]
        raise RPCAborted(f"cannot ask Puppet for its paths: {why}")
    settings = {name: value for name, value in parse_settings(answer.stdout).items() if name in _ASKED}
    write_kept(file, {"stamps": _stamps(program, settings.get("config", "")), "conf": conf, "settings": settings})
    return settings


def _kept_settings(file: str, program: str, conf: str | None) -> dict[str, str] | None:
    kept = read_kept(file)
    settings = kept.get("settings") if isinstance(kept, dict) else None
    if not isinstance(settings, dict) or not all(isinstance(value, str) for value in settings.values()) or kept.get("conf") != conf:
        return None
    return settings if kept.get("stamps") == _stamps(program, settings.get("config", "")) else None


def _stamps(*files: str) -> list[list[object]]:
    """What changes when one of the files does."""
    return [[file, *_stamp(file)] for file in files]


def _stamp(file: str) -> list[int]:
    try:
        status = os.stat(file)  # noqa: PTH116
    except OSError:
        return []
    return [status.st_ino, status.st_size, status.st_mtime_ns]
