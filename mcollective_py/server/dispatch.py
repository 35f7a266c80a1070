"""The call itself: an agent's instance, its action, and every way it can end, as one Outcome."""

import logging
from collections.abc import Mapping
from typing import Any

from ..agent.base import DaemonReport
from ..agent.rpc import RPCReply, RPCRequest
from ..errors import RPCError
from ..plugins.loader import LoadedAgent
from .call import Call, Outcome
from .historic import fault

logger = logging.getLogger(__name__)


def perform(agent: LoadedAgent, call: Call, daemon: DaemonReport | None) -> Outcome:
    """Call the agent once with a new instance; whatever it does comes back as an Outcome.

    daemon: the running daemon for reads in its threads, None in a child process.
    """
    if call.action is None:
        return _message(agent, call)
    return _action(agent, call, daemon)


def _message(agent: LoadedAgent, call: Call) -> Outcome:
    try:
        instance = agent.cls()
        if hasattr(instance, "config"):  # a plain class that wants its settings says so
            instance.config = call.config
        return Outcome(body=instance.handlemsg(call.request))
    except RPCError as error:
        return Outcome(error.statuscode, str(error), None, error.refusal)
    except Exception as error:  # noqa: BLE001 - an agent may raise anything; the caller is told, the log has the traceback
        return _fault(call, error, None)


def _action(agent: LoadedAgent, call: Call, daemon: DaemonReport | None) -> Outcome:
    reply = RPCReply()
    try:
        return perform_action(agent, call, reply, daemon)
    except Exception as error:  # noqa: BLE001 - as above
        return _fault(call, error, reply.data)


def perform_action(agent: LoadedAgent, call: Call, reply: RPCReply, daemon: DaemonReport | None) -> Outcome:
    """Call an action that the agent has, by a new instance; what it raises besides errors.RPCError flies.

    reply: an empty one, filled with the outputs' defaults first; it keeps what was set by an action that failed.
    """
    assert call.action is not None  # check_call let it through
    reply.update(agent.defaults(call.action) if call.defaults is None else call.defaults)
    instance = agent.cls(call.view, call.config, logging.getLogger(f"mcollective_py.agents.{agent.name}"), daemon)
    request = RPCRequest(call.request)
    try:
        instance.before_processing(request, reply)
        try:
            agent.actions[call.action](instance, request, reply)
        except Exception as error:
            reply.fail(*((str(error), error.statuscode) if isinstance(error, RPCError) else (_words(error), 5)))
            instance.after_processing(request, reply)
            raise
        instance.after_processing(request, reply)
    except RPCError as error:
        return Outcome(error.statuscode, str(error), reply.data, error.refusal)
    return Outcome(reply.statuscode, reply.statusmsg, reply.data)


def _fault(call: Call, error: Exception, data: Mapping[str, Any] | None) -> Outcome:
    logger.exception("%s %s %s failed", call.request.id, call.request.agent, call.action or "handlemsg")
    return Outcome(5, _words(error), data, historic=fault(error))


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
