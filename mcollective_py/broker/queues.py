"""A queue: each message goes to one consumer whose selector takes it, and waits, within bounds, until there is one. Pure."""

from collections import deque
from collections.abc import Generator, Iterable

from .messages import Message, Publisher, Subscription

# Every node of a collective consumes from one queue, each with the selector `mc_identity = 'NODE'`. Consumers and waiting messages
# are filed under that header, or each directed request would ask every node's selector.
FILED_BY = "mc_identity"


class Queue:
    """One queue, with its consumers and the messages that wait.

    shown: the name that its consumers see. last_used: seconds since the epoch. waiters: publishers held until there is room. reader:
    who alone may read it (Member.who), None where nobody has said so.
    """

    __slots__ = ("_filed", "_filed_messages", "_number", "_others", "_waiting", "bytes", "last_used", "reader", "shown", "waiters")

    def __init__(self, shown: str, now: float) -> None:
        self.shown, self.last_used = shown, now
        self.bytes = 0
        self.reader: object = None
        self.waiters: set[Publisher] = set()
        self._filed: dict[str, deque[Subscription]] = {}
        self._others: deque[Subscription] = deque()
        self._number = 0
        self._waiting: dict[int, Message] = {}  # oldest first
        self._filed_messages: dict[str | None, deque[int]] = {}  # numbers of waiting messages; those that left are skipped

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def has_consumers(self) -> bool:
        """Whether anybody has subscribed to it."""
        return bool(self._others or self._filed)

    def add(self, subscription: Subscription) -> None:
        """A consumer more; it is last in the turn."""
        key = _file_of(subscription)
        (self._others if key is None else self._filed.setdefault(key, deque())).append(subscription)

    def remove(self, subscription: Subscription) -> None:
        """A consumer less; one that is not there changes nothing."""
        key = _file_of(subscription)
        consumers = self._others if key is None else self._filed.get(key, deque())
        if subscription in consumers:
            consumers.remove(subscription)
        if key is not None and not consumers:
            self._filed.pop(key, None)

    def consumer_for(self, message: Message) -> Subscription | None:
        """The consumer whose turn it is; None where nobody wants the message or those who do have enough to read."""
        key = message.headers.get(FILED_BY)
        for consumers in (self._others,) if key is None else (self._filed.get(key), self._others):
            if consumers:
                for _ in range(len(consumers)):
                    subscription = consumers[0]
                    consumers.rotate(-1)
                    if subscription.receiver.is_ready and subscription.wants(message):
                        return subscription
        return None

    def is_read_slowly(self, message: Message) -> bool:
        """True where a consumer wants the message and is still reading: the sender should wait for it."""
        key = message.headers.get(FILED_BY)
        filed = self._filed.get(key, ()) if key is not None else ()
        return any(one.receiver.is_reading and one.wants(message) for consumers in (filed, self._others) for one in consumers)

    def keep(self, message: Message) -> None:
        """Let a message wait behind the others."""
        self._number += 1
        self._waiting[self._number] = message
        self._filed_messages.setdefault(message.headers.get(FILED_BY), deque()).append(self._number)
        self.bytes += message.size

    def messages(self) -> Iterable[Message]:
        """Those that wait, oldest first."""
        return self._waiting.values()

    def drop_oldest(self) -> Message | None:
        """Give up the message that has waited longest."""
        number = next(iter(self._waiting), None)
        return None if number is None else self._take(number)

    def drop_expired(self, now: float, keep_s: float) -> list[Message]:
        """Give up what has expired by its own word, or has waited longer than keep_s."""
        gone = [number for number, message in self._waiting.items() if is_expired(message, now) or now - message.arrived > keep_s]
        messages = [self._take(number) for number in gone]
        filed = {key: deque(number for number in numbers if number in self._waiting) for key, numbers in self._filed_messages.items()}
        self._filed_messages = {key: numbers for key, numbers in filed.items() if numbers}
        return messages

    def waiting_for(self, subscription: Subscription) -> Generator[Message, None, None]:
        """Messages that this consumer takes, oldest first; each leaves the queue as it is given. The caller stops when it is full."""
        key = _file_of(subscription)
        if key is None:
            for number in list(self._waiting):
                message = self._waiting.get(number)
                if message is not None and subscription.wants(message):
                    yield self._take(number)
            return
        numbers = self._filed_messages.get(key)
        passed: list[int] = []
        try:
            while numbers:
                number = numbers.popleft()
                message = self._waiting.get(number)
                if message is None:
                    continue
                if subscription.wants(message):
                    yield self._take(number)
                else:
                    passed.append(number)
        finally:
            if numbers is not None:
                numbers.extendleft(reversed(passed))
                if not numbers:
                    self._filed_messages.pop(key, None)

    def _take(self, number: int) -> Message:
        message = self._waiting.pop(number)
        self.bytes -= message.size
        if not self._waiting:
            self._filed_messages.clear()
        return message


def is_expired(message: Message, now: float) -> bool:
    """Whether the sender's `expires` has passed; now in seconds since the epoch."""
    return message.expires is not None and message.expires <= now


def _file_of(subscription: Subscription) -> str | None:
    return None if subscription.selector is None else subscription.selector.required(FILED_BY)
