"""One session: its client, its filter, and what each line does."""

import argparse
import os
import shlex
import sys
import time
from collections.abc import Sequence

from ...client.results import RPCStats
from ...config import Config
from ...errors import ConnectorError, MCollectiveError, UsageError
from ..application import Application
from ..commands import application_files, load_application
from ..completion.sources import Machine
from ..inert import inert
from ..main import INTERRUPTED, exitcode_of, overview
from ..options import parse, parser_for
from ..render import Style, name_columns, stats_lines
from ..session import remark, style_for
from .echo import Kept
from .kept import KeptClient
from .line import BUILTINS, NO_FILTER, is_call, prompt, without_secrets, words_of_line


class Session:
    """Runs lines. file: the configuration of -c, None for the usual one. strict: the exit codes of --strict, for every line.

    worst: the highest exit code so far. place: what stands before an error: in a script, its line.
    """

    def __init__(self, file: str | None, *, strict: bool = False) -> None:
        self._file, self._is_strict, self.place = file, strict, ""
        self.machine = Machine(file)
        self._client: KeptClient | None = None
        self._filter: list[str] = []
        self._hosts: tuple[str, ...] | None = None
        self._printed: Kept | None = None
        self._stats: RPCStats | None = None
        self.worst = 0
        self.is_over = False

    @property
    def prompt(self) -> str:
        """What stands before the next line."""
        return prompt(self._filter, None if self._hosts is None else len(self._hosts))

    def run(self, text: str) -> int:
        """Run one line to its exit code. Ctrl-C ends it, and errors are told; neither ends the session."""
        try:
            code = self._run(words_of_line(text))
        except KeyboardInterrupt:
            remark(f"{self.place}interrupted")
            code = INTERRUPTED
        except MCollectiveError as error:
            remark(f"{self.place}{error}")
            code = exitcode_of(error, strict=self._is_strict or "--strict" in text.split())
            if isinstance(error, ConnectorError):
                self.close()
        self.worst = max(self.worst, code)
        return code

    def kept_line(self, text: str) -> str | None:
        """A line as the history may have it: without the values of sensitive inputs; None for one that cannot be understood, in which
        nobody knows what is secret."""
        try:
            words = words_of_line(text)
            if not words:
                return None
            secret = self._secrets(words)
        except MCollectiveError:
            return None
        kept = without_secrets(words, secret)
        return text.strip() if kept == words else shlex.join(kept)

    def close(self) -> None:
        """Disconnect; the next line that needs a broker connects again."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.leave()
            except ConnectorError as error:
                remark(str(error))

    # --- lines ------------------------------------------------------------------------------------------------------------

    def _run(self, words: list[str]) -> int:
        if not words:
            return 0
        name, rest = words[0], words[1:]
        if name == "help" and rest:
            return self._command("help", rest)
        if name in BUILTINS or name == "exit":
            return self._own(name, rest)
        with Kept() as printed:
            code = self._called(words)
        self._printed = printed
        return code

    def _called(self, words: list[str]) -> int:
        files = application_files(self._file)
        agents = self.machine.agents()
        if is_call(words, agents, {found.word for found in self.machine.actions(words[0])}, files):
            return self._command("rpc", words)
        if words[0] == "console":
            raise UsageError("this is the console already")
        if words[0] not in files:
            from difflib import get_close_matches

            near = get_close_matches(words[0], [*BUILTINS, *agents, *files], 1)
            raise UsageError(f"unknown: {words[0]}{f': did you mean {near[0]}?' if near else ''}; `help` says what there is")
        return self._command(words[0], words[1:])

    def _command(self, name: str, words: Sequence[str]) -> int:
        application, options = self._parsed(name, words)
        if application is None or options is None:
            return 0  # --help
        try:
            return application.run(options)
        finally:
            replies = self._client.last if self._client is not None else None
            if replies is not None:
                self._stats = replies.stats

    def _parsed(self, name: str, words: Sequence[str]) -> tuple[Application | None, argparse.Namespace | None]:
        application = load_application(name, application_files(self._file)[name])
        shared = self._shared(application)
        try:
            options = parse(parser_for(name, application), [*shared, *words])
        except SystemExit:
            return None, None
        options.opener = self._opened
        return application, options

    def _shared(self, application: Application) -> list[str]:
        """What this session adds to a command's words."""
        added: list[str] = []
        if application.sections:
            try:
                added += shlex.split(os.environ.get("MCOLLECTIVE_EXTRA_OPTS", ""))
            except ValueError as error:
                raise UsageError(f"MCOLLECTIVE_EXTRA_OPTS: {error}") from error
        if self._is_strict:
            added.append("--strict")
        if self._file is not None and "common" in application.sections:
            added += ["-c", self._file]
        if "filter" in application.sections:
            added += self._filter
        return added

    def _opened(self, config: Config) -> KeptClient:
        """The client of this session; another configuration's own is a new one each time."""
        if self._client is None:
            self._client = KeptClient.from_config(config)
        return self._client

    def _secrets(self, words: Sequence[str]) -> set[str]:
        """Names of the sensitive inputs of the action that a line calls. Raises UsageError, DDLError."""
        from ...plugins.ddlfiles import agent_ddl
        from ..applications.rpc import addressed

        files = application_files(self._file)
        if words[0] in BUILTINS or words[0] == "exit":
            return set()
        calls = is_call(words, self.machine.agents(), {found.word for found in self.machine.actions(words[0])}, files)
        if not calls and words[0] != "rpc":
            if words[0] not in files:
                raise UsageError(f"unknown: {words[0]}")
            return self._secrets_of_named(words)
        _, options = self._parsed("rpc", words if calls else words[1:])
        if options is None:
            return set()
        agent, action, _ = addressed(options)
        if action is None:
            return set()
        ddl = agent_ddl(agent, Config.find("client", self._file).paths("libdir"))
        if action not in ddl.actions:
            raise UsageError(f"unknown: {action}")
        return {wanted.name for wanted in ddl.actions[action].inputs.values() if wanted.sensitive}

    def _secrets_of_named(self, words: Sequence[str]) -> set[str]:
        """The sensitive inputs of every agent that a line names. Raises DDLError.

        `why` takes inputs too, and nobody knows what a site's own commands take.
        """
        from ...plugins.ddlfiles import agent_ddl

        if not any("=" in word for word in words):
            return set()
        libdirs = Config.find("client", self._file).paths("libdir")
        named = {word.rpartition("=")[2] for word in words} & set(self.machine.agents())
        actions = (action for name in named for action in agent_ddl(name, libdirs).actions.values())
        return {wanted.name for action in actions for wanted in action.inputs.values() if wanted.sensitive}

    # --- the console's own ------------------------------------------------------------------------------------------------

    def _own(self, name: str, rest: list[str]) -> int:
        if rest and name not in ("filter", "doc"):
            raise UsageError(f"{name} takes no words")
        if name == "filter":
            return self._set_filter(rest)
        if name == "doc":
            with Kept() as self._printed:
                return self._command("plugin", ["doc", *rest])
        does = {"discover": self._discover, "hosts": self._show_hosts, "last": self._show_last, "stats": self._show_stats}
        if name in does:
            return does[name]()
        if name == "help":
            print("\n".join(f"  {one:<10}  {help}" for one, help in BUILTINS.items()))
            print(f"\n  AGENT ACTION INPUT=VALUE ...   calls an agent: {', '.join(sorted(self.machine.agents()))}\n")
            print(overview(application_files(self._file)).partition("\n\n")[2].replace("`mco help COMMAND`", "`help COMMAND`"))
            return 0
        self.is_over = True
        return 0

    def _set_filter(self, words: list[str]) -> int:
        if not words:
            print(inert(shlex.join(self._filter)) if self._filter else "every host")
            return 0
        before = self._filter, self._hosts
        self._filter, self._hosts = [] if words[0] in NO_FILTER and len(words) == 1 else words, None
        try:
            if not self._filter:
                return 0
            return self._discover()
        except MCollectiveError as error:
            if isinstance(error, UsageError):  # a filter that cannot be read: the one before stays
                self._filter, self._hosts = before
            raise

    def _discover(self) -> int:
        from ..finding import finding_of
        from ..sections.filters import filter_of
        from ..session import open_client
        from ..waiting import connected, nobody, told_if_slow

        _, options = self._parsed("find", ())
        assert options is not None
        filter, finding = filter_of(options), finding_of(options)
        with connected(open_client(options), options) as client, told_if_slow(lambda: "discovering", options):
            found = client.discover(
                filter, collective=options.target, timeout=options.discovery_timeout, full=options.full_discovery, **finding.choice
            )
        self._hosts = tuple(sorted(found.nodes))
        print(f"{len(self._hosts)} hosts")
        if not self._hosts:
            remark(nobody(filter))
        return 0 if self._hosts else 1

    def _show_hosts(self) -> int:
        if self._hosts is None:
            self._discover()
        hosts = self._hosts or ()
        if sys.stdout.isatty():
            print("\n".join(name_columns(hosts, self._style().width)))
        else:
            print("".join(f"{inert(name)}\n" for name in hosts), end="")
        return 0 if hosts else 1

    def _show_last(self) -> int:
        if self._printed is None:
            raise UsageError("nothing was printed yet")
        print(self._printed.text, end="")
        if self._printed.is_cut:
            remark("it was more than is kept")
        return 0

    def _show_stats(self) -> int:
        if self._stats is None:
            raise UsageError("nobody was called yet")
        started = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(self._stats.started))
        print("\n".join(stats_lines(self._stats, started, self._style())))
        return 0

    def _style(self) -> Style:
        _, options = self._parsed("find", ())
        assert options is not None
        return style_for(sys.stdout, options, Config.find("client", self._file))
