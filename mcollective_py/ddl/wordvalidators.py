"""Validators of the words that agents take: names of packages and units, tags of Puppet, message ids of Exim, addresses, times.

Each matches the whole text in ASCII, lets nothing begin with `-`, and raises ValueError with a reason that never quotes the value.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from .quantities import bytes_of, seconds_of

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_NAME = rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~]"
_TYPES_OF_UNITS = "service|socket|timer|target|mount|automount|path|slice|scope|device|swap"
_EXIM_ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"  # the second since Exim 4.97

# name -> (what matches, at most so many characters, in words)
_SHAPES: Mapping[str, tuple[str, int, str]] = {
    "hostname": (LABEL, 63, "a host name without its domain"),
    "fqdn": (rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})+", 253, "a fully qualified host name"),
    "package_name": (r"[A-Za-z0-9_][A-Za-z0-9._+\-]*", 255, "a package name"),
    "service_name": (r"[A-Za-z0-9_@][A-Za-z0-9._:@\-]*", 255, "a service name"),
    "systemd_unit": (
        rf"(?:[A-Za-z0-9_.:@]|\\x[0-9a-f]{{2}})(?:[A-Za-z0-9_.:@\-]|\\x[0-9a-f]{{2}})*\.(?:{_TYPES_OF_UNITS})",
        255,
        "a unit of systemd with its type, as ssh.service",
    ),
    "exim_msgid": (_EXIM_ID, 23, "a message id of Exim, as 1q2w3e-000abc-XY"),
    "puppet_resource": (r"[A-Za-z][A-Za-z0-9_:]*\[[^\[\]\x00-\x1f\x7f]+\]", 255, "a resource of Puppet, as service[ssh]"),
    "puppet_tags": (r"[A-Za-z0-9_][A-Za-z0-9_:.\-]*(?:,[A-Za-z0-9_][A-Za-z0-9_:.\-]*)*", 1024, "tags or classes, separated by commas"),
    "puppet_variable": (r"[A-Za-z0-9_]+", 255, "letters, digits and _"),
}
_CRON_WORDS = frozenset(("@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_CRON_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)


def _of_shape(name: str) -> Callable[[str], None]:
    pattern, most, words = _SHAPES[name]

    def check(value: str) -> None:  # compiled when first used: all of them together would cost every command 4 ms
        if len(value) > most or not re.fullmatch(pattern, value, re.ASCII) or not value.isprintable():
            raise ValueError(f"must be {words}")

    check.__name__ = name
    check.__doc__ = f"{words[0].upper()}{words[1:]}."
    return check


def emailaddress(value: str) -> None:
    """One address `local@domain`, without comments, quotes or display name."""
    local, _, domain = value.rpartition("@")
    is_local = len(local) <= 64 and re.fullmatch(rf"{_ATOM}(?:{_ATOM}|-)*(?:\.(?:{_ATOM}|-)+)*", local, re.ASCII)
    if not is_local or not re.fullmatch(_NAME, domain, re.ASCII):
        raise ValueError("must be an e-mail address, as postmaster@example.com")


def puppet_server_address(value: str) -> None:
    """A host, or host:port."""
    host, colon, number = value.partition(":")
    is_port = not colon or (re.fullmatch(r"[1-9][0-9]{0,4}", number, re.ASCII) and int(number) <= 65535)
    if not is_port or not re.fullmatch(_NAME, host, re.ASCII):
        raise ValueError("must be a host or host:port")


def duration(value: str) -> None:
    """A time such as `90`, `5m` or `1h30m`."""
    seconds_of(value)


def size_in_bytes(value: str) -> None:
    """A size such as `4096`, `10K` or `1.5GiB`."""
    bytes_of(value)


def cron(value: str) -> None:
    """The time of a crontab line: five fields, or a word such as @daily."""
    if value in _CRON_WORDS:
        return
    fields = value.split(" ")
    if len(value) > 255 or len(fields) != len(_CRON_FIELDS):
        raise ValueError("must be five fields of a crontab separated by single spaces, or a word such as @daily")
    for text, (name, low, high, words) in zip(fields, _CRON_FIELDS, strict=True):
        if not all(_is_cron_part(part, low, high, words) for part in text.split(",")):
            raise ValueError(f"must have a {name} from {low} to {high}, a range, a list, * or */n")


def _is_cron_part(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    span, slash, step = part.partition("/")
    if slash and not (re.fullmatch(r"[1-9][0-9]{0,2}", step, re.ASCII) and (span == "*" or "-" in span)):
        return False
    if span == "*":
        return True
    ends = [_cron_number(text, low, words) for text in span.split("-")]
    numbers = [end for end in ends if end is not None and low <= end <= high]
    return len(numbers) == len(ends) <= 2 and numbers == sorted(numbers)


def _cron_number(text: str, low: int, words: tuple[str, ...]) -> int | None:
    if text.lower() in words:
        return words.index(text.lower()) + low
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text, re.ASCII) else None


WORD_VALIDATORS: Mapping[str, Callable[[str], None]] = MappingProxyType(
    {
        **{name: _of_shape(name) for name in _SHAPES},
        "emailaddress": emailaddress,
        "puppet_server_address": puppet_server_address,
        "duration": duration,
        "bytes": size_in_bytes,
        "cron": cron,
    }
)
