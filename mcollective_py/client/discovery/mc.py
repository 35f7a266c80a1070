"""Discovery by broadcast: `ping` to the agent `discovery`, and every node that the filter means says `pong`."""

from ...message import Reply
from ..replies import Replies
from ..results import Refusal
from .base import Discovered

METHOD, AGENT, QUESTION, ANSWER = "mc", "discovery", "ping", "pong"


def refusal(reply: Reply) -> Refusal | None:
    """Why this node's reply is no yes; None for a plain `pong`."""
    if reply.refusal is None and reply.statuscode == 0 and reply.body == ANSWER:
        return None
    return Refusal(reply.sender, reply.refusal or "error", reply.statusmsg)


def collect(replies: Replies) -> Discovered:
    """Wait for the replies to one ping and sort out who is there."""
    nodes, refusals = [], []
    for reply in replies:
        no = refusal(reply)
        if no is None:
            nodes.append(reply.sender)
        else:
            refusals.append(no)
    stats = replies.stats
    return Discovered(
        tuple(sorted(nodes)),
        seconds=stats.agent_time,
        is_complete=replies.is_complete,
        silent_known=stats.silent_known,
        refusals=tuple(refusals),
        unverified=stats.unverified,
        ended=stats.discovery_ended,
        age=stats.discovery_age,
    )
