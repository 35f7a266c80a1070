"""Host names out of text, JSON and YAML: what lists hold, and what our commands print; pure."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ...errors import DiscoveryError, FilterError
from ...facttest import is_regex
from ...matching.nodeset import MAX_NAMES, expand
from ...text import printable

KINDS = ("auto", "text", "json", "yaml")
MAX_NAMED = 10 * MAX_NAMES  # names in all, each as often as it comes: a short line can name a hundred thousand
_SENDERS = ("sender", "certname")  # our results and Ruby's; PuppetDB's nodes
_LISTS = ("replies", "hosts", "nodes")  # of our calls and `mco ping`; of `mco find`; of Choria's find


def read_hosts(content: bytes, place: str, kind: str = "auto") -> tuple[str, ...]:
    """The names in a list, in its order, each once. place: its name for messages. kind: one of KINDS.

    Text has a name or node set on each line, `#` comments. JSON and YAML are a list of names or of mappings with `sender` or
    `certname`, a document of `mco ... --json`, or lines of `--jsonl`. Raises DiscoveryError: for anything else, and for no host at all,
    which is never taken for nobody, nor for everybody.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DiscoveryError(f"{place} is no text: byte {error.start} is no UTF-8") from error
    chosen = _kind_of(text) if kind == "auto" else kind
    words = {"text": _text_words, "json": _json_words, "yaml": _yaml_words}[chosen](text, place)
    names: dict[str, None] = {}
    room = MAX_NAMED
    for where, word in words:
        found = _expanded(word, where)
        room -= len(found)
        if room < 0:
            raise DiscoveryError(f"{where}: up to here the same hosts are named again and again, more than {MAX_NAMED} times in all")
        names.update(dict.fromkeys(found))
        if len(names) > MAX_NAMES:
            raise DiscoveryError(f"{place} has more than {MAX_NAMES} hosts")
    if not names:
        raise DiscoveryError(f"{place} names no hosts")
    return tuple(names)


def _kind_of(text: str) -> str:
    first = next((line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")), "")
    if first.startswith("{") or (first.startswith("[") and (first == "[" or first[1:].lstrip()[:1] in ("{", '"', "]"))):
        return "json"  # a node set may begin with a bracket, too: [1-3].example.com
    return "yaml" if first == "---" or first.startswith("- ") else "text"


def _expanded(word: str, where: str) -> tuple[str, ...]:
    if is_regex(word) or word.startswith("/"):
        raise DiscoveryError(
            f"{where}: {printable(word[:80])} is a regular expression, and a list has names: -I takes those of it that match"
        )
    try:
        return expand(word)
    except FilterError as error:
        raise DiscoveryError(f"{where}: {error}") from error


_Words = Iterable[tuple[str, str]]  # where a word stands, and the word


def _text_words(text: str, place: str) -> _Words:
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip()
        if word:
            yield f"{place}:{number}", word


def _yaml_words(text: str, place: str) -> _Words:
    from ...ddl.document import from_yaml
    from ...errors import DDLError

    try:
        value = from_yaml(text, "hosts", place, max_text=len(text), max_values=3 * MAX_NAMES).value
    except DDLError as error:
        raise DiscoveryError(error.reason) from error
    return _words_of(value, place)


def _json_words(text: str, place: str) -> _Words:
    try:
        return _words_of(json.loads(text), place)
    except RecursionError as error:
        raise DiscoveryError(f"{place}: nested too deeply") from error
    except ValueError as error:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith("{") for _, line in lines):
            raise DiscoveryError(f"{place} is no JSON: {error}") from error
    return _line_words(lines, place)


def _line_words(lines: Iterable[tuple[int, str]], place: str) -> _Words:
    """One document a line; those that are of no host are marked by their type."""
    for number, line in lines:
        where = f"{place}:{number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DiscoveryError(f"{where} is no JSON: {error}") from error
        if isinstance(value, dict) and "type" in value and not any(key in value for key in _SENDERS):
            continue
        yield where, _sender(value, where)


def _words_of(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        key = next((key for key in _LISTS if isinstance(value.get(key), list)), None)
        if key is None:
            if "type" in value and not any(key in value for key in _SENDERS):
                return  # the one line of a --jsonl without results
            if not any(key in value for key in _SENDERS):
                raise DiscoveryError(
                    f"{place} has neither of the lists {', '.join(_LISTS)}: give a list of hosts, or what --json prints"
                )
            value = [value]
        else:
            value, place = value[key], f"{place}: {key}"
    if not isinstance(value, list):
        raise DiscoveryError(f"{place} is no list of hosts")
    for number, item in enumerate(value, 1):
        where = f"{place}: item {number}"
        yield where, item if isinstance(item, str) else _sender(item, where)


def _sender(value: Any, where: str) -> str:
    found = next((value[key] for key in _SENDERS if key in value), None) if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise DiscoveryError(f"{where} has no {' and no '.join(_SENDERS)}, so it names no host")
    return found
