"""Where Exim is and keeps its things: by the settings plugin.exim.*, and for the rest by what `exim -bP` says."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mcollective_py.agent import Cache, RPCAborted, run
from mcollective_py.agent.kept import FOLDER

PROGRAMS = ("/usr/sbin/exim4", "/usr/sbin/exim", "/usr/exim/bin/exim", "/usr/local/sbin/exim", "/opt/exim/bin/exim")
ASKED = ("spool_directory", "log_file_path", "pid_file_path")
_PATIENCE = 10.0  # seconds that Exim may take to tell its places
KEPT: "Cache[Places]" = Cache(300)  # seconds; who moves a spool restarts more than this


@dataclass(frozen=True, slots=True)
class Places:
    """Absolute paths. Logs are empty where Exim logs to syslog alone."""

    exim: str
    spool: str
    mainlog: str
    paniclog: str
    pid_file: str = ""


def program_of(config: Mapping[str, str]) -> str | None:
    """The path of Exim on this host, None where there is none."""
    chosen = config.get("exim", "").strip()
    return next((path for path in ((chosen,) if chosen else PROGRAMS) if Path(path).is_file()), None)


def tool_of(config: Mapping[str, str], name: str) -> str:
    """The path of a program that comes with Exim: by its setting, else beside Exim, else where systems have it."""
    if chosen := config.get(name, "").strip():
        return chosen
    beside = Path(program_of(config) or PROGRAMS[0]).parent
    return str(
        next((path for path in (beside / name, Path("/usr/sbin", name), Path("/usr/bin", name)) if path.is_file()), beside / name)
    )


def state_folder(config: Mapping[str, str]) -> Path:
    """Where the agent keeps its own records, made where it is not there yet. Raises OSError."""
    folder = Path(config.get("state_folder", str(FOLDER)))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def print_places(exim: str) -> list[str]:
    """The words that ask Exim for its places."""
    return [exim, "-bP", *ASKED]


def print_configuration(exim: str) -> list[str]:
    """The words that print the whole configuration, as Exim reads it of all its files."""
    return [exim, "-bP", "config"]


def parse_places(text: str) -> dict[str, str]:
    """What Exim answers, `name = value` a line."""
    found = (line.partition(" = ") for line in text.splitlines())
    return {name.strip(): value.strip() for name, sign, value in found if sign}


def places_of(answers: Mapping[str, str], config: Mapping[str, str], exim: str) -> Places:
    """The places by the settings, and by Exim's answers where a setting is silent. Raises RPCAborted where neither says it."""
    spool = config.get("spool", "").strip() or answers.get("spool_directory", "")
    if not spool.startswith("/"):
        raise RPCAborted("Exim does not say where its spool is: plugin.exim.spool does")
    log = next((part for part in _listed(answers.get("log_file_path", "")) if part.startswith("/")), "")
    if not log and not answers.get("log_file_path"):
        log = f"{spool}/log/%slog"
    return Places(
        exim,
        spool.rstrip("/"),
        config.get("mainlog", "").strip() or log.replace("%s", "main"),
        config.get("paniclog", "").strip() or log.replace("%s", "panic"),
        config.get("pid_file", "").strip() or answers.get("pid_file_path", "") or f"{spool}/exim-daemon.pid",
    )


def find_places(config: Mapping[str, str]) -> Places:
    """The places of this host; Exim is asked where the settings leave something open. Raises RPCAborted."""
    exim = program_of(config)
    if exim is None:
        raise RPCAborted(f"there is no Exim at {config.get('exim') or ', '.join(PROGRAMS)}")
    if all(config.get(name, "").strip() for name in ("spool", "mainlog", "paniclog")):
        return places_of({}, config, exim)
    return KEPT.fetch((exim, *sorted(config.items())), lambda: places_of(parse_places(_ask(exim)), config, exim))


def _ask(exim: str) -> str:
    answer = run(print_places(exim), timeout=_PATIENCE)
    if answer.timed_out:
        raise RPCAborted(f"{exim} gives no answer to -bP: it was ended after {_PATIENCE:g} seconds")
    if answer.exitcode:
        raise RPCAborted(f"Exim does not tell its places: {(answer.stderr or answer.stdout).strip()[:500]}")
    return answer.stdout


def _listed(text: str) -> list[str]:
    """The parts of a list, `/var/log/exim4/%slog : syslog`."""
    return [part.strip() for part in text.split(":")]
