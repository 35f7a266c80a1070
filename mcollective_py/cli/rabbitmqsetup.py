"""What RabbitMQ must have for a fleet, as calls of its management API: exchanges, three logins and their rights."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .brokerrights import ADMIN, NODE, OF_HOSTS, OPERATOR, Plan

REPLIES = "mcollective_reply"
# The queues that a STOMP connection makes for itself; their names are the broker's, and nobody can guess them. RabbitMQ 4 calls its
# temporary queues stomp.gen.
_OWN_QUEUES = tuple(rf"{kind}-[A-Za-z0-9_\-]{{16,64}}" for kind in ("stomp-subscription", r"amq\.gen", r"stomp\.gen"))
_TO_QUEUES = r"amq\.default"  # the exchange by which a reply reaches a temporary queue
_REPLY_SECONDS = 70  # s: the longest a reply is of use, a ttl of 60 s and ten
_UNREAD_SECONDS = 600  # s: whoever may subscribe may also make a queue that stays, and read it no more
_QUEUE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Call:
    """One PUT. path: below `/api/`. what: in words."""

    path: str
    body: dict[str, Any]
    what: str


def calls(plan: Plan, vhost: str, kept: frozenset[str] = frozenset()) -> Iterator[Call]:
    """All that there must be, in order; each call may be made again and again. kept: logins that exist and keep their password."""
    at = quote(vhost, safe="")
    yield Call(f"vhosts/{at}", {}, f"virtual host {vhost}")
    for name, kind in _exchanges(plan.collectives):
        yield Call(f"exchanges/{at}/{name}", {"type": kind, "durable": True, "auto_delete": False}, f"{kind} exchange {name}")
    for login, password in plan.passwords.items():
        if login not in kept:
            yield Call(f"users/{login}", {"password": password, "tags": ""}, f"login {login}")
    for login in (NODE, OPERATOR, ADMIN):
        yield Call(f"permissions/{at}/{login}", rights(login, plan), f"rights of {login}")
    for collective in plan.collectives:
        # The broadcasts that a host may send. This binds what it sends, and nothing that reaches the exchange in another way.
        key, what = (f"({'|'.join(OF_HOSTS)})", "registrations and audits alone") if plan.has_registration else ("", "nothing")
        only = {"exchange": f"{collective}_broadcast", "write": f"^{key}$", "read": ".*"}
        yield Call(f"topic-permissions/{at}/{NODE}", only, f"{NODE} sends {what} to {collective}_broadcast")
    policy = {
        "pattern": f"^({'|'.join(_OWN_QUEUES)})$",
        "definition": {"message-ttl": _REPLY_SECONDS * 1000, "expires": _UNREAD_SECONDS * 1000, "max-length-bytes": _QUEUE_BYTES},
        "apply-to": "queues",
    }
    yield Call(f"policies/{at}/mcollective", policy, "bounds of the queues that connections make")


def rights(login: str, plan: Plan) -> dict[str, str]:
    """`configure`, `write` and `read` of a login: patterns of the names of queues and exchanges, matched whole.

    A subscription makes a queue (configure), binds it (write on the queue, read on the exchange) and reads it. Who may write to an
    exchange may have the dead letters of his queues go there, under a key of his choice, whatever his topic permissions say: hosts
    write to no exchange that requests go by.
    """
    broadcast = [f"{collective}_broadcast" for collective in plan.collectives]
    directed = [f"{collective}_directed" for collective in plan.collectives]
    registration = broadcast if plan.has_registration else []
    write: dict[str, list[str]] = {
        NODE: [*registration, REPLIES, _TO_QUEUES],
        OPERATOR: [*broadcast, *directed],
        ADMIN: [*broadcast, *directed, REPLIES, _TO_QUEUES],
    }
    read = {NODE: [*broadcast, *directed], OPERATOR: [REPLIES], ADMIN: [*broadcast, *directed, REPLIES]}
    return {
        "configure": _pattern(()),
        "write": _pattern(write[login]),
        "read": _pattern(read[login]),
    }


def _exchanges(collectives: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for collective in collectives:
        yield f"{collective}_broadcast", "topic"
        yield f"{collective}_directed", "direct"
    yield REPLIES, "direct"


def _pattern(names: Sequence[str]) -> str:
    exact = [name if name == _TO_QUEUES else re.escape(name) for name in names]
    return f"^({'|'.join([*_OWN_QUEUES, *exact])})$"
