"""What is typed as a filter, as a selection that hosts evaluate: an expression, or plain text that is looked for; pure."""

import re

from mcollective_py.errors import InvalidRPCData

from ..fields import WORDS, check_selection

_FLAGS = ("frozen", "bounce", *WORDS)
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()/]")
_EXPRESSION = re.compile(r"[=<>!()]")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f]")
MAX_FILTER = 2000  # characters that the agent takes

# What a row of a `top` list is -> the field that it is looked for in.
_FIELDS = {
    "senders": "sender",
    "sender_domains": "sender_domain",
    "recipients": "recipient",
    "domains": "domain",
    "errors": "error",
    "hosts": "host",
    "auths": "auth",
    "subjects": "subject",
}


def is_expression(typed: str) -> bool:
    """Whether it is meant as an expression: it has a sign of one, or begins with a flag. Quotes make it plain text."""
    text = typed.strip()
    if text.startswith(('"', "'")):
        return False
    return bool(_EXPRESSION.search(text)) or text.partition(" ")[0] in (*_FLAGS, "not")


def selection_of(typed: str) -> str:
    """The selection; empty for every message. Raises InvalidRPCData with a mark under what is wrong."""
    text = typed.strip()
    if not text:
        return ""
    if not is_expression(text):
        plain = text[1:-1] if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0] else text
        words = escaped(plain)
        text = f"sender=/{words}/ or recipient=/{words}/ or subject=/{words}/" if plain else ""
    if len(text) > MAX_FILTER:
        raise InvalidRPCData(f"a filter has {MAX_FILTER} characters at most, this one {len(text)}")
    check_selection(text)
    return text


def escaped(plain: str) -> str:
    """A text as a regular expression between slashes that finds just it; a character that cannot be seen is any one."""
    return _HIDDEN.sub(".", _SPECIAL.sub(lambda found: f"\\{found[0]}", plain))


def of_top(kind: str, name: str) -> str:
    """The selection of the messages that a row of a `top` list counted."""
    if kind in ("senders", "sender_domains") and name == "<>":
        return "bounce"
    if kind == "errors":  # what differs from one to the other is a * in it, and blanks were made one
        parts = [" +".join(escaped(word) for word in part.split(" ")) for part in name[:200].split("*")]
        return f"error=/{'.*'.join(parts)}/"
    return f"{_FIELDS[kind]}=/^{escaped(name)}$/"
