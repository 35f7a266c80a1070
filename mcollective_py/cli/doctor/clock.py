"""Checks of clocks: this machine's against those of the hosts that answered, and whether anything keeps it right."""

import ctypes
from collections.abc import Mapping
from statistics import median

from .check import Check, fail, ok, warn

_NOTICEABLE = 1.0  # seconds; x509 allows 5 ahead, and half the way of an answer is not known
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronized
_SET = "set it by NTP: `timedatectl set-ntp true`, or chrony; `timedatectl` shows whether it is kept right"


def is_synchronized() -> bool | None:
    """Whether the kernel counts this clock as kept right by NTP; None where it does not say. adjtimex(2), asked and not set."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)))  # a struct timex of zeros: modes 0 sets nothing
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def synchronized(state: bool | None) -> list[Check]:
    """What is_synchronized said."""
    if state is None:
        return []
    if state:
        return [ok("clock (NTP)", "the kernel says that it is kept right")]
    return [warn("clock (NTP)", "nothing keeps this machine's clock right, as far as the kernel knows", _SET)]


def compared(ahead: Mapping[str, float], refusals: Mapping[str, str], skew: float) -> list[Check]:
    """This clock beside the hosts'. ahead: host -> seconds that this clock is ahead of its. refusals: host -> its words.

    skew: seconds that a host usually allows.
    """
    if not ahead:
        return []
    usual = median(ahead.values())
    word = "ahead of" if usual > 0 else "behind"
    if refusals:
        name, text = sorted(refusals.items())[0]
        off = f"; this clock is {abs(usual):.1f} s {word} those of {len(ahead)} hosts" if abs(usual) >= _NOTICEABLE else ""
        return [
            fail(
                "clock",
                f"{len(refusals)} hosts refuse requests for it, {name}: {text}{off}",
                _blamed(usual, len(ahead), sorted(refusals)),
            )
        ]
    if abs(usual) > skew - _NOTICEABLE:
        seen = f"this clock is {abs(usual):.1f} s {word} those of the hosts ({len(ahead)} answered); they allow {skew:g} s"
        return [fail("clock", seen, _blamed(usual, len(ahead), []))]
    found = []
    if abs(usual) >= _NOTICEABLE:
        found.append(warn("clock", f"this clock is {abs(usual):.1f} s {word} those of the hosts ({len(ahead)} answered)", _SET))
    odd = sorted(
        (name for name, seconds in ahead.items() if abs(seconds - usual) >= _NOTICEABLE), key=lambda name: -abs(ahead[name] - usual)
    )
    if odd:
        worst = odd[0]
        seen = f"{len(odd)} of {len(ahead)} hosts differ from the others, {worst} by {abs(ahead[worst] - usual):.1f} s"
        found.append(warn("clock", seen, f"on {', '.join(odd[:5])}: `timedatectl set-ntp true`"))
    return found or [ok("clock", f"within {_NOTICEABLE:g} s of those of {len(ahead)} hosts")]


def _blamed(usual: float, count: int, hosts: list[str]) -> str:
    """Whose clock is to be set: ours where all hosts agree against it."""
    if abs(usual) >= _NOTICEABLE and (count > 1 or not hosts):
        return _SET
    return f"compare `date` here and on {', '.join(hosts[:5]) or 'a host'}, and set the wrong one by NTP: `timedatectl set-ntp true`"
