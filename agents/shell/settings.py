"""The settings plugin.shell.*, read and checked; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from mcollective_py.agent import RPCAborted
from mcollective_py.agent.ownsettings import flag, whole

_MOST = 1 << 40


@dataclass(frozen=True, slots=True)
class Settings:
    """What a host says of this agent.

    state_directory: where jobs are kept. command_shell: what reads a command line. user: who runs a command that names none, empty
    for the daemon's own. users: who may be named, empty for anybody. allow_file: the list of commands beyond which nothing runs.
    max_output, max_job_output: bytes kept of each stream. max_jobs: jobs that run at once. keep_jobs, keep_days: ended ones that are
    kept, and how long. systemd: whether jobs get a unit of their own where systemd runs.
    """

    state_directory: str = "/var/lib/mcollective/shell"
    command_shell: str = "/bin/sh"
    user: str = ""
    users: tuple[str, ...] = ()
    allow_file: str = ""
    max_output: int = 1 << 20
    max_job_output: int = 10 << 20
    max_jobs: int = 32
    keep_jobs: int = 200
    keep_days: int = 7
    systemd: bool = True


def is_enabled(config: Mapping[str, str]) -> bool:
    """Whether the host says `plugin.shell.enabled = 1`: without it nobody runs commands here. Raises RPCAborted."""
    return flag(config, "shell", "enabled", False)


def settings_of(config: Mapping[str, str]) -> Settings:
    """The settings from `key = text`, keys without `plugin.shell.`. Raises RPCAborted that names the key."""
    plain = Settings()
    read = Settings(
        # Ruby's agent read state_path, and its Puppet module wrote state_directory.
        state_directory=config.get("state_directory", config.get("state_path", plain.state_directory)),
        command_shell=config.get("shell", plain.command_shell),
        user=config.get("user", plain.user),
        users=tuple(name for name in config.get("users", "").replace(",", " ").split() if name),
        allow_file=config.get("allow_file", plain.allow_file),
        max_output=whole(config, "shell", "max_output", plain.max_output, 1024, 8 << 20),
        max_job_output=whole(config, "shell", "max_job_output", plain.max_job_output, 1024, _MOST),
        max_jobs=whole(config, "shell", "max_jobs", plain.max_jobs, 1, 1000),
        keep_jobs=whole(config, "shell", "keep_jobs", plain.keep_jobs, 0, 10_000),
        keep_days=whole(config, "shell", "keep_days", plain.keep_days, 0, 3650),
        systemd=flag(config, "shell", "systemd", plain.systemd),
    )
    for key, value in (("state_directory", read.state_directory), ("shell", read.command_shell), ("allow_file", read.allow_file)):
        if value and (not value.startswith("/") or ".." in value.split("/")):
            raise RPCAborted(f"plugin.shell.{key} must be an absolute path")
    return read
