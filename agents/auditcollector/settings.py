"""The settings plugin.auditcollector.*, read and checked; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from mcollective_py.agent import RPCAborted, bytes_of
from mcollective_py.agent.ownsettings import flag


@dataclass(frozen=True, slots=True)
class Settings:
    """is_enabled: whether this host collects. logfile: where to. min_free: bytes that stay free on its disk, whatever hosts send."""

    is_enabled: bool = False
    logfile: str = "/var/log/mcollective/collected.log"
    min_free: int = 512 << 20


def settings_of(config: Mapping[str, str]) -> Settings:
    """The settings from `key = text`, keys without `plugin.auditcollector.`. Raises RPCAborted that names the key."""
    plain = Settings()
    logfile = config.get("logfile", plain.logfile)
    if not logfile.startswith("/"):
        raise RPCAborted("plugin.auditcollector.logfile: write a whole path")
    try:
        min_free = bytes_of(config["min_free"]) if "min_free" in config else plain.min_free
    except ValueError as error:
        raise RPCAborted(f"plugin.auditcollector.min_free: {error}") from error
    return Settings(flag(config, "auditcollector", "enabled", False), logfile, min_free)
