"""nettest('host:port').connect, .connect_status and .connect_time: whether a port can be connected to from here."""

from collections.abc import Mapping
from typing import Any

from mcollective_py.node.data import Data, RPCAborted

_SECONDS = 2.0


class Nettest(Data):
    """Connects, and hangs up."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """See Data. plugin.nettest.data turns it off: filters are judged before any policy is asked."""
        from mcollective_py.agent.ownsettings import flag

        return flag(config, "nettest", "data", True)

    def query(self, query: Any) -> Mapping[str, Any]:
        """See Data."""
        from ...connecting import connect
        from ...targets import reach_of, resolve

        host, _, port = query.rpartition(":")
        if int(port) > 65535:
            raise RPCAborted("a port is from 1 to 65535")
        attempt = connect(resolve(host.strip("[]"), int(port), "any", _SECONDS, reach_of(self.config)), _SECONDS)
        if attempt.connection is not None:
            attempt.connection.close()
        return {"connect": attempt.connection is not None, "connect_status": attempt.status, "connect_time": attempt.seconds}
