"""`mco puppet`: the Puppet agents of many hosts."""

import argparse
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, action_and_things, agent_client, none_of
from mcollective_py.cli.calls import announced, check_inputs, confirm, show
from mcollective_py.cli.finding import check_doubt
from mcollective_py.cli.followed import FollowedResults, Following
from mcollective_py.cli.noop import with_noop
from mcollective_py.cli.optiontypes import duration, seconds, whole
from mcollective_py.cli.output.lines import Wording
from mcollective_py.cli.session import remark, style_for
from mcollective_py.cli.spread import spread_line
from mcollective_py.client.results import RPCResult
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.errors import UsageError
from mcollective_py.matching.nodeset import fold

from .words import count_lines, detail_lines, ended_line, resource_text, summary_lines

COMMANDS = ("count", "disable", "enable", "report", "resource", "runall", "runonce", "status", "summary")
_ACTIONS = {"count": "status", "summary": "last_run_summary"}
_RUNS = ("runonce", "runall")
_WAIT = 3600.0  # seconds that a run may take while somebody waits for it
_POLL = 8.0  # seconds for the answers to one question how runs go
_PUT_OFF = re.compile(r"(?s)(?:Puppet is currently applying|A Puppet run that was started).*")
_UNTIL = ("%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


_FAR = 1e11  # seconds since the epoch, some 3,000 years: what no clock shows


class Puppet(AgentApplication):
    """Schedules runs, enables, disables and interrogates Puppet agents."""

    description = "Run, enable, disable and interrogate the Puppet agent"
    usage = (
        "count|enable|status|summary|report  |  disable [MESSAGE] [--for DURATION | --until TIME]  |  runonce [--wait] [PUPPET OPTIONS]"
        "  |  runall CONCURRENCY [--max-fail N] [--rerun SECONDS] [PUPPET OPTIONS]  |  resource TYPE NAME [PROPERTY=VALUE ...]"
    )
    agent = "puppet"
    actions = COMMANDS
    asks_first = False  # as ever; but for resource, see call

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See Application."""
        add = parser.add_argument
        add("words", nargs="*", metavar="COMMAND", help=f"one of {', '.join(COMMANDS)}")
        add("--wait", action="store_true", help="runonce: wait for the end of each run and tell how it ended")
        add("--wait-timeout", type=seconds, metavar="SECONDS", help=f"how long a run is waited for, {_WAIT:g} without it")
        add("--for", dest="duration", type=duration, metavar="DURATION", help="disable: enable it again after so long, as 2h or 30m")
        add("--until", metavar="TIME", help="disable: enable it again then, as 18:00 or '2026-12-24 08:00', by the clock here")
        add("--replace", action="store_true", help="disable: give another reason or end to agents that are disabled already")
        add("--force", action="store_true", help="run at once, without a random wait")
        add("--server", metavar="HOST[:PORT]", help="run with another server, where the hosts allow it")
        add("--tags", "--tag", dest="tags", action="append", metavar="TAG", help="apply only what has this tag; may be repeated")
        add(
            "--skip_tags",
            "--skip_tag",
            "--skip-tags",
            dest="skip_tags",
            action="append",
            metavar="TAG",
            help="leave out what has this tag",
        )
        add("--no-noop", dest="no_noop", action="store_true", help="make changes, also where puppet.conf says noop")
        add("-E", "--environment", metavar="ENVIRONMENT", help="the Puppet environment of this run")
        add("--splay", action="store_true", default=None, help="wait a random time before the run")
        add("--no-splay", dest="splay", action="store_false", default=None, help="run at once")
        add("--splaylimit", type=whole, metavar="SECONDS", help="the longest random wait")
        add(
            "--use_cached_catalog",
            "--use-cached-catalog",
            dest="cached",
            action="store_true",
            default=None,
            help="apply the last catalog",
        )
        add(
            "--no-use_cached_catalog",
            "--no-use-cached-catalog",
            dest="cached",
            action="store_false",
            default=None,
            help="fetch a new one",
        )
        add("--ignoreschedules", action="store_true", help="apply resources whatever their schedules say")

    def call(self, options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        """See AgentApplication."""
        command, rest = self._command, self._rest
        self.asks_first = command == "resource"
        _check_options(command, options)
        if command in _RUNS:
            return "runonce", _run_inputs(options)
        if command == "resource":
            return "resource", _resource_inputs(rest, options)
        if command == "disable":
            return "disable", _disable_inputs(rest, options)
        none_of(rest, command)
        return _ACTIONS.get(command, command), {}

    def run(self, options: argparse.Namespace) -> int:
        """See Application."""
        self._command, self._rest = action_and_things(options.words, COMMANDS)
        self._verbose = bool(options.verbose)
        self.has_summaries = self._command not in ("count", "summary")  # which say it themselves
        if self._command not in _RUNS:
            return super().run(options)
        rounds, at_once = None, None
        if self._command == "runall":
            at_once = _concurrency(self._rest)
            rounds, options.rerun = _rounds(options.rerun)
        else:
            none_of(self._rest, "runonce")
            if not options.wait:
                return super().run(options)
        gate = options.max_fail
        options.max_fail = None
        if options.batch or options.canary:
            raise UsageError("runs that are waited for are started host by host: runall CONCURRENCY in place of --batch and --canary")
        action, inputs = self.call(options)
        if at_once is not None and options.splay is None:
            inputs = {**inputs, "force": True}  # the concurrency is what spreads the load
        with agent_client(self.agent, action, inputs, options) as rpc:
            inputs = with_noop(rpc.ddl, action, inputs, options)
            check_inputs(rpc, action, inputs)
            check_doubt(options, f"{rpc.agent} {action}")
            while True:
                began = time.monotonic()
                code = self._follow(rpc, inputs, options, at_once, gate)
                if rounds is None or code == 130:
                    return code
                rest = max(0.0, rounds - (time.monotonic() - began))
                remark(f"the next round begins in {rest:.0f} s; Ctrl-C ends this")
                time.sleep(rest)
                rpc.reset()

    def line(self, result: RPCResult) -> str | None:
        """See AgentApplication."""
        data, command = result.data, self._command
        if command == "status":
            until = data.get("disabled_until")
            why = f": {data.get('disable_message')}" if data.get("status") == "disabled" and data.get("disable_message") else ""
            end = f", until {_clock(until)}" if isinstance(until, int | float) and 0 < until < _FAR else ""
            return f"{data.get('message')}{why}{end}"
        if command == "resource":
            return resource_text(data, has_wishes=len(self._rest) > 2)
        if command == "report":
            return "\n".join([str(data.get("outcome")), *detail_lines(data)])
        if command in _RUNS and result.action == "run_result":
            return "\n".join([ended_line(data), *detail_lines(data)])
        if self._verbose:
            return str(data.get("status") or data.get("summary") or "")
        return None

    def closing(self, results: Sequence[RPCResult]) -> Iterable[str]:
        """See AgentApplication."""
        good = [result.data for result in results if result.is_ok]
        if self._command == "count":
            return count_lines(good)
        return summary_lines(good, spread_line) if self._command == "summary" else ()

    def failure(self, result: RPCResult) -> str | None:
        """What to say of a run that failed: how, and which resources, with file and line."""
        if result.action != "run_result" or not result.data.get("outcome"):
            return None
        return "\n".join([ended_line(result.data), *detail_lines(result.data)])

    # --- runs that are waited for ---------------------------------------------------------------------------------------

    def _follow(
        self, rpc: RPCClient, inputs: Mapping[str, Any], options: argparse.Namespace, at_once: int | None, gate: str | None
    ) -> int:
        audience = announced(lambda: rpc.audience, rpc.filter, rpc.discovery_timeout, options, rpc.client.config)
        confirm(rpc, "runonce", inputs, options, lambda: audience)
        if at_once is not None and audience.nodes:
            audience = replace(audience, nodes=self._enabled(rpc, audience.nodes))
            if not audience.nodes:
                remark("no host is enabled: Puppet was not run anywhere")
                return 1
        number = len(audience.nodes)
        results = FollowedResults(
            audience,
            _following(rpc, inputs, is_patient=at_once is not None),
            "puppet",
            "run_result",
            at_once=at_once,
            max_fail=_allowed(gate, number),
            limit=options.wait_timeout or _WAIT,
        )
        config = rpc.client.config
        wording = Wording(self.line, lambda results: (), self.failure)
        code = show(results, rpc.ddl, options, style_for(sys.stdout, options, config), config, wording=wording)
        if results.has_stopped and results.not_started:
            remark(
                f"more than --max-fail {gate} failed: Puppet was not run on {fold(results.not_started)} ({len(results.not_started)})"
            )
            code = 2
        if results.unfinished:
            remark(f"runs go on at {fold(results.unfinished)} ({len(results.unfinished)})")
        return code

    def _enabled(self, rpc: RPCClient, hosts: Sequence[str]) -> tuple[str, ...]:
        """Those of the hosts that are not disabled; who is left out is told. Silent ones are kept, and told of as such later."""
        disabled = sorted(result.sender for result in rpc.custom_request("status", {}, hosts) if result.data.get("enabled") is False)
        if disabled:
            remark(f"disabled and left out: {fold(disabled)} ({len(disabled)})")
        return tuple(host for host in hosts if host not in set(disabled))


def _following(rpc: RPCClient, inputs: Mapping[str, Any], *, is_patient: bool) -> Following:
    """is_patient: a host that runs Puppet already is waited for; else that is a failure of it, as without --wait."""

    def poll(run: str, hosts: Sequence[str]) -> Iterable[RPCResult]:
        kept, rpc.timeout = rpc.timeout, min(rpc.timeout or _POLL, _POLL)
        try:
            return list(rpc.custom_request("run_result", {"run": run}, hosts))
        finally:
            rpc.timeout = kept

    return Following(
        start=lambda hosts: rpc.custom_request("runonce", inputs, hosts),
        key=lambda result: str(result.data.get("run")),
        poll=poll,
        judge=_judged,
        is_put_off=lambda result: is_patient and _PUT_OFF.fullmatch(result.statusmsg) is not None,
    )


def _judged(result: RPCResult) -> RPCResult | None:
    """The result that counts: a run that failed is a failure of the host. None while it goes on."""
    if not result.is_ok:
        return result
    if result.data.get("state") != "finished":
        return None
    if result.data.get("outcome") in ("failed", "nocatalog"):
        return replace(result, statuscode=1, statusmsg=ended_line(result.data))
    return result


def _check_options(command: str, options: argparse.Namespace) -> None:
    """Raises UsageError for options that go with another command."""
    for names, commands in (
        (("wait",), ("runonce",)),
        (("wait_timeout",), _RUNS),
        (("duration", "until", "replace"), ("disable",)),
        (("force", "server", "tags", "skip_tags", "no_noop", "splay", "splaylimit", "cached", "ignoreschedules"), _RUNS),
        (("environment",), (*_RUNS, "resource")),
    ):
        for name in names:
            if getattr(options, name) not in (None, False) and command not in commands:
                shown = {"duration": "for", "cached": "use_cached_catalog"}.get(name, name).replace("_", "-")
                raise UsageError(f"--{shown} goes with {' and '.join(commands)}, not with {command}")
    if options.wait_timeout and command == "runonce" and not options.wait:
        raise UsageError("--wait-timeout goes with --wait")
    if options.force and (options.splay is not None or options.splaylimit is not None):
        raise UsageError("Cannot set splay or splaylimit when forcing runs")
    if options.no_noop and options.noop:
        raise UsageError("--noop and --no-noop say different things: leave one of them out")


def _run_inputs(options: argparse.Namespace) -> dict[str, Any]:
    inputs = {
        "force": options.force or None,
        "server": options.server,
        "tags": None if options.tags is None else ",".join(options.tags),
        "skip_tags": None if options.skip_tags is None else ",".join(options.skip_tags),
        "noop": False if options.no_noop else None,
        "environment": options.environment,
        "splay": options.splay,
        "splaylimit": options.splaylimit,
        "use_cached_catalog": options.cached,
        "ignoreschedules": options.ignoreschedules or None,
    }
    return {name: value for name, value in inputs.items() if value is not None}


def _resource_inputs(words: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
    if len(words) < 2:
        raise UsageError("which resource? mco puppet resource TYPE NAME property=value ...")
    inputs: dict[str, Any] = {"type": words[0], "name": words[1]}
    if options.environment is not None:
        inputs["environment"] = options.environment
    for word in words[2:]:
        name, is_pair, value = word.partition("=")
        if not (is_pair and re.fullmatch(r"[a-z][a-z0-9_]*", name) and value):
            raise UsageError(f"{word!r} is no property: write property=value")
        if name in inputs or name in ("noop", "environment"):
            raise UsageError(f"the property {name} is given twice, or is an option: --noop, -E ENVIRONMENT")
        inputs[name] = value
    return inputs


def _disable_inputs(words: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
    inputs: dict[str, Any] = {"message": " ".join(words)} if words else {}
    if options.duration is not None and options.until is not None:
        raise UsageError("--for and --until both say when: leave one of them out")
    if options.duration is not None:
        inputs["duration"] = options.duration
    if options.until is not None:
        inputs["duration"] = _seconds_until(options.until, time.time())
    if options.replace:
        inputs["replace"] = True
    return inputs


def _seconds_until(word: str, now: float) -> int:
    """Seconds from now to a time of day, the next of it, or to a date and time, by the clock here."""
    for form in _UNTIL:
        try:
            found = time.strptime(word, form)
        except ValueError:
            continue
        if form == "%H:%M":
            today = time.localtime(now)
            at = time.mktime((*today[:3], found.tm_hour, found.tm_min, 0, 0, 0, -1))
            if at <= now:
                at = time.mktime((today[0], today[1], today[2] + 1, found.tm_hour, found.tm_min, 0, 0, 0, -1))
        else:
            at = time.mktime((*found[:6], 0, 0, -1))
        if at <= now:
            raise UsageError(f"--until {word} is over")
        return ceil(at - now)  # a moment later rather than earlier
    raise UsageError(f"--until {word!r} is no time: write 18:00, or '2026-12-24 08:00'")


def _concurrency(words: Sequence[str]) -> int:
    if not words:
        raise UsageError("The runall command needs a concurrency limit: mco puppet runall 10")
    none_of(words[1:], "runall")
    try:
        return whole(words[0])
    except argparse.ArgumentTypeError:
        raise UsageError(f"The concurrency for the runall command has to be greater than 0, and {words[0]!r} is not") from None


def _rounds(word: str | None) -> tuple[float | None, str | None]:
    """--rerun of runall: seconds that a round takes at least; any other word is the shared option's."""
    if word is None or not re.fullmatch(r"[0-9]{1,6}", word):
        return None, word
    return float(word), None


def _allowed(gate: str | None, hosts: int) -> int | None:
    """How many hosts may fail, by --max-fail N or N%."""
    if gate is None:
        return None
    found = re.fullmatch(r"([0-9]{1,6})(%?)", gate)
    if found is None or (found[2] and int(found[1]) > 100):
        raise UsageError(f"--max-fail {gate}: give a number of hosts, or a percentage of them")
    return hosts * int(found[1]) // 100 if found[2] else int(found[1])


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
