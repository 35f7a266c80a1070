"""What a daemon tells of itself and of its host: all of it read only."""

import time
from typing import Any

from mcollective_py.agent import Agent, DaemonReport, RPCAborted, RPCReply, RPCRequest, action


class Rpcutil(Agent):
    """General information about a host and its daemon."""

    @action
    def inventory(self, request: RPCRequest, reply: RPCReply) -> None:
        """All that filters can find the host by."""
        node = self.node
        reply["agents"] = sorted(node.agents)
        reply["facts"] = {} if node.facts is None else dict(node.facts)
        reply["classes"] = sorted(node.classes or ())
        reply["version"] = self._daemon().stats()["version"]
        reply["main_collective"] = node.main_collective
        reply["collectives"] = list(node.collectives)
        reply["data_plugins"] = [f"{name}_data" for name in sorted(node.data_plugins)]  # the historic names of the plugins

    @action
    def get_fact(self, request: RPCRequest, reply: RPCReply) -> None:
        """One fact, null where it is not known."""
        reply["fact"] = request["fact"]
        reply["value"] = self._fact(request["fact"])

    @action
    def get_facts(self, request: RPCRequest, reply: RPCReply) -> None:
        """Several facts at once."""
        names = [name.strip() for name in request["facts"].split(",")]
        reply["values"] = {name: self._fact(name) for name in names}

    @action
    def daemon_stats(self, request: RPCRequest, reply: RPCReply) -> None:
        """The daemon's counters."""
        stats = self._daemon().stats()
        reply.update({name: stats[name] for name in reply if name in stats})

    @action
    def agent_inventory(self, request: RPCRequest, reply: RPCReply) -> None:
        """The active agents with their metadata."""
        reply["agents"] = [dict(agent) for agent in self._daemon().agents()]

    @action
    def get_config_item(self, request: RPCRequest, reply: RPCReply) -> None:
        """One setting of the daemon; the daemon leaves its secrets out."""
        try:
            reply["value"] = self._daemon().setting(request["item"])
        except KeyError:
            reply.abort(f"Unknown config property {request['item']}")
        reply["item"] = request["item"]

    @action
    def get_data(self, request: RPCRequest, reply: RPCReply) -> None:
        """The outputs of a data plugin."""
        source = request["source"].lower().removesuffix("_data")
        outputs = self.node.data(source, request.get("query"))
        if outputs is None:
            there = ", ".join(sorted(self.node.data_plugins)) or "none"
            reply.abort(f"No plugin {source}_data defined; there are: {there}", 5)
        reply.update(outputs)

    @action
    def ping(self, request: RPCRequest, reply: RPCReply) -> None:
        """The host's clock, to see hosts whose time is wrong."""
        reply["pong"] = int(time.time())

    @action
    def collective_info(self, request: RPCRequest, reply: RPCReply) -> None:
        """The collectives the host is in."""
        reply["main_collective"] = self.node.main_collective
        reply["collectives"] = list(self.node.collectives)

    @action
    def explain(self, request: RPCRequest, reply: RPCReply) -> None:
        """What would become of a request of the caller's on this host."""
        reply.update(self._daemon().explain(request, self.node))

    @action
    def request_status(self, request: RPCRequest, reply: RPCReply) -> None:
        """What became of an earlier request of the caller's on this host."""
        reply.update(self._daemon().request_status(request, of_any_caller=False))

    @action
    def find_request(self, request: RPCRequest, reply: RPCReply) -> None:
        """The same of a request of whomever."""
        reply.update(self._daemon().request_status(request, of_any_caller=True))

    @action
    def trusted(self, request: RPCRequest, reply: RPCReply) -> None:
        """Certificates, CRLs and rules in force."""
        reply.update(self._daemon().trusted())

    def _fact(self, name: str) -> Any:
        if self.node.facts is None:
            raise RPCAborted("no facts are known on this host: see the daemon's log")
        return self.fact(name)

    def _daemon(self) -> DaemonReport:
        if self.daemon is None:
            raise RPCAborted("only the running daemon can answer this")
        return self.daemon
