"""What `exim -bp` prints, as messages: for hosts where the spool's own files cannot be read. It knows no subject, host or login."""

import re
from collections.abc import Mapping, Sequence

from mcollective_py.agent import RPCAborted

from .messageid import arrival_of, is_message_id
from .spoolfile import Message

_HEAD = re.compile(r"\s*\d+[mhdw]\s+(?:([\d.]+)([KM]?)\s+)?(\S{16,23}) <([^\n]*?)>(?: \*\*\* (frozen) \*\*\*)?(?: .*)?")
_QUEUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_FACTORS = {"": 1, "K": 1024, "M": 1024 * 1024}


def exim_bp(exim: str, queue: str = "") -> list[str]:
    """The words that list a queue. queue: a named one."""
    return [exim, "-bp"] if not queue else [exim, f"-qG{queue}", "-bp"]


def named_queues(config: Mapping[str, str]) -> list[str]:
    """The named queues of the setting `queues`: a spool that is closed does not say which there are, and Exim does not either.

    Raises RPCAborted for what is no name of one.
    """
    names = config.get("queues", "").replace(",", " ").split()
    for name in names:
        if not _QUEUE.fullmatch(name):
            raise RPCAborted(f"plugin.exim.queues: {name[:40]!r} is no name of a queue")
    return names


def parse_bp(text: str) -> list[Message]:
    """The messages. Sizes are as exact as Exim prints them. Since when one is frozen it does not say: its arrival stands there."""
    messages: list[Message] = []
    waiting: list[str] = []
    done: list[str] = []
    for line in text.splitlines():
        found = _HEAD.fullmatch(line)
        if found is not None and is_message_id(found[3]):
            _finish(messages, waiting, done)
            arrived = arrival_of(found[3])
            size = int(float(found[1] or 0) * _FACTORS[found[2] or ""])
            messages.append(Message(found[3], found[4], arrived, (), size=size, frozen_since=arrived if found[5] else 0))
        elif line.startswith("        D "):
            done.append(line[10:])
        elif line.startswith("          "):
            waiting.append(line[10:])
    _finish(messages, waiting, done)
    return messages


def _finish(messages: Sequence[Message], waiting: list[str], done: list[str]) -> None:
    """Hand the recipients that were read to the last message."""
    if messages:
        messages[-1].recipients, messages[-1].delivered = tuple(waiting), tuple(done)
    waiting.clear()
    done.clear()
