"""What stands in an envelope and names a queue: all of it goes to Exim as a word of its own, so all of it is looked at first."""

import re

_ATOM = r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~]"
_LOCAL = rf"{_ATOM}(?:{_ATOM}|[.-])*|\"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])+\""
_DOMAIN = r"[0-9A-Za-z](?:[0-9A-Za-z_.-]*[0-9A-Za-z])?|\[[0-9A-Za-z:.]{2,60}\]"
_ADDRESS = re.compile(rf"(?:{_LOCAL})@(?:{_DOMAIN})", re.ASCII)
_NAME = r"[0-9A-Za-z!%&'+/=?^_~.][0-9A-Za-z!#%&'+/=?^_~.-]*"  # what a list of Exim's has without quotes
_BLOCKABLE = re.compile(rf"\*?@[0-9A-Za-z.-]+|{_NAME}(?:@[0-9A-Za-z.-]+)?", re.ASCII)
_QUEUE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}", re.ASCII)
_LONGEST_LOCAL, _LONGEST = 64, 320  # RFC 5321, and what Exim's own tables hold
NO_SENDER = "<>"
RESERVED = frozenset({"input", "msglog", "db", "log", "scan", "gnutls-params", "lost+found"})  # folders that a spool has beside queues


def is_address(text: str) -> bool:
    """Whether this is one address with its domain, in ASCII: no name beside it, no brackets, nothing that an option begins with."""
    if len(text) > _LONGEST or _ADDRESS.fullmatch(text) is None:
        return False
    local = text.rpartition("@")[0]
    return len(local) <= _LONGEST_LOCAL and (local.startswith('"') or (".." not in local and not local.endswith(".")))


def is_sender(text: str) -> bool:
    """Whether this is an address, or the sign for no sender."""
    return text == NO_SENDER or is_address(text)


def is_blockable(text: str) -> bool:
    """Whether this is an address, `@` with a domain, or a login, as a list of Exim's has it."""
    return _BLOCKABLE.fullmatch(text) is not None


def is_queue_name(text: str) -> bool:
    """Whether a queue may be called so; the usual queue has no name."""
    return text == "" or (_QUEUE.fullmatch(text) is not None and text not in RESERVED)
