"""Where messages go: topics, queues and temporary queues in one place. Knows nothing of sockets; the clock is handed in."""

import heapq
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .destinations import QUEUE, REPLY, TOPIC, Address, Topics, parse_destination
from .frames import RefusedFrame
from .messages import Holder, Message, Subscription
from .queues import Queue, is_expired
from .settings import BrokerLimits

logger = logging.getLogger(__name__)


_ROOM = 16  # this part of the bound for all is made free at once: looking for the fullest queues takes a while


class Permit(NamedTuple):
    """A destination that a role may send to. makes_queue: a SEND to it makes the queue that is not there."""

    address: Address
    makes_queue: bool = True


class Router:
    """Subscriptions and waiting messages of the whole broker.

    clock: seconds since the epoch, as `expires` headers count. counters: what happened, by word.
    """

    def __init__(self, limits: BrokerLimits, clock: Callable[[], float]) -> None:
        self.limits, self.clock = limits, clock
        self.counters: Counter[str] = Counter()
        self.permitted: dict[tuple[str, str], Permit] = {}  # (role, destination) that were found to be allowed, for SEND
        self._topics = Topics()
        self._queues: dict[Address, Queue] = {}
        self._unread: dict[Address, None] = {}  # named queues without consumers, the one that is longest out of use first
        self._kept_bytes = 0
        self._kept_of: dict[str, int] = {}  # the part of it that each bounded sender has sent
        self._name = secrets.token_hex(4)
        self._sent = 0

    def new_message(self, address: Address, headers: Mapping[str, str], body: bytes, sender: str | None = None) -> Message:
        """A message for `publish`; `expires` (ms since the epoch) and `expiration` (ms from now) are read here.

        sender: whose share it counts for while it waits (`node_kept_bytes`), None for one without a bound of its own.
        """
        now = self.clock()
        self._sent += 1
        return Message(
            f"{self._name}-{self._sent}", str(address), headers, body, arrived=now, expires=_expiry(headers, now), sender=sender
        )

    def publish(self, address: Address, message: Message, *, makes_queue: bool = True) -> list[Holder]:
        """Hand a message to whom it is for; returns those that the publisher ought to wait for, which are nearly always none.

        makes_queue: whether a queue that is not there is made, else the message is for nobody.
        """
        now = message.arrived
        if message.expires is not None and is_expired(message, self.clock()):
            self.counters["expired"] += 1
            return []
        if address.kind != TOPIC:
            return self._enqueue(address, message, now, makes_queue)
        backlogged: list[Holder] = []
        delivered = 0
        for subscription in self._topics.matching(address):
            if subscription.selector is None or subscription.selector.matches(message.headers):
                receiver = subscription.receiver
                receiver.deliver(subscription, message)
                delivered += 1
                if receiver.is_backlogged:
                    backlogged.append(receiver)
        self.counters["delivered"] += delivered
        return backlogged

    def _enqueue(self, address: Address, message: Message, now: float, makes_queue: bool) -> list[Holder]:
        queue = self._queues.get(address)
        if queue is None:
            if address.kind == REPLY or not makes_queue:
                self.counters["nobody"] += 1  # whoever asked has gone
                return []
            queue = self._new_queue(address, str(address))
        queue.last_used = now
        message.destination = queue.shown
        subscription = queue.consumer_for(message)
        if subscription is not None:
            subscription.receiver.deliver(subscription, message)
            self.counters["delivered"] += 1
            return []
        if address in self._unread:
            self._unread[address] = self._unread.pop(address)  # the last to be given up
        self._keep(queue, message)
        is_half_full = len(queue) * 2 > self.limits.queue_messages or queue.bytes * 2 > self.limits.queue_bytes
        return [queue] if is_half_full and queue.is_read_slowly(message) else []

    def _keep(self, queue: Queue, message: Message) -> None:
        limits, size = self.limits, message.size
        if message.sender is not None and self._kept_of.get(message.sender, 0) + size > limits.node_kept_bytes:
            self._dropped(f"{message.sender} has {limits.node_kept_bytes} bytes of messages waiting, its new ones")
            return
        while len(queue) and (len(queue) >= limits.queue_messages or queue.bytes + size > limits.queue_bytes):
            # The oldest goes: it is the likeliest to be of no use any more.
            self._left(queue.drop_oldest())
            self._dropped(f"queue {queue.shown} is full, its oldest messages")
        if self._kept_bytes + size > limits.kept_bytes:
            self._make_room(size)
        if self._kept_bytes + size > limits.kept_bytes or size > limits.queue_bytes:
            self._dropped(f"message of {size} bytes for {queue.shown} is too large, such messages")
            return
        queue.keep(message)
        self._kept_bytes += size
        if message.sender is not None:
            self._kept_of[message.sender] = self._kept_of.get(message.sender, 0) + size

    def _make_room(self, size: int) -> None:
        """Drop the oldest messages of the fullest queues: not those of whoever comes when others have taken all there is."""
        enough = self.limits.kept_bytes - max(size, self.limits.kept_bytes // _ROOM)
        fullest = [(-queue.bytes, number, queue) for number, queue in enumerate(self._queues.values()) if len(queue)]
        heapq.heapify(fullest)
        while fullest and self._kept_bytes > enough:
            _, number, queue = fullest[0]
            self._left(queue.drop_oldest())
            self._dropped(f"all queues together are full, the oldest messages of {queue.shown}")
            if len(queue):
                heapq.heapreplace(fullest, (-queue.bytes, number, queue))
            else:
                heapq.heappop(fullest)

    def _left(self, message: Message | None) -> None:
        """Take a message that waits no longer off the accounts."""
        if message is None:
            return
        self._kept_bytes -= message.size
        if message.sender is not None:
            rest = self._kept_of.get(message.sender, 0) - message.size
            if rest > 0:
                self._kept_of[message.sender] = rest
            else:
                self._kept_of.pop(message.sender, None)

    def _dropped(self, why: str) -> None:
        self.counters["dropped"] += 1
        if self.counters["dropped"].bit_count() == 1:  # the 1st, 2nd, 4th, 8th: a flood must not fill the log too
            logger.warning("%s are dropped (%d messages so far)", why, self.counters["dropped"])

    def _new_queue(self, address: Address, shown: str, *, is_read: bool = False) -> Queue:
        """is_read: for somebody who wants to read it, so that at the limit one that nobody reads has to go."""
        if len(self._queues) >= self.limits.queues:
            unread = next(iter(self._unread), None)
            if unread is None or not is_read:
                raise RefusedFrame(f"the broker has {self.limits.queues} queues and takes no more")
            self.counters["queues given up"] += 1
            self.end_queue(unread)
        queue = self._queues[address] = Queue(shown, self.clock())
        if address.kind == QUEUE:
            self._unread[address] = None
        return queue

    def claim(self, address: Address, who: object) -> None:
        """Let nobody but this member read a queue while it exists. RefusedFrame where it is another's already."""
        queue = self._queues.get(address)
        if queue is None:
            queue = self._new_queue(address, str(address), is_read=True)
        if queue.reader not in (None, who):
            raise RefusedFrame(f"{address} is being read by another: every client has a reply queue of its own")
        queue.reader = who

    def subscribe(self, subscription: Subscription) -> None:
        """Put a subscription in force. address: a topic, a queue, or a temporary queue by the address that `new_temp_queue` gave."""
        address = subscription.address
        if address.kind == TOPIC:
            self._topics.add(subscription, address)
            return
        queue = self._queues.get(address)
        if queue is None:  # an empty queue is false
            queue = self._new_queue(address, str(address), is_read=True)
        queue.add(subscription)
        self._unread.pop(address, None)
        self.refill(subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        if subscription.address.kind == TOPIC:
            self._topics.remove(subscription, subscription.address)
            return
        queue = self._queues.get(subscription.address)
        if queue is not None:
            queue.remove(subscription)
            queue.last_used = self.clock()
            if subscription.address.kind == QUEUE and not queue.has_consumers:
                self._unread[subscription.address] = None
            self._release(queue)

    def refill(self, subscription: Subscription) -> None:
        """Give a consumer the waiting messages that it takes, as far as it is ready for them."""
        queue = self._queues.get(subscription.address)
        if queue is None or not len(queue):
            return
        now = self.clock()
        messages = queue.waiting_for(subscription)
        while subscription.receiver.is_ready and (message := next(messages, None)) is not None:
            self._left(message)
            if is_expired(message, now):
                self.counters["expired"] += 1
            else:
                subscription.receiver.deliver(subscription, message)
                self.counters["delivered"] += 1
        messages.close()
        if len(queue) * 4 < self.limits.queue_messages and queue.bytes * 4 < self.limits.queue_bytes:
            self._release(queue)

    def release_publishers(self, subscription: Subscription) -> None:
        """Let publishers go on that wait because of this consumer: it has stopped reading."""
        queue = self._queues.get(subscription.address)
        if queue is not None:
            self._release(queue)

    def new_temp_queue(self, shown: Address) -> Address:
        """A queue that only the caller knows of: its address is 128 random bits, and is what the others see."""
        address = parse_destination(f"/{REPLY}/{secrets.token_hex(16)}")
        self._new_queue(address, str(shown), is_read=True)
        return address

    def end_queue(self, address: Address) -> None:
        """Remove a queue with all it holds."""
        queue = self._queues.pop(address, None)
        self._unread.pop(address, None)
        if queue is not None:
            for message in queue.messages():
                self._left(message)
            self._release(queue)

    def sweep(self) -> None:
        """Drop what has waited too long, and queues that nobody uses. For every few seconds."""
        now = self.clock()
        for address, queue in list(self._queues.items()):
            if len(queue):
                gone = queue.drop_expired(now, self.limits.keep_s)
                for message in gone:
                    self._left(message)
                self.counters["expired"] += len(gone)
            self._release(queue)  # whoever still has reason to wait will be told so at its next message
            is_idle = address.kind == QUEUE and not len(queue) and not queue.has_consumers
            if is_idle and now - queue.last_used > self.limits.idle_s:
                self.end_queue(address)

    @property
    def queue_count(self) -> int:
        return len(self._queues)

    @property
    def kept_bytes(self) -> int:
        return self._kept_bytes

    def _release(self, queue: Queue) -> None:
        for publisher in list(queue.waiters):
            publisher.release(queue)


def _expiry(headers: Mapping[str, str], now: float) -> float | None:
    """When a message expires, in seconds since the epoch. `expires` is absolute (0: never), `expiration` relative."""
    absolute, relative = headers.get("expires"), headers.get("expiration")
    if absolute is not None and _is_number(absolute):
        return int(absolute) / 1000 or None
    if relative is not None and _is_number(relative):
        return now + int(relative) / 1000
    return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16
