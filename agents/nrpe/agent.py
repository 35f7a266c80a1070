"""The checks of NRPE, run on demand: the lines of nrpe.cfg as programs and their words, never through a shell."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcollective_py.agent import Agent, RPCReply, RPCRequest, action

if TYPE_CHECKING:
    from .checks import Checks
    from .outcome import Outcome, User

ALL_WITHIN = 52.0  # seconds for all checks together: the action answers within 60
_WORST = (2, 1, 3, 0)  # which state of several counts, as the plugins of Nagios have it


class Nrpe(Agent):
    """Runs the checks that are configured for NRPE."""

    @action
    def runcommand(self, request: RPCRequest, reply: RPCReply) -> None:
        """One check, its state as status."""
        from .commandline import Refused
        from .outcome import run_check
        from .perfdata import PluginOutput, parse_output, parse_perfdata

        name = reply["command"] = request["command"]
        checks, user = self._checks()
        try:
            done = run_check(checks, name, self._arguments(request), user=user)
        except Refused as error:
            reply["output"] = f"{name}: {error}"
            reply.abort(f"{name}: {error}", 4)
        said = parse_output(done.printed) if done.was_run else PluginOutput(done.printed, "", "")
        reply["exitcode"], reply["state"] = done.exitcode, done.state
        reply["output"], reply["long_output"], reply["perfdata"] = said.text, said.long, said.perfdata
        reply["metrics"] = parse_perfdata(said.perfdata)
        if done.exitcode:
            reply.fail(done.state)

    @action
    def runallcommands(self, request: RPCRequest, reply: RPCReply) -> None:
        """All checks that take no arguments, a few at a time."""
        from mcollective_py.agent.ownsettings import whole

        from .outcome import STATES

        checks, user = self._checks()
        wanted = [name for name, check in checks.found.items() if not check.arguments]
        outcomes = run_all(checks, wanted, whole(self.config, "nrpe", "parallel", 4, 1, 32), user)
        codes = [code if 0 <= (code := done.exitcode) <= 2 else 3 for done in outcomes.values()]
        reply["commands"] = {
            name: {"exitcode": done.exitcode, "output": done.printed, "state": done.state} for name, done in sorted(outcomes.items())
        }
        reply["skipped"] = _reasons(checks)
        reply["problems"] = checks.problems
        reply["exitcode"] = next((code for code in _WORST if code in codes), 3)  # without checks nothing is known
        reply.update({state.lower(): codes.count(code) for code, state in enumerate(STATES)})

    @action
    def list(self, request: RPCRequest, reply: RPCReply) -> None:
        """Which checks there are. Their lines are not told: passwords may stand in them."""
        checks, _ = self._checks()
        reply["commands"] = {
            name: {"program": check.words[0], "arguments": check.arguments, "place": check.place}
            for name, check in checks.found.items()
        }
        reply["refused"], reply["problems"] = checks.refused, checks.problems

    def _checks(self) -> "tuple[Checks, User | None]":
        from .checks import load_checks
        from .outcome import User

        name = self.config.get("runas_user")
        user = User.named(name) if name else None
        return load_checks(self.config, None if user is None else user.uid), user

    def _arguments(self, request: RPCRequest) -> Sequence[str]:
        """Those of the request, between its `!`."""
        from mcollective_py.agent.ownsettings import flag

        from .commandline import Refused

        text = request.get("args") or ""
        if text and not flag(self.config, "nrpe", "allow_arguments", True):
            raise Refused("arguments are not allowed on this host, by plugin.nrpe.allow_arguments")
        return text.split("!") if text else ()


def run_all(
    checks: "Checks", names: Sequence[str], at_once: int, user: "User | None", within: float = ALL_WITHIN
) -> "dict[str, Outcome]":
    """The outcomes of several, so many at once, in at most so many seconds: what has not begun by then is UNKNOWN."""
    import threading
    import time
    from queue import Empty, SimpleQueue

    from .outcome import LONGEST, UNKNOWN, Outcome, run_check

    waiting: SimpleQueue[str] = SimpleQueue()
    for name in names:
        waiting.put(name)
    end = time.monotonic() + within
    outcomes: dict[str, Any] = {}

    def work() -> None:
        while True:
            try:
                name = waiting.get_nowait()
            except Empty:
                return
            left = end - time.monotonic()
            if left < 1:
                outcomes[name] = Outcome(UNKNOWN, f"{name} was not run: the checks before it took {within:g} s", was_run=False)
                continue
            outcomes[name] = run_check(checks, name, (), most=min(LONGEST, left), user=user)

    threads = [threading.Thread(target=work, name="nrpe", daemon=True) for _ in range(min(at_once, len(names)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _reasons(checks: "Checks") -> dict[str, str]:
    """Why some are not run with all."""
    takes = {name: f"takes arguments: {check.arguments}" for name, check in checks.found.items() if check.arguments}
    return {**takes, **checks.refused}
