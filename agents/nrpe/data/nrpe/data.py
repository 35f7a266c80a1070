"""`nrpe('check_load').exitcode` in -S filters: the check is run for every such question."""

from collections.abc import Mapping
from typing import Any

from mcollective_py.node.data import Data, RPCAborted

_MOST = 5.0  # seconds: a filter waits for it, and TERM and KILL take two more


class Nrpe(Data):
    """The exit code of a check; 3 for one that there is not, as ever."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """See Data. plugin.nrpe.data turns it off: filters are judged before any policy is asked, and checks are programs."""
        from mcollective_py.agent.ownsettings import flag

        return flag(config, "nrpe", "data", True)

    def query(self, query: Any) -> Mapping[str, Any]:
        """See Data."""
        from ...checks import load_checks
        from ...commandline import Refused
        from ...outcome import User, run_check

        name = self.config.get("runas_user")
        user = User.named(name) if name else None
        try:
            done = run_check(load_checks(self.config, None if user is None else user.uid), query, (), most=_MOST, user=user)
        except Refused as error:
            raise RPCAborted(f"{query}: {error}") from error
        return {"exitcode": done.exitcode}
