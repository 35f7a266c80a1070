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
    """A destination that replies may be sent to, in any broker's form."""
    return isinstance(text, str) and _REPLY_TO.fullmatch(text) is not None


def is_reply_destination_of(collective: str, text: str) -> bool:
    """A reply destination that is a client's own: below the collective's reply queues, or made by the broker for one connection."""
    return is_reply_destination(text) and text.startswith((f"/queue/{collective}.reply.", "/temp-queue/", "/reply-queue/"))
