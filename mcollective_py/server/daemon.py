"""mcollectived: arguments, configuration, signals; everything is built here and handed on."""

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import SimpleNamespace
from typing import TYPE_CHECKING

from .. import __version__
from ..config import Config
from ..connector.factory import ObservedConnector, open_connector
from ..errors import MCollectiveError
from ..node.footprint import hand_back_memory, share_one_arena
from .auditsender import AuditSender
from .child import ChildExecutor
from .dispatch import perform
from .executor import Limits
from .host import Host, build_host, connection_settings
from .journal import Journal
from .leftovers import end as end_leftover
from .logs import clear_streams, logs_to_stderr, next_loglevel, start_logging
from .readers import Readers, ReadExecutor
from .registrar import Registrar
from .runner import Runner
from .secretsinuse import SecretsInUse
from .selfreport import SelfReport
from .statefolder import open_state_folder
from .stats import Stats
from .supervision import PidFile, Watchdog, detach, notify_systemd

if TYPE_CHECKING:
    import argparse

logger = logging.getLogger(__name__)

_ENDS = (signal.SIGTERM, signal.SIGINT)
_SIGNALS = (*_ENDS, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH)
_STOPPED = 0  # put beside the signals when everything has ended


def run() -> None:
    """The console script: `mcollectived [--config FILE] [--daemonize] [--pid FILE]`."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run the daemon until a signal ends it; the exit code."""
    options = options_of(arguments)
    sys.modules.pop("argparse", None)  # never asked again: half a megabyte, of which what is loaded now can have the place
    gc.collect()
    try:
        config = Config.find("server", options.config)
        asked = config.is_set("daemonize") and config.flag("daemonize")
        daemonize = asked if options.daemonize is None else options.daemonize
        if daemonize:
            detach()
        secrets = SecretsInUse()
        start_logging(config, is_detached=daemonize, verbose=options.verbose, cleared=secrets.cleared)
        warn_of_fixed_hashes(os.environ)
        pidfile = PidFile(Path(options.pid)) if options.pid else None
        try:
            share_one_arena()
            clear_streams(secrets.cleared)
            return Daemon(config, options.verbose, secrets).run()
        finally:
            if pidfile:
                pidfile.remove()
    except MCollectiveError as error:
        if logging.getLogger().handlers:
            logger.error("%s", error)
        if not logs_to_stderr():
            print(f"mcollectived: {error}", file=sys.stderr)  # noqa: T201 - the log may be a file nobody looks at
        return error.exitcode


def warn_of_fixed_hashes(environ: Mapping[str, str]) -> None:
    """Warn where nothing is random in Python's hash values of text any more: keys can then be chosen that make a dict slow."""
    if environ.get("PYTHONHASHSEED", "random") not in ("", "random") and not sys.flags.ignore_environment:
        logger.warning("PYTHONHASHSEED is set: one message can then keep this daemon busy for seconds. Take it out of the environment")


class Daemon:
    """One daemon process: builds runner and executors, and turns signals into what operators expect of them."""

    def __init__(self, config: Config, verbose: bool, secrets: SecretsInUse) -> None:
        self._config, self._verbose, self._secrets = config, verbose, secrets
        self._events: SimpleQueue[int] = SimpleQueue()
        self._watchdog = Watchdog(self._trouble)
        self._stats = Stats(time.time())
        folder = open_state_folder(config)
        host = build_host(config, time.time)
        self._journal = Journal(folder, host.rules, reads_go_on=config.flag("plugin.journal.reads_go_on"), clock=time.time)
        self._journal.open()
        for warning in config.warnings:
            logger.warning("%s", warning)
        limits = Limits.from_config(config)
        report = SelfReport(
            lambda: self._runner.host,
            self._stats,
            lambda: {"dropped": self._runner.dropped, "late": reads.late},
            lambda asked, view: self._runner.explain(asked, view),
            lambda asked, of_any_caller: self._runner.request_status(asked, of_any_caller=of_any_caller),
        )
        changes = ChildExecutor(limits, on_begun=lambda call, pid: self._journal.runs_in(call.request, pid))
        self._readers = Readers(changes)
        reads = ReadExecutor(
            lambda call: perform(self._runner.host.agents[call.request.agent], call, report), self._readers, limits, hand_back_memory
        )
        self._runner = Runner(host, _connector(host), reads, changes, self._stats, time.time, _subscribed, self._journal, secrets)
        self._requests = threading.Thread(target=self._runner.run, name="requests", daemon=True)
        self._registrar, self._audit_sender = Registrar(self._runner, time.time), AuditSender(self._runner, time.time)

    def run(self) -> int:
        """Serve until TERM or INT; 0, or 1 where a second one cut running actions short."""
        for number in _SIGNALS:
            signal.signal(number, lambda received, _frame: self._events.put(received))
        self._find_leftovers()
        self._requests.start()
        self._registrar.update()
        self._audit_sender.update()
        logger.info("mcollectived %s is %s, pid %d", __version__, self._runner.host.identity, os.getpid())
        notify_systemd(f"READY=1\nSTATUS=serving as {self._runner.host.identity}")
        self._watchdog.sign()
        while (event := self._next_event()) not in _ENDS:
            self._react(event)
        return self._shut_down()

    def _next_event(self) -> int:
        """The next signal; until it comes, systemd hears that requests are worked at."""
        while True:
            with suppress(Empty):
                return self._events.get(timeout=self._watchdog.interval)
            self._watchdog.sign()

    def _trouble(self, patience: float) -> str:
        """Why requests are not worked at; that one is refused, or that there is no broker, is no such reason."""
        if not self._requests.is_alive():
            return "the thread that handles requests has ended"
        if (seconds := self._runner.in_hand()) > patience:
            return f"one message has been in hand for {seconds:.0f} s"
        return ""

    def _react(self, event: int) -> None:
        if event == signal.SIGUSR2:
            logger.warning("log level is now %s", next_loglevel())
        elif event == signal.SIGWINCH:
            start_logging(self._runner.host.config, is_detached=False, verbose=self._verbose, cleared=self._secrets.cleared)
            logger.info("log files are open again")
        else:
            self._reload(reread=event == signal.SIGHUP)

    def _reload(self, *, reread: bool) -> None:
        """HUP reads the configuration again, USR1 only what it points to: agents, facts, policies."""
        notify_systemd(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        old = self._runner.host
        try:
            config = Config.from_file(old.config.file, "server") if reread and old.config.file else old.config
            host = build_host(config, time.time, old)
            if reread:
                start_logging(config, is_detached=False, verbose=self._verbose, cleared=self._secrets.cleared)
        except MCollectiveError as error:
            logger.error("reload refused, the old configuration stays: %s", error)
        else:
            moved = host.identity != old.identity or connection_settings(host.config) != connection_settings(old.config)
            self._runner.reload(host, _connector(host) if moved else None)
            self._journal.use(host.rules, reads_go_on=config.flag("plugin.journal.reads_go_on"))
            self._readers.retire()
            self._registrar.update()
            self._audit_sender.update()
            logger.info("reloaded: %d agents%s", len(host.agents), ", connecting anew" if moved else "")
        notify_systemd("READY=1")

    def _find_leftovers(self) -> None:
        """What an earlier daemon, that was killed, had begun goes on to its own timeout, or is ended."""
        is_ended = self._runner.host.config.text("plugin.executor.leftovers") == "end"
        for caller, id, ending, process in self._journal.left_running():
            what = f"{ending.agent} {ending.action or '(plain message)'}"
            becomes = "is ended" if is_ended else "goes on"
            logger.warning("%s %s for %s still runs since before this start, pid %d: it %s", id, what, caller, process.pid, becomes)
            if is_ended:
                threading.Thread(target=end_leftover, args=(process,), name="leftover", daemon=True).start()

    def _shut_down(self) -> int:
        """Finish what runs, within soft_shutdown_timeout; a second TERM cuts it."""
        config = self._runner.host.config
        patience = config.seconds("soft_shutdown_timeout") if config.flag("soft_shutdown") else 0.0
        notify_systemd("STOPPING=1")
        logger.info("shutting down, %d running actions have %g s", self._runner.running(), patience)
        self._registrar.stop()
        outcome: list[bool] = []

        def stop() -> None:
            outcome.append(self._runner.stop(patience, self._audit_sender.stop))
            self._journal.close()
            self._events.put(_STOPPED)

        threading.Thread(target=stop, name="shutdown", daemon=True).start()
        while (event := self._events.get()) != _STOPPED:  # TimeoutStopSec= is the watch over this
            if event in _ENDS:
                logger.warning("told to stop twice: running actions are cut")
                logger.info("stopped")
                return 1
        logger.info("stopped%s", "" if outcome[0] else ", and not all that ran had ended")
        return 0 if outcome[0] else 1


def _subscribed(identity: str) -> None:
    logger.info("subscribed as %s", identity)
    hand_back_memory()
    notify_systemd(f"STATUS=subscribed as {identity}")


def _connector(host: Host) -> ObservedConnector:
    return open_connector(host.config, host.identity, is_daemon=True)


def argument_parser() -> "argparse.ArgumentParser":
    """What `mcollectived` takes; its manual page is made from it, too."""
    import argparse

    parser = argparse.ArgumentParser(prog="mcollectived", description="The MCollective server daemon.")
    parser.add_argument("-c", "--config", metavar="FILE", help="server.cfg to read")
    parser.add_argument("--daemonize", action=argparse.BooleanOptionalAction, default=None, help="run in the background")
    parser.add_argument("-p", "--pid", "--pidfile", metavar="FILE", help="write the pid to this file and lock it")
    parser.add_argument("-v", "--verbose", action="store_true", help="log at debug level")
    parser.add_argument("--version", action="version", version=f"mcollectived {__version__}")
    return parser


def options_of(arguments: Sequence[str]) -> SimpleNamespace:
    """What the arguments say; files with their whole paths. Nothing of it is argparse's own, which can go then."""
    options = SimpleNamespace(**vars(argument_parser().parse_args(arguments)))
    for name in ("config", "pid"):  # a daemon in the background stands in another folder, and reads its file again there
        if given := getattr(options, name):
            setattr(options, name, str(Path(given).absolute()))
    return options


if __name__ == "__main__":
    run()
