"""The life of the Puppet agent: its state, its last run, its lock, and runs that are started from here."""

import time
from collections.abc import Mapping
from typing import Any

from mcollective_py.agent import Agent, InvalidRPCData, RPCAborted, RPCReply, RPCRequest, action

from .settings import Places, agent_command, places
from .status import AgentStatus, read_file, read_status


class Puppet(Agent):
    """Runs, disables, enables and interrogates the Puppet agent."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """Only where there is a Puppet. A lock whose end came while no process could wait for it, as after a boot, is seen to here."""
        try:
            found = places(config, may_ask=False)
            agent_command(config)
        except RPCAborted:
            return False
        if found is not None:
            _see_to_end(found)
        return True

    @action
    def status(self, request: RPCRequest, reply: RPCReply) -> None:
        """What the agent does at present."""
        reply.update(self._status().to_data())

    @action
    def enable(self, request: RPCRequest, reply: RPCReply) -> None:
        """Let it run again."""
        from pathlib import Path

        places = self._places()
        try:
            if read_status(places, time.time()).lock is None:
                raise OSError("Already enabled")
            Path(places.disabled_lock).unlink(missing_ok=True)
        except OSError as error:
            reply.fail(f"Could not enable Puppet: {error}")
            reply["status"] = reply.statusmsg
        else:
            reply["status"], reply["changed"] = "Succesfully enabled the Puppet agent", True  # the historic spelling
        reply["enabled"] = self._status().lock is None

    @action
    def disable(self, request: RPCRequest, reply: RPCReply) -> None:
        """Keep it from running, with a reason, and until a time where one is asked for."""
        from pathlib import Path

        from mcollective_py.agent import expiring

        from .lock import DisabledLock, put_lock

        places, now = self._places(), time.time()
        _see_to_end(places)
        if request.get("duration") == 0:
            raise InvalidRPCData("the input duration must be above 0: without it the agent is disabled until it is enabled")
        when = time.strftime("%F %R", time.localtime(now))
        message = request.get("message") or f"Disabled via MCollective by {request.caller} at {when}"
        until = now + request["duration"] if request.get("duration") else 0.0
        lock = DisabledLock(message, until, request.caller, request.id)
        try:
            if not put_lock(places.disabled_lock, lock, replace=request.get("replace") is True):
                raise OSError("Already disabled")
        except OSError as error:
            reply.fail(f"Could not disable Puppet: {error}")
            reply["status"] = reply.statusmsg
        else:
            if until:
                expiring.keep_end(Path(places.disabled_lock), lock.id)
            reply["status"], reply["changed"] = f"Succesfully locked the Puppet agent: {message}", True
        status = self._status().to_data()
        reply["enabled"], reply["disabled_until"] = status["enabled"], status["disabled_until"]

    @action
    def last_run_summary(self, request: RPCRequest, reply: RPCReply) -> None:
        """Puppet's own summary of its last run; the log of that run where it is asked for."""
        from .lastrun import NUMBERS
        from .resources import MAX_RESOURCES, parse_resources, types_of
        from .status import read_lastrun

        places = self._places()
        run = read_lastrun(places)
        if request.get("logs"):
            from .logs import ruby_logs

            reply["logs"] = ruby_logs(self._report(places, all_logs=True).logs)
        managed = read_file(places.resources, MAX_RESOURCES)
        reply["type_distribution"] = {} if managed is None else types_of(parse_resources(managed[0].decode(errors="replace")))
        for output, (part, name) in NUMBERS.items():
            reply[output] = run.number(part, name)
        reply["lastrun"], reply["since_lastrun"] = run.lastrun, int(time.time()) - run.lastrun
        reply["config_version"], reply["summary"] = run.config_version, dict(run.summary)
        reply["outcome"], reply["exitcode"] = run.outcome, run.exitcode

    @action
    def report(self, request: RPCRequest, reply: RPCReply) -> None:
        """Which resources of the last run failed, changed or differ, with file and line, and what was logged as an error."""
        from .status import read_lastrun

        places = self._places()
        report, run = self._report(places), read_lastrun(places)
        reply["lastrun"], reply["outcome"] = run.lastrun, run.outcome
        reply.update(_told(report))

    @action
    def resource(self, request: RPCRequest, reply: RPCReply) -> None:
        """One resource brought into the state that the properties say, by `puppet resource`."""
        from .ral import apply_resource

        apply_resource(self.config, self._places(), request, reply)

    @action
    def runonce(self, request: RPCRequest, reply: RPCReply) -> None:
        """A run, started now; run_result tells how it ended."""
        from .runonce import start_run

        places = self._places()
        _see_to_end(places)
        start_run(self.config, places, self._status(), request, reply)

    @action
    def run_result(self, request: RPCRequest, reply: RPCReply) -> None:
        """How a run that runonce started has ended, or that it has not."""
        from .runonce import find_result

        places = self._places()
        result = find_result(self.config, read_status(places, time.time()), request.get("run"))
        reply.update(result)
        if result["state"] == "finished" and result["has_report"]:
            reply.update(_told(self._report(places)))
        elif result["state"] == "finished" and result["exitcode"]:
            reply["errors"] = result["said"]
        for name in ("has_report", "said"):
            del reply[name]

    def _places(self) -> Places:
        found = places(self.config)
        assert found is not None  # it may ask
        return found

    def _status(self) -> AgentStatus:
        found = self._places()
        _see_to_end(found)
        return read_status(found, time.time())

    def _report(self, places: Places, *, all_logs: bool = False) -> Any:
        from .report import open_report

        return open_report(places.report, all_logs=all_logs)


def _told(report: Any) -> dict[str, Any]:
    """The outputs that a report fills."""
    return {
        "failed": [resource.to_data() for resource in report.failed],
        "changed": [resource.to_data() for resource in report.changed],
        "differing": [resource.to_data() for resource in report.differing],
        "errors": report.errors,
        "environment": report.environment,
        "noop": report.is_noop,
        "cached_catalog": report.cached_catalog,
        "left_out": report.left_out,
    }


def _see_to_end(places: Places) -> None:
    """Take away a lock whose end has come; where somebody must wait for the end and nobody does, start who does."""
    from pathlib import Path

    from mcollective_py.agent import expiring

    from .lock import MAX_LOCK

    locked = read_file(places.disabled_lock, MAX_LOCK)
    if locked is None or (end := expiring.end_of(locked[0])) is None:
        return
    lock = Path(places.disabled_lock)
    if expiring.expire(lock, end[0], now=time.time()) is not None and not expiring.is_kept(end[0]):
        expiring.keep_end(lock, end[0])
