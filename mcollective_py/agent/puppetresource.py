"""One resource by `puppet resource`: the words of the command, what it answers, and where the program is."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InvalidRPCData, RPCAborted

# Vendor's packages first: where both are, theirs is the one that is in use.
PLACES = ("/opt/puppetlabs/bin/puppet", "/opt/puppetlabs/puppet/bin/puppet", "/usr/bin/puppet", "/usr/local/bin/puppet")
# With LC_ALL=C puppet reads its words as ASCII: a title that is not becomes `!binary`. The path is plain on purpose: the package type
# asks every provider's program for its version, and one shim of a version switcher in the path ends it with `[nil, nil, ...]`.
ENVIRONMENT: Mapping[str, str | None] = {"LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
MAX_ANSWER = 512 * 1024  # characters that are read as YAML

_TYPE = re.compile(r"[a-z][a-z0-9_]*(?:::[a-z][a-z0-9_]*)*")
_PROPERTY = re.compile(r"[a-z][a-z0-9_]*")
_TITLE = re.compile(r"[^\x00-\x1f\x7f]{1,1024}")
_MARK = re.compile(r"^---[ \t]*$", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NOTICE = re.compile(r"(?m)^Notice: (/.+)$")
_ERROR = re.compile(r"(?m)^Error: (.+)$")
_NOT_DONE = re.compile(r"\(noop\)$")


def find_puppet(configured: str | None = None, places: Sequence[str] = PLACES) -> str | None:
    """The path of the puppet program: the configured one, or the first of its usual places that there is; None for none."""
    return configured or next((place for place in places if Path(place).is_file()), None)


def puppet_resource(
    type: str, title: str, properties: Mapping[str, Any] | None = None, *, program: str = "/usr/bin/puppet", noop: bool = False,
    environment: str | None = None,
    config: str | None = None,
) -> list[str]:  # fmt: skip
    """The command that shows a resource, or with properties sets them; run it with env=ENVIRONMENT.

    type: in small letters, `package`. properties: texts, numbers, true or false. noop: say what would change and change nothing.
    config: another puppet.conf.
    Raises InvalidRPCData for what puppet could take for anything but a type, a title or a property.
    """
    if not _TYPE.fullmatch(type):
        raise InvalidRPCData(f"{type!r} is no resource type: small letters, digits and _, with :: between")
    if not _TITLE.fullmatch(title) or title.startswith("-"):
        raise InvalidRPCData(f"{title!r} is no title of a resource: one line of text that does not begin with -")
    words = [program, "resource", "--to_yaml", "--color=false"]
    if noop:
        words.append("--noop")
    if environment is not None:
        words.append(f"--environment={environment}")
    if config is not None:
        words.append(f"--config={config}")
    return [*words, "--", type, title, *(f"{_property(name)}={_word(name, value)}" for name, value in (properties or {}).items())]


def parse_resource(text: str) -> dict[str, Any]:
    """The properties that `puppet resource --to_yaml` prints of one resource, after the changes it tells of: `{"ensure": "present"}`.

    Empty where it printed none, as after an error. Values: text, numbers, booleans, lists and mappings; versions stay text.
    Raises RPCAborted for what is no such answer.
    """
    from ..errors import Malformed
    from ..wire.rubyyaml import loads

    start = _MARK.search(text)
    if start is None:
        return {}
    if len(text) > MAX_ANSWER:
        raise RPCAborted(f"puppet printed {len(text)} characters for one resource, the limit is {MAX_ANSWER}")
    try:
        document = loads(text[start.start() :].encode())
        (by_title,) = document.values()
        (properties,) = by_title.values()
    except (Malformed, AttributeError, ValueError) as error:
        raise RPCAborted(f"puppet resource printed what cannot be read: {error}") from error
    if not isinstance(properties, dict):
        raise RPCAborted("puppet resource printed no properties")
    return {str(name): value for name, value in properties.items()}


def parse_changes(text: str) -> list[str]:
    """What was changed, a line each: `/File[/tmp/x]/ensure: created`. With noop, what would have been."""
    return [found[1] for found in _NOTICE.finditer(_before_answer(text))]


def is_changed(changes: Sequence[str]) -> bool:
    """True where one of them has been made, False where they would only have been."""
    return any(not _NOT_DONE.search(change) for change in changes)


def parse_errors(text: str) -> list[str]:
    """What went wrong, by standard error, each once and the nearest to the cause first.

    They are the only sign: puppet resource ends with 0 where a resource could not be changed.
    """
    return list(dict.fromkeys(found[1] for found in _ERROR.finditer(_COLOUR.sub("", text))))


def _before_answer(text: str) -> str:
    plain = _COLOUR.sub("", text)
    start = _MARK.search(plain)
    return plain if start is None else plain[: start.start()]


def _property(name: str) -> str:
    if not _PROPERTY.fullmatch(name):
        raise InvalidRPCData(f"{name!r} is no property of a resource: small letters, digits and _")
    return name


def _word(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str) or not value or "\0" in value:
        raise InvalidRPCData(f"the property {name} must be a text that is not empty, a number, true or false")
    return value
