"""The secrets of the requests that run now: what they brought must not reach a log, or a reply, as part of an error's text."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

from ..ddl.model import DDL
from ..message import Request
from .call import Outcome
from .redaction import harmless_text, is_secret_name, secrets_of, without

_KEPT = 64  # requests that have ended, whose last lines may come after their outcome


class SecretsInUse:
    """Knows the sensitive inputs of each request, and those with the name of a secret, from its begin to some time after its end.

    Any thread may ask.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, tuple[str, ...]] = {}
        self._ended: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._all: tuple[str, ...] = ()

    def begin(self, request: Request, ddl: DDL | None) -> None:
        """Learn the secrets of a request that is about to run."""
        if ddl is None or request.action is None or not isinstance(request.body, Mapping):
            return
        action = ddl.actions.get(request.action)
        if action is None:
            return
        names = [name for name, wanted in action.inputs.items() if wanted.sensitive or is_secret_name(name)]
        if found := secrets_of(request, names):
            with self._lock:
                self._running[request.id] = found
                self._gather()

    def end(self, request: Request, outcome: Outcome) -> Outcome:
        """The outcome without the request's own secrets in its message; outputs are the caller's."""
        found = self._running.get(request.id)
        if found is None:
            return outcome
        with self._lock:
            self._ended[request.id] = self._running.pop(request.id)
            if len(self._ended) > _KEPT:
                self._ended.popitem(last=False)
            self._gather()
        return replace(outcome, statusmsg=without(outcome.statusmsg, found)) if outcome.statuscode else outcome

    def cleared(self, text: str) -> str:
        """A text for the log: without any of the secrets, and without what looks like one."""
        secrets = self._all
        return without(text, secrets) if secrets else harmless_text(text)

    def _gather(self) -> None:
        held = {text for found in (*self._running.values(), *self._ended.values()) for text in found}
        self._all = tuple(sorted(held, key=len, reverse=True))
