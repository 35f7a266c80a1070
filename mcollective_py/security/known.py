"""Certificates seen before: their facts are kept, never a decision, and strangers come in at a bounded rate."""

from ..errors import TooManyCertificates
from .chain import Certificate, TrustStore


class KnownCertificates:
    """A bounded memory of certificates that led to the CA, by key id; one thread uses it at a time.

    It saves the parsing and the walk (0.1 ms with an RSA-4096 CA). Dates and revocation are judged at every use by the store.
    limit: entries; the oldest goes first. strangers_per_second: how many unknown certificates are looked at in a second (and at
    once); None for no limit. Only certificates of the CA are kept, so nobody else can push one out.
    """

    def __init__(self, limit: int, strangers_per_second: int | None = None) -> None:
        self._limit, self._rate = limit, strangers_per_second
        self._room = float(strangers_per_second or 0)
        self._counted = 0.0
        self._store: TrustStore | None = None
        self._facts: dict[str, Certificate] = {}
        self._familiar: set[str] = set()

    def trusted(self, kid: str, der: bytes, store: TrustStore, now: float) -> Certificate:
        """The facts of a certificate that may be trusted at this moment. now: seconds since the epoch.

        Raises UntrustedCertificate with the reason, TooManyCertificates when too many strangers came.
        """
        if store is not self._store:
            # A new CRL makes nobody a stranger: who was known need not queue with the strangers to be looked at anew.
            self._familiar, self._facts, self._store = set(self._facts), {}, store
        facts = self._facts.get(kid)
        if facts is None:
            if kid in self._familiar:
                self._familiar.discard(kid)
            else:
                self._take_turn(now)
            facts = store.admit(der)
            if len(self._facts) >= self._limit:
                self._facts.pop(next(iter(self._facts)))
            self._facts[kid] = facts
        store.check(facts, now)
        return facts

    def __len__(self) -> int:
        return len(self._facts)

    def _take_turn(self, now: float) -> None:
        if self._rate is None:
            return
        # A clock set back gives no turns, and takes none.
        self._room = min(self._rate, self._room + max(0.0, now - self._counted) * self._rate)
        self._counted = now
        if self._room < 1:
            raise TooManyCertificates(f"more than {self._rate} unknown certificates in a second: this one was not looked at")
        self._room -= 1
