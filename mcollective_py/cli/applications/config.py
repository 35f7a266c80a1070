"""`mco config check`: is a server.cfg or client.cfg good, and where it relied on Ruby's defaults. `mco config show`: what is set."""

import argparse
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...config import Config as Settings
from ...config import places
from ...errors import ConfigError, MCollectiveError, UsageError
from ...security.load import security_plugin
from ...settings import LONGEST_TTL, SETTINGS, family_of_provider, find_setting
from ..application import Application
from ..inert import inert
from ..session import print_json


@dataclass(frozen=True, slots=True)
class ChangedDefault:
    """A setting left to its default, which is another one in MCollective 2.12. line: what to write to go on as there."""

    key: str
    historic: str
    here: str
    line: str | None


@dataclass(slots=True)
class Findings:
    """What is to be said of one file. errors: why it cannot be used. remarks: what works otherwise than its author may think."""

    file: str
    side: str
    settings: int = 0
    connector: str = ""
    securityprovider: str = ""
    errors: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    defaults: list[ChangedDefault] = field(default_factory=list)
    ruby_agents: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """As a human reads it."""
        if self.errors:
            yield f"{self.file}: cannot be used by a {self.side}"
        else:
            chosen = f"connector {self.connector}, securityprovider {self.securityprovider}"
            yield f"{self.file}: good for a {self.side}: {self.settings} settings, {chosen}"
        yield from (f"  error: {text}" for text in self.errors)
        yield from (f"  remark: {text}" for text in self.remarks)
        if self.ruby_agents:
            yield f"  remark: agents in Ruby are not run here: {', '.join(self.ruby_agents)}; their .ddl files are read for `mco rpc`"
        if self.defaults:
            yield "  The file leaves these to the default, and the default of MCollective 2.12 was another:"
            for each in self.defaults:
                keeps = f"write `{each.line}` to go on as before" if each.line else "there is no going back"
                yield f"    {each.key}: was {each.historic}, is {each.here}: {keeps}"

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a JSON document."""
        defaults = [{"key": each.key, "historic": each.historic, "here": each.here, "line": each.line} for each in self.defaults]
        return {
            "file": self.file,
            "side": self.side,
            "usable": not self.errors,
            "settings": self.settings,
            "connector": self.connector,
            "securityprovider": self.securityprovider,
            "errors": self.errors,
            "remarks": self.remarks,
            "changed_defaults": defaults,
            "ruby_agents": self.ruby_agents,
        }


class Config(Application):
    """Judges and shows configuration files without starting anything."""

    description = "Check configuration files, or show what is set and where: mco config check|show"
    usage = "check [FILE ...]  |  show [REGEX] [FILE ...]"
    sections = ("json",)

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("verb", metavar="check|show", help="what to do")
        files = "server.cfg or client.cfg; without one, those in use here (show: the client's); show: first a pattern that keys match"
        parser.add_argument("files", nargs="*", metavar="FILE", help=files)
        parser.add_argument("-c", "--config", metavar="FILE", help="this file, as for other commands")
        parser.add_argument("--origin", action="store_true", help="show: with each setting its file and line, or `default`")
        parser.add_argument("-a", "--all", action="store_true", help="show: the defaults too, also without a pattern")
        parser.add_argument("-v", "--verbose", action="store_true", help="show: what each setting is for")
        side = parser.add_mutually_exclusive_group()
        side.add_argument("--server", dest="side", action="store_const", const="server", help="judge as a host's file")
        side.add_argument("--client", dest="side", action="store_const", const="client", help="judge as a user's file")
        parser.add_argument("--strict", action="store_true", help="exit with 78, not 1, for a file that cannot be used")

    def run(self, options: argparse.Namespace) -> int:
        if options.verb == "show":
            from ..configshow import show

            return show(options)
        if options.verb != "check":
            raise UsageError(
                f"there is no `mco config {options.verb}`: `mco config check [FILE ...]` judges configuration files, "
                "`mco config show [REGEX]` says what is set"
            )
        if options.origin or options.all or options.verbose:
            raise UsageError("--origin, --all and -v are for `mco config show`")
        files = [*([options.config] if options.config else []), *options.files]
        found = [examine(path, options.side or side_of(path)) for path in files or files_in_use()]
        if options.json:
            print_json({"files": [findings.to_dict() for findings in found]})
        else:
            print(inert("\n".join(line for findings in found for line in findings.lines()), keep_lines=True))
        if not any(findings.errors for findings in found):
            return 0
        return ConfigError.strict_exitcode if options.strict else 1


def examine(path: str, side: str) -> Findings:
    """What there is to say of one file. side: `server` or `client`."""
    findings = Findings(path, side)
    try:
        config, problems = Settings.examine(path, side)
    except ConfigError as error:
        findings.errors.append(str(error))
        return findings
    findings.settings = len(config.keys())
    findings.connector, findings.securityprovider = config.word("connector"), config.word("securityprovider")
    findings.defaults = changed_defaults(config)
    told = tuple(f": {each.key} is not set" for each in findings.defaults)
    findings.remarks += [warning for warning in config.warnings if not any(words in warning for words in told)]
    findings.remarks += long_ttl(config)
    findings.remarks += [f"{path}: libdir: there is no folder {folder}" for folder in config.paths("libdir") if not folder.is_dir()]
    with _said(findings.remarks):
        found = [*problems, *_unusable(config, side)]
    findings.errors = _distinct(found, path)
    findings.remarks = list(dict.fromkeys(findings.remarks))
    if side == "server":
        findings.ruby_agents = ruby_agents(config.paths("libdir"))
    return findings


def changed_defaults(config: Settings) -> list[ChangedDefault]:
    """The settings of this side that the file does not say and that MCollective 2.12 takes otherwise."""
    families = {f"plugin.{config.word('connector')}.", f"plugin.{family_of_provider(config.word('securityprovider'))}."}
    if config.text("rpcaudit") is not None and config.flag("rpcaudit"):
        families.add("plugin.rpcaudit.")
    found = []
    for row in SETTINGS:
        concerns = not row.key.startswith("plugin.") or row.key.startswith(tuple(families))
        if row.historic is None or row.side not in ("both", config.side) or not concerns or config.is_set(row.key):
            continue
        was, keep = row.historic
        found.append(ChangedDefault(row.key, was, row.default or "found on the host", f"{row.key} = {keep}" if keep else None))
    return found


def long_ttl(config: Settings) -> list[str]:
    """A remark on a `ttl` that hosts refuse; nothing on one that they take."""
    key = f"plugin.{family_of_provider(config.word('securityprovider'))}.max_ttl"
    if find_setting(key) is None or (ttl := config.number("ttl")) <= (most := config.number(key)):
        return []
    more = f", or up to {LONGEST_TTL} with {key} on all of them" if most < LONGEST_TTL else ""
    return [f"{config.file}: ttl = {ttl}: hosts here take {most} s at most and refuse the rest: write ttl = {most}{more}"]


def ruby_agents(libdirs: tuple[Path, ...]) -> list[str]:
    """Agents written in Ruby that the libdirs hold, without those that have a folder of the same name for us."""
    from ...plugins.finder import find

    ours = set(find("agents", libdirs))
    files = (file for libdir in libdirs for folder in ("mcollective/agent", "agent") for file in (libdir / folder).glob("*.rb"))
    return sorted({file.stem for file in files} - ours)


def side_of(path: str) -> str:
    """Whose file it is, by its name."""
    return "server" if "server" in os.path.basename(path) else "client"  # noqa: PTH119  any text, a path or not


def files_in_use() -> list[str]:
    """The server's and the user's file as they would be found here. Raises UsageError where there is neither."""
    home = Path(os.environ["HOME"]) if os.environ.get("HOME", "").startswith("/") else None
    looked = {side: places(side, home) for side in ("server", "client")}
    found = [next((str(path) for path in paths if path.exists()), None) for paths in looked.values()]
    if not any(found):
        listed = ", ".join(str(path) for paths in looked.values() for path in paths)
        raise UsageError(f"there is no configuration file here: looked for {listed}; name one: mco config check FILE")
    return [path for path in found if path]


@contextmanager
def _said(remarks: list[str]) -> Iterator[None]:
    """Inside, what the daemon or a client would log as a warning at its start becomes a remark."""
    handler = _Remarks(remarks)
    root = logging.getLogger("mcollective_py")
    was, root.propagate = root.propagate, False
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.propagate = was


class _Remarks(logging.Handler):
    def __init__(self, remarks: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._remarks = remarks

    def emit(self, record: logging.LogRecord) -> None:
        self._remarks.append(record.getMessage())


def _unusable(config: Settings, side: str) -> list[MCollectiveError]:
    """Why a daemon or a client would not start with these settings; nothing is written or connected to."""
    from ...connector.factory import unusable_brokers

    problems: list[MCollectiveError] = []
    if side == "server":
        from ...server.obstacles import obstacles

        problems += obstacles(config)
    else:
        try:
            security_plugin(config, side, time.time)
        except ConfigError as error:
            problems.append(error)
    return [*problems, *unusable_brokers(config, is_daemon=side == "server")]


def _distinct(problems: Sequence[MCollectiveError], path: str) -> list[str]:
    """Each problem once, with the file; of several with one setting the first."""
    found: dict[str, str] = {}
    for problem in problems:
        text = str(problem)
        if isinstance(problem, ConfigError) and problem.file is None:
            text = f"{path}: {text}"
        found.setdefault(getattr(problem, "key", None) or text, text)
    return list(found.values())
