"""Destinations as STOMP clients write them, wildcards, and which topic subscriptions a message meets. Pure.

    /topic/mcollective.discovery.agent    to every subscriber
    /queue/mcollective.nodes              to one consumer, kept until one comes
    /temp-queue/replies                   a private queue of this connection, under a name of its own choice
    /reply-queue/6f0c...                  the same queue as others see it, in the reply-to header

In subscriptions to topics `*` stands for one word between dots and a last `>` for one or more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .frames import RefusedFrame
from .messages import Subscription

TOPIC, QUEUE, TEMP, REPLY = "topic", "queue", "temp-queue", "reply-queue"

_DESTINATION = re.compile(r"/(topic|queue|temp-queue|reply-queue)/([\x21-\x7e]{1,400})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """A destination taken apart: its kind and the words of its name."""

    kind: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        return ".".join(self.words)

    @property
    def has_wildcard(self) -> bool:
        return "*" in self.words or self.words[-1] == ">"

    def __str__(self) -> str:
        return f"/{self.kind}/{self.name}"


def parse_destination(text: str) -> Address:
    """A destination header's value taken apart. Raises RefusedFrame where it is none of ours."""
    match = _DESTINATION.fullmatch(text)
    if match is None:
        raise RefusedFrame("a destination begins with /topic/, /queue/, /temp-queue/ or /reply-queue/ and has no spaces")
    words = tuple(match[2].split("."))
    if "" in words or ">" in words[:-1]:
        raise RefusedFrame(f"not a destination: {text}")
    return Address(match[1], words)


def covers(pattern: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether all that `words` can mean, wildcards of its own included, lies within the pattern."""
    for position, word in enumerate(pattern):
        if word == ">" and position == len(pattern) - 1:
            return len(words) > position
        if position >= len(words):
            return False
        other = words[position]
        if word != other and (word != "*" or (other == ">" and position == len(words) - 1)):
            return False
    return len(pattern) == len(words)


class Topics:
    """Who has subscribed to which topic: looked up by name, patterns tried one by one (there are few)."""

    def __init__(self) -> None:
        # dicts as ordered sets: 2,000 subscribers of one topic leave in 2,000 steps, not in two million
        self._named: dict[tuple[str, ...], dict[Subscription, None]] = {}
        self._patterns: dict[tuple[str, ...], dict[Subscription, None]] = {}

    def add(self, subscription: Subscription, address: Address) -> None:
        """address: a topic, or a pattern of topics."""
        table = self._patterns if address.has_wildcard else self._named
        table.setdefault(address.words, {})[subscription] = None

    def remove(self, subscription: Subscription, address: Address) -> None:
        """Take it out again, by the address it was added with; one that is not there changes nothing."""
        table = self._patterns if address.has_wildcard else self._named
        subscriptions = table.get(address.words)
        if subscriptions is not None:
            subscriptions.pop(subscription, None)
            if not subscriptions:
                del table[address.words]

    def matching(self, address: Address) -> Iterator[Subscription]:
        """The subscriptions to this topic; their selectors are not asked here."""
        yield from self._named.get(address.words, ())
        for pattern, subscriptions in self._patterns.items():
            if covers(pattern, address.words):
                yield from subscriptions
