"""The shapes of identifiers, each matched whole and in ASCII; checked before any use as text, file name or destination."""

import re

_IDENTITY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,254}", re.ASCII)
_AGENT = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_ACTION = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_COLLECTIVE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-]{0,63}", re.ASCII)
_CALLER = re.compile(r"[A-Za-z0-9_]{1,32}=[A-Za-z0-9_][A-Za-z0-9_.\-]{0,254}", re.ASCII)
_CERTNAME = re.compile(r"[a-z0-9_][a-z0-9._\-]{0,254}", re.ASCII)
_REQUEST_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_REPLY_TO = re.compile(r"/(?:queue|topic|temp-queue|reply-queue|exchange|amq/queue)/[A-Za-z0-9_.\-/]{1,400}", re.ASCII)
_FOR_REQUESTS = re.compile(r"/topic/.*\.agents?|/queue/.*\.nodes|/exchange/[^/]*_(?:broadcast|directed)(?:/.*)?", re.ASCII)


def is_identity(text: object) -> bool:
    """A host's name: letters, digits, `_`, `.` and `-`, no leading dot or dash, at most 255."""
    return isinstance(text, str) and _IDENTITY.fullmatch(text) is not None and ".." not in text


def is_agent(text: object) -> bool:
    """An agent's (or any plugin's) name: lower case, digits and `_`, at most 64."""
    return isinstance(text, str) and _AGENT.fullmatch(text) is not None


def is_action(text: object) -> bool:
    """An action's, input's or output's name."""
    return isinstance(text, str) and _ACTION.fullmatch(text) is not None


def is_collective(text: object) -> bool:
    """A collective's name: no dot, since brokers separate the words of a destination by dots."""
    return isinstance(text, str) and _COLLECTIVE.fullmatch(text) is not None


def is_caller(text: object) -> bool:
    """A caller id, `kind=name`."""
    return isinstance(text, str) and _CALLER.fullmatch(text) is not None


def is_certname(text: object) -> bool:
    """A certificate's name as Puppet has it: lower case, at most 255."""
    return isinstance(text, str) and _CERTNAME.fullmatch(text) is not None and ".." not in text


def is_request_id(text: object) -> bool:
    """32 lower-case hex digits."""
    return isinstance(text, str) and _REQUEST_ID.fullmatch(text) is not None


def is_reply_destination(text: object) -> bool:
    """A destination in any broker's form, by which alone it could be one for replies."""
    return isinstance(text, str) and _REPLY_TO.fullmatch(text) is not None


def is_place_for_replies(text: object) -> bool:
    """A destination that replies may be sent to: any but those by which requests travel, on whatever broker.

    A host can be asked to answer to a place of somebody's own (`--reply-to`), never to where other hosts would take its answer for a
    request. Which forms a broker takes at all is its connector's affair.
    """
    return isinstance(text, str) and is_reply_destination(text) and _FOR_REQUESTS.fullmatch(text) is None
