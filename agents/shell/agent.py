"""Commands of an operator on this host: run to their end, or as jobs that go on when daemon and caller have gone."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcollective_py.agent import Agent, InvalidRPCData, RPCAborted, RPCReply, RPCRequest, Symbol, action

from .settings import is_enabled, settings_of

if TYPE_CHECKING:
    from .jobs import Jobs

MOST_SECONDS = 170.0  # that a command of `run` may take: the action is ended at 180, and then nobody sees its output
_MOST_HANDLES = 100


class Shell(Agent):
    """Runs commands, at once or as jobs."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """Only where the host says so: Ruby's was a package of its own, and to install it was the decision that a setting is here."""
        settings_of(config)
        return is_enabled(config)

    @action
    def run(self, request: RPCRequest, reply: RPCReply) -> None:
        """A command to its end, with its output."""
        from .order import order_of, seconds_of
        from .supervision import run_supervised

        settings = settings_of(self.config)
        seconds = min(seconds_of(request) or MOST_SECONDS, MOST_SECONDS)
        outcome = run_supervised(order_of(request, settings, timeout=seconds, grace=2.0, most=settings.max_output).spec)
        reply["stdout"] = _marked(outcome["stdout"], outcome["dropped"]["stdout"])
        reply["stderr"] = _marked(outcome["stderr"], outcome["dropped"]["stderr"])
        reply["success"] = not outcome["timed_out"]
        reply["exitcode"] = None if outcome["timed_out"] else outcome["exitcode"]
        reply["signal"] = outcome["signal"]
        reply["truncated"] = sum(outcome["dropped"].values())
        reply["seconds"] = float(outcome["seconds"])

    @action
    def start(self, request: RPCRequest, reply: RPCReply) -> None:
        """A command as a job."""
        from .order import order_of, seconds_of
        from .supervision import begun, supervise

        settings = settings_of(self.config)
        order = order_of(request, settings, timeout=seconds_of(request), grace=5.0, most=settings.max_job_output)
        jobs = self._jobs()
        jobs.make_room(settings.max_jobs, settings.keep_jobs, settings.keep_days * 86400)
        asked = {"command": order.shown, "user": order.user, "caller": request.caller, "request": request.id}
        handle = jobs.create(request.id, asked, order.spec)
        unit = supervise(jobs, handle, self.logger, wants_unit=settings.systemd)
        state = begun(jobs, handle)
        if state.status == "failed":
            jobs.forget(handle)
            reply.abort(state.reason)
        reply["handle"], reply["unit"] = handle, unit

    @action
    def status(self, request: RPCRequest, reply: RPCReply) -> None:
        """A job and its output."""
        from .told import told

        offsets = request.get("stdout_offset") or 0, request.get("stderr_offset") or 0
        reply.update(told(self._jobs(), request["handle"], offsets))

    @action
    def statuses(self, request: RPCRequest, reply: RPCReply) -> None:
        """Several jobs and their output."""
        from .command import checked_words
        from .output import CHUNK
        from .told import offsets_of, symbols, told

        handles, jobs = checked_words(request["handles"], "handles"), self._jobs()
        if len(handles) > _MOST_HANDLES:
            raise InvalidRPCData(f"statuses tells of {_MOST_HANDLES} jobs at a time")
        known = offsets_of(request.get("offsets"), self.node.identity)
        most = CHUNK // min(max(len(handles), 1), 8) if request["output"] else 0
        found: dict[str, dict[str, Any]] = {}
        for handle in handles:
            try:
                found[handle] = symbols(told(jobs, handle, known.get(handle, (0, 0)), most))
            except RPCAborted as error:
                found[handle] = symbols({"status": Symbol("error"), "error": str(error)})
        reply["statuses"] = found

    @action
    def list(self, request: RPCRequest, reply: RPCReply) -> None:
        """All jobs."""
        from .told import listed

        jobs = self._jobs()
        reply["jobs"] = {handle: listed(jobs, handle) for handle in jobs.handles()}

    @action
    def kill(self, request: RPCRequest, reply: RPCReply) -> None:
        """A signal for a job."""
        grace = request["grace"]
        if not 0 <= grace <= 600:
            raise InvalidRPCData("kill: the input grace must be from 0 to 600")
        jobs = self._jobs()
        reply["signalled"] = jobs.signal(request["handle"], request["signal"], grace, request.caller)
        reply["status"] = Symbol(jobs.state(request["handle"]).status)

    @action
    def purge(self, request: RPCRequest, reply: RPCReply) -> None:
        """Jobs that have ended are forgotten."""
        import time

        from .command import checked_words

        jobs = self._jobs()
        named = checked_words(request["handles"], "handles") if request.get("handles") else None
        if named and (here := [handle for handle in jobs.handles() if handle in named]):
            named = tuple(here)  # those of other hosts, where several are named: with none of them here it is a wrong name
        for handle in named or ():
            if not jobs.state(handle).is_over:
                reply.abort(f"the job {handle} is still running: kill it first")
        ended = jobs.ended(jobs.handles() if named is None else named, time.time() - request["age"])
        if not request.noop:
            for handle in ended:
                jobs.forget(handle)
        reply["purged"], reply["changed"] = ended, bool(ended)

    def _jobs(self) -> "Jobs":
        from .jobs import Jobs

        return Jobs(settings_of(self.config).state_directory)


def _marked(text: str, dropped: int) -> str:
    """Output, with a word at its end where it is not all."""
    return f"{text}\n[{dropped} bytes more were not kept]\n" if dropped else text
