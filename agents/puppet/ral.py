"""The action resource: what may be touched, and what `puppet resource` made of it."""

from collections.abc import Mapping

from mcollective_py.agent import InvalidRPCData, RPCReply, RPCRequest, run
from mcollective_py.agent.ownsettings import flag
from mcollective_py.agent.puppetresource import (
    ENVIRONMENT,
    is_changed,
    parse_changes,
    parse_errors,
    parse_resource,
    puppet_resource,
)

from .resources import MAX_RESOURCES, is_managed, parse_resources, reference, refusal, type_name
from .settings import Places, agent_command
from .status import read_file

_NO_PROPERTIES = ("name", "type", "environment", "noop", "process_results")
_TIMEOUT = 170.0  # seconds; the action has 180


def apply_resource(config: Mapping[str, str], places: Places, request: RPCRequest, reply: RPCReply) -> None:
    """Do it, and fill the reply; the messages are the historic ones."""
    type, title = request["type"].lower(), request["name"]
    if reason := refusal(config, type, title):
        reply.abort(reason)
    named = f"{type_name(type)}[{title}]"
    if not flag(config, "puppet", "resource_allow_managed_resources", True):
        managed = read_file(places.resources, MAX_RESOURCES)
        if managed is not None and is_managed(parse_resources(managed[0].decode(errors="replace")), reference(type, title)):
            reply.abort(f"Puppet is managing the resource '{named}', refusing to create conflicting states")
    properties = {name: value for name, value in request.items() if name not in _NO_PROPERTIES}
    words = puppet_resource(
        type,
        title,
        properties,
        program=agent_command(config)[0],
        noop=request.noop,
        environment=request.get("environment"),
        config=config.get("config"),
    )
    answer = run(words, timeout=_TIMEOUT, env=ENVIRONMENT)
    changes, errors = parse_changes(answer.stdout), parse_errors(answer.stderr)
    reply["result"] = "\n".join([*changes, *errors]) or "no output produced"
    reply["changed"] = is_changed(changes)
    if answer.timed_out:
        reply.abort(f"Failed to apply {named}: it took longer than {_TIMEOUT:g} s and was ended")
    if errors and errors[0].startswith("Could not run: ") and not changes:
        raise InvalidRPCData(f"{named}: {errors[0].removeprefix('Could not run: ')}")
    if errors or answer.exitcode:
        reply.abort(f"Failed to apply {named}: {reply['result']}")
    found = parse_resource(answer.stdout)
    reply["properties"] = {name: value for name, value in found.items() if "password" not in name}  # a hash of one is a secret too
