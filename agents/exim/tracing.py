"""The action `trace`: what the log says of messages that are asked for by id, Message-ID or address, as deliveries."""

from mcollective_py.agent import Agent, RPCReply, RPCRequest, action


class Tracing(Agent):
    """Reads the log for one message's way."""

    @action
    def trace(self, request: RPCRequest, reply: RPCReply) -> None:
        """What became of messages on this host."""
        reply["messages"] = []
