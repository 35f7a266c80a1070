"""Age against ttl and clock skew, in both directions."""

from ..errors import ClockSkew, TTLExpired, TTLTooLong
from ..message import Request


def check_freshness(
    request: Request,
    now: float,
    skew: float = 5.0,
    max_ttl: float = 60.0,
    max_ttl_key: str = "plugin.x509.max_ttl",
    late: float | None = None,
) -> None:
    """Refuse a request outside its lifetime, or one that claims a longer life than this node grants.

    All in seconds: now and request.time since the epoch (mcpy/1 sends milliseconds, Ruby whole seconds), skew, max_ttl,
    request.ttl. Raises TTLExpired for one too old, ClockSkew for one from the future, TTLTooLong for a ttl beyond max_ttl, which
    names the setting max_ttl_key. late: how long after its ttl a request may still come, where that is not the skew.
    """
    if request.ttl > max_ttl:
        raise TTLTooLong(request.id, ttl=request.ttl, max_ttl=max_ttl, key=max_ttl_key)
    age = now - request.time
    if age > request.ttl + (skew if late is None else late):
        raise TTLExpired(request.id, age=age, ttl=request.ttl)
    if age < -skew:
        raise ClockSkew(request.id, ahead=-age)
