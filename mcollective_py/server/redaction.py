"""What of a request may be written down: inputs without secrets, and texts in which secrets stood. Pure."""

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..ddl.model import DDL
from ..message import Request
from ..settings import HIDDEN_WORDS
from ..wire.plainjson import plain_json

_HIDDEN = tuple(HIDDEN_WORDS.split("|"))
_SECRET_NAME = re.compile(HIDDEN_WORDS, re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/\s@]{1,2000}(?=@)")
# `--db-password=x`, `TOKEN=x` and `"secret": "x"`, not the `psk: must be ...` of a message
_ASSIGNED = re.compile(rf"(?i)((?<![\w.-])[\w.-]{{0,80}}(?:{HIDDEN_WORDS})[\w.-]{{0,80}}(?:=|['\"]\s?[:=]>?\s?['\"]))([^\s&;,'\"]+)")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_STARS = "***"
_SHORTEST = 4  # characters of a secret that is looked for in texts: shorter ones are in every other word
_MAX_DEPTH = 36


def redacted(value: Any, salt: bytes) -> dict[str, Any]:
    """What stands for a secret: whether two of them are the same can be told, on one host, and nothing else without the salt."""
    found = {"redacted": True}
    if not salt:
        return found
    text = value if isinstance(value, str) else _json(value)
    return {**found, "sha256_8": hmac.new(salt, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:8]}


def data_of(request: Request, ddl: DDL | None, salt: bytes = b"") -> Any:
    """The inputs as they may be written, as JSON has them.

    Redacted are those that a DDL marks sensitive, those that no DDL speaks of, and, in others too, what looks like a secret: keys with
    such a name, private keys in PEM, passwords in addresses and in `password=...`.
    """
    if request.action is None:
        return harmless(request.body, salt)
    if not isinstance(request.body, Mapping):
        return redacted(request.body, salt)
    shown = shown_inputs(request, ddl)
    return {
        str(name): named(str(name), value, salt) if name in shown else redacted(value, salt) for name, value in request.body.items()
    }


def shown_inputs(request: Request, ddl: DDL | None) -> set[Any]:
    """The names of a request's inputs that a DDL knows and does not call sensitive."""
    action = ddl.actions.get(request.action or "") if ddl else None
    shown = {name for name, known in action.inputs.items() if not known.sensitive} if action else set()
    if action and action.additional_inputs:
        shown |= set(request.body) - set(action.inputs)
    return shown


def named(name: str, value: Any, salt: bytes, depth: int = 0) -> Any:
    """A value that goes by a name: redacted where that is one of a secret, and the value is text or a number."""
    if _SECRET_NAME.search(name) and not isinstance(value, bool | None):
        return redacted(value, salt)
    return harmless(value, salt, depth)


def harmless(value: Any, salt: bytes, depth: int = 0) -> Any:
    """A value as JSON has it, without what looks like a secret in it."""
    if isinstance(value, Mapping) and depth < _MAX_DEPTH:
        return {str(plain_key): named(str(plain_key), item, salt, depth + 1) for plain_key, item in _items(value)}
    if isinstance(value, list | tuple) and depth < _MAX_DEPTH:
        return [harmless(item, salt, depth + 1) for item in value]
    plain = plain_json(value)
    return harmless_text(plain) if isinstance(plain, str) else plain


def harmless_text(text: str) -> str:
    """A text with `***` in place of private keys, passwords in addresses, and values of `password=...`."""
    if "-----BEGIN" in text:
        text = _PEM.sub(_STARS, text)
    if "://" in text:
        text = _USERINFO.sub(_STARS, text)
    lowered = text.lower()  # four times as quick as the expression, for every line of a log
    return _ASSIGNED.sub(rf"\1{_STARS}", text) if any(word in lowered for word in _HIDDEN) else text


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name is a secret by that alone."""
    return _SECRET_NAME.search(name) is not None


def secrets_of(request: Request, sensitive: Collection[str]) -> tuple[str, ...]:
    """The texts in a request's sensitive inputs, the longest first, which nothing else may show. sensitive: names of inputs."""
    if not isinstance(request.body, Mapping) or not sensitive:
        return ()
    found = {text for name in sensitive if name in request.body for text in _texts(request.body[name], 0)}
    return tuple(sorted((text for text in found if len(text) >= _SHORTEST), key=len, reverse=True))


def without(text: str, secrets: Collection[str]) -> str:
    """A text with `***` in place of each of these, as it stands, as Python or JSON quotes it."""
    for secret in secrets:
        for form in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]):
            text = text.replace(form, _STARS)
    return harmless_text(text)


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "backslashreplace")
    elif isinstance(value, Mapping) and depth < _MAX_DEPTH:
        for item in value.values():
            yield from _texts(item, depth + 1)
    elif isinstance(value, list | tuple) and depth < _MAX_DEPTH:
        for item in value:
            yield from _texts(item, depth + 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def _items(value: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        (plain_key,) = plain_json({key: None})
        yield plain_key, item


def _json(value: Any) -> str:
    return json.dumps(plain_json(value), sort_keys=True)
