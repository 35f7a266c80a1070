"""What is asked in a recording, and what comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.call import Call, Outcome
from tests.records.desk import HOST, Desk

VALUE = {
    "load": 0.25,
    "whole": 3.0,
    "count": 3,
    "large": 2**40,
    "none": None,
    "yes": True,
    "text": "žluťoučký kůň 雪",
    "nested": {"disks": [{"name": "sda", "used": 0.5}, {"name": "sdb", "used": -1.5e-9}], "empty": {}},
}
SECRET = "test-only secret, sealed for one host"
REPLIES_TO = "/queue/mcollective.reply.desk.example.net_1.records"


@dataclass(frozen=True)
class Step:
    """One request. words: of the filter. state: what the journal says of it at the end. ends: False where nobody learns how."""

    name: str
    agent: str
    action: str | None
    body: Any
    state: str
    words: Mapping[str, Sequence[str]] | None = None
    is_direct: bool = False
    is_secret: bool = False
    ends: bool = True


STEPS = (
    Step("ask", "parrot", "say", {"value": VALUE}, "ok", {"facts": ["country=uk", "load<1"], "classes": ["role::web"]}),
    Step("compound", "parrot", "say", {"value": 1}, "ok", {"compound": ["role::web and not country=de"]}),
    Step("direct", "nap", "nap", {"seconds": 0.5}, "ok", is_direct=True),
    Step("message", "echo", None, [1.5, {"deep": [True, None, "č"]}], "ok"),
    Step("denied", "parrot", "stumble", {"how": "other"}, "refused"),
    Step("invalid", "parrot", "check", {"word": "NOT a word"}, "refused"),
    Step("secret", "shell", "run", {"command": "chpasswd", "stdin": SECRET}, "ok", is_direct=True, is_secret=True),
    Step("unfinished", "nap", "nap", {"seconds": 1}, "unknown outcome", ends=False),
)
LATER = Step("later", "nap", "nap", {"seconds": 2}, "ok")
"""Asked when the others are over."""


def request_id(fleet: str, step: str) -> str:
    """The same in each recording."""
    return sha256(f"{fleet} {step}".encode()).hexdigest()[:32]


def request(fleet: str, step: Step, desk: Desk) -> Request:
    """The request of a step, not yet sealed."""
    return Request(
        id=request_id(fleet, step.name),
        caller=desk.ends.client.caller,
        sender="desk.example.net",
        collective="mcollective",
        agent=step.agent,
        action=step.action,
        body=step.body,
        filter=Filter.parse(**dict(step.words or {})).with_agent(step.agent),
        time=desk.now,
        ttl=60,
        reply_to=REPLIES_TO,
        targets=(HOST,) if step.is_direct else None,
        is_secret=step.is_secret,
    )


def perform(call: Call) -> Outcome | None:
    """What the actions do: nothing, and they answer as if they had."""
    request = call.request
    if request.agent == "parrot":
        return Outcome(body={"value": request.body["value"], "unset": "as declared"}, duration=0.25)
    if request.agent == "echo":
        return Outcome(body=request.body)
    if request.agent == "shell":
        return Outcome(body={"exitcode": 0, "success": True, "stdout": "changed\n", "stderr": ""}, duration=0.5)
    return None if request.body["seconds"] == 1 else Outcome(body={"slept": request.body["seconds"]}, duration=0.5)
