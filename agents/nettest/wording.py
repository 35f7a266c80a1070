"""Results of network tests in words for people. Everything in a result is whatever a host sent; pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_CELL = 40  # characters in a matrix


def said(action: str, data: Mapping[str, Any]) -> str:
    """A line for a host whose test went well."""
    return _SAID[action](data)


def cell(action: str, data: Mapping[str, Any], message: str | None) -> str:
    """The same, short. message: what the host says where the test failed, else None."""
    text = message if message is not None else _CELLS[action](data)
    return text if len(text) <= _CELL else f"{text[: _CELL - 3]}..."


def matrix(rows: Mapping[str, Sequence[str]], columns: Sequence[str]) -> list[str]:
    """A line of captions and one for each host."""
    table = [["", *columns], *([name, *cells] for name, cells in rows.items())]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in table]


def is_bad(action: str, data: Mapping[str, Any]) -> bool:
    """True for an answer that is no failure of the test and yet bad news: not connected, a certificate that is critical."""
    return (action == "connect" and data.get("connect") is not True) or (action == "tls" and data.get("state") not in ("OK", "WARNING"))


def nagios_code(action: str, is_ok: bool, data: Mapping[str, Any]) -> int:
    """0 OK, 1 WARNING, 2 CRITICAL of one host."""
    if not is_ok or is_bad(action, data):
        return 2
    lost = data.get("loss")
    return 1 if data.get("state") == "WARNING" or (action == "ping" and isinstance(lost, int | float) and lost > 0) else 0


def _ping(data: Mapping[str, Any]) -> str:
    words = f"time = {_number(data.get('rtt'))} ms"
    if data.get("sent", 1) != 1:
        words += f", {_number(data.get('rtt_min'))} to {_number(data.get('rtt_max'))} ms"
        words += f", {_number(data.get('received'))} of {_number(data.get('sent'))} answered"
    return words


def _connect(data: Mapping[str, Any]) -> str:
    if data.get("connect") is True:
        return f"status = {_text(data.get('connect_status'))}, {_ms(data.get('connect_time'))}"
    return f"status = {_text(data.get('connect_status'))} ({_text(data.get('address'))}: {_text(data.get('error'))})"


def _dns(data: Mapping[str, Any]) -> str:
    answers = data.get("answers")
    words = ", ".join(_text(answer) for answer in answers[:20]) if isinstance(answers, list | tuple) and answers else "no such records"
    return f"{words} ({_number(data.get('time'))} ms, {_text(data.get('resolver'))})"


def _tls(data: Mapping[str, Any]) -> str:
    return (
        f"{_text(data.get('state'))}: {_text(data.get('reason'))}\n"
        f"{_text(data.get('subject'))}, by {_text(data.get('issuer'))}, {_text(data.get('version'))}"
    )


def _http(data: Mapping[str, Any]) -> str:
    words = (
        f"{_number(data.get('status'))} {_text(data.get('reason'))}, {_number(data.get('time'))} ms, {_number(data.get('bytes'))} bytes"
    )
    return f"{words}, at {_text(data.get('url'))}" if data.get("redirects") else words


def _cell_of_dns(data: Mapping[str, Any]) -> str:
    answers = data.get("answers")
    return ", ".join(_text(answer) for answer in answers[:5]) if isinstance(answers, list | tuple) and answers else "none"


_SAID: Mapping[str, Callable[[Mapping[str, Any]], str]] = {"ping": _ping, "connect": _connect, "dns": _dns, "tls": _tls, "http": _http}
_CELLS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "ping": lambda data: f"{_number(data.get('rtt'))} ms" + (f", {_number(data.get('loss'))}% lost" if data.get("loss") else ""),
    "connect": lambda data: _ms(data.get("connect_time")) if data.get("connect") is True else _text(data.get("connect_status")),
    "dns": _cell_of_dns,
    "tls": lambda data: f"{_text(data.get('state'))}, {_number(data.get('days'))} days",
    "http": lambda data: f"{_number(data.get('status'))}, {_number(data.get('time'))} ms",
}


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else _text(value)


def _ms(seconds: Any) -> str:
    return f"{seconds * 1000:.1f} ms" if isinstance(seconds, int | float) else _text(seconds)


def _text(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())[:500]
