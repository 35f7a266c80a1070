"""Password checks under way: each takes 40 ms of a core, so only so many wait, and none for a client that has gone."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .frames import RefusedFrame
from .rights import Member
from .users import Passwords, User

logger = logging.getLogger(__name__)

_MOST = 64
_MOST_OF_ONE = 32  # checks that one address has begun: those who guess leave room for others
_BUSY = "busy: too many logins are being checked, try again in a moment"

Finish = Callable[[User | None], Member]


class PasswordChecks:
    """Checks passwords in two threads; a thousand nodes with one login that come at once wait for one check."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
        self._under_way: dict[tuple[str, str], _Check] = {}
        self._begun_by: Counter[str] = Counter()

    def check(self, passwords: Passwords, name: str, password: str, host: str, finish: Finish) -> "asyncio.Future[Member]":
        """What finish makes of the user, or of None for a wrong login; it may raise RefusedFrame.

        host: the address that asks. Cancel the future when its client has gone. Raises RefusedFrame where too many wait already.
        """
        loop = asyncio.get_running_loop()
        check = self._under_way.get((name, password))
        if check is None:
            if len(self._under_way) >= _MOST or self._begun_by[host] >= _MOST_OF_ONE:
                raise RefusedFrame(_BUSY)
            check = self._under_way[name, password] = _Check(host, loop.run_in_executor(self._threads, passwords.check, name, password))
            self._begun_by[host] += 1
            check.result.add_done_callback(lambda _: self._ended((name, password), check))
        answer: asyncio.Future[Member] = loop.create_future()
        check.answers[answer] = finish
        answer.add_done_callback(lambda answer: _forget(check, answer))
        return answer

    def stop(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ended(self, key: tuple[str, str], check: "_Check") -> None:
        self._under_way.pop(key, None)
        self._begun_by[check.host] -= 1
        if not self._begun_by[check.host]:
            del self._begun_by[check.host]
        user = None
        if not check.result.cancelled():
            if (fault := check.result.exception()) is not None:
                logger.error("a password could not be checked: %r", fault)
            else:
                user = check.result.result()
        for answer, finish in list(check.answers.items()):
            try:
                member = finish(user)
            except RefusedFrame as refused:
                if not answer.done():
                    answer.set_exception(refused)
            else:
                if not answer.done():
                    answer.set_result(member)


class _Check:
    """One check; answers: those who wait for it."""

    def __init__(self, host: str, result: "asyncio.Future[User | None]") -> None:
        self.host, self.result = host, result
        self.answers: dict[asyncio.Future[Member], Finish] = {}


def _forget(check: _Check, answer: "asyncio.Future[Member]") -> None:
    check.answers.pop(answer, None)
    if not check.answers:
        check.result.cancel()  # nobody wants to know any more; one that has ended stays as it is
