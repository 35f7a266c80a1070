"""AgentHarness: load an agent's folder and call it as the daemon would."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..agent.rpc import RPCReply, RPCRequest
from ..errors import RPCError
from ..filter import Filter
from ..message import Reply, Request
from ..node.view import NodeView
from ..plugins.loader import load_agent
from ..server.call import Call, Outcome
from ..server.callwire import encode_outcome
from ..server.dispatch import perform_action
from ..server.pipeline import check_call


class DaemonStandIn:
    """The agent.base.DaemonReport port in memory."""

    def __init__(
        self,
        stats: Mapping[str, Any] | None = None,
        agents: list[Mapping[str, Any]] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._stats, self._agents, self._settings = stats or {"version": "0"}, agents or [], settings or {}

    def stats(self) -> Mapping[str, Any]:
        """The counters given."""
        return self._stats

    def agents(self) -> list[Mapping[str, Any]]:
        """The agents given."""
        return self._agents

    def explain(self, asked: RPCRequest, node: NodeView) -> Mapping[str, Any]:
        """That everything would run."""
        return {"stage": "run"}

    def request_status(self, asked: RPCRequest, *, of_any_caller: bool) -> Mapping[str, Any]:
        """That nothing is known of any request."""
        return {"requests": []} if of_any_caller else {"state": "not seen"}

    def trusted(self) -> Mapping[str, Any]:
        """That of a daemon that trusts nobody."""
        return {"provider": "x509", "trouble": "nobody is trusted"}

    def setting(self, name: str) -> Any:
        """One of the settings given."""
        return self._settings[name]


class AgentHarness:
    """One agent of a folder: `AgentHarness(Path("agents/echo")).send("hello")`, `.call("status", service="exim4")`.

    Inputs are validated and errors become status codes as on a host; what the agent raises besides errors.RPCError flies, so
    that a test sees where. node, config (keys without `plugin.NAME.`) and daemon are what the agent finds in self.
    """

    def __init__(
        self,
        folder: Path,
        *,
        node: NodeView | None = None,
        config: Mapping[str, str] | None = None,
        daemon: DaemonStandIn | None = None,
        caller: str = "cert=tester",
    ) -> None:
        self.agent = load_agent(folder.absolute())  # Path(".") has no name
        self.node = node or NodeView("node1.example.net", agents=frozenset({self.agent.name}))
        self.config, self.daemon, self.caller = dict(config or {}), daemon or DaemonStandIn(), caller

    def send(self, body: Any) -> Any:
        """What handlemsg of a plain class returns for a message with this body."""
        return self.agent.cls().handlemsg(self._request(None, body))

    def call(self, action: str, /, **inputs: Any) -> Reply:
        """The reply of an RPC agent's action."""
        if self.agent.ddl is None:
            raise TypeError(f"{self.agent.name} is a plain class: use send")
        request, reply = self._request(action, inputs), RPCReply()
        try:
            agent, request = check_call(request, self.agent, takes_clear=True)
            call = Call(request, agent.folder, self.node, agent.timeout(action), agent.only_reads(action), self.config)
            outcome = perform_action(agent, call, reply, self.daemon)
            encode_outcome(outcome)  # outputs that no wire carries fail here, as they do on a host
        except RPCError as error:
            outcome = Outcome(error.statuscode, str(error), reply.data, error.refusal)
        return Reply(
            request_id="0" * 32,
            request_digest="",
            sender=self.node.identity,
            agent=self.agent.name,
            action=action,
            body=outcome.body,
            time=time.time(),
            statuscode=outcome.statuscode,
            statusmsg=outcome.statusmsg,
            refusal=outcome.refusal,
        )

    def _request(self, action: str | None, body: Any) -> Request:
        return Request(
            id="0" * 32,
            caller=self.caller,
            sender="tester.example.net",
            collective=self.node.main_collective,
            agent=self.agent.name,
            action=action,
            body=body,
            filter=Filter(),
            time=time.time(),
            ttl=60,
        )
