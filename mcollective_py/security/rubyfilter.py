"""Filters as Ruby's messages carry them: string keys outside, symbols in a fact test, call stacks with real regular expressions."""

from collections.abc import Mapping
from typing import Any

from ..errors import FilterError
from ..facttest import is_regex
from ..filter import Filter
from ..wire.symbol import Regexp, Symbol

_KEYS = frozenset(("fact", "cf_class", "agent", "identity", "compound"))
_CLASSES = ("puppet_class", "cf_class")  # any key with one of these in it counts as classes, a symbol too
_REGEX_OPERATORS = ("=~", "!=~")
_IGNORES_CASE = 1  # the one option of a regular expression that ours can say, too


def as_text(value: object) -> str | None:
    """The text that a value is: a string, or a byte string in ASCII; None for a symbol and for all else."""
    if type(value) is str:
        return value
    if type(value) is bytes and value.isascii():
        return value.decode("ascii")
    return None


def filter_to_ruby(filter: Filter) -> dict[str, Any]:
    """The hash that a request carries: all five keys, always."""
    return {
        "fact": [{Symbol("fact"): t.fact, Symbol("value"): t.value, Symbol("operator"): t.operator} for t in filter.facts],
        "cf_class": list(filter.classes),
        "agent": list(filter.agents),
        "identity": list(filter.identities),
        "compound": [[_element_to_ruby(element) for element in stack] for stack in filter.compound],
    }


def filter_from_ruby(value: object) -> Filter:
    """The filter in a message; keys may be missing, and unknown ones are passed over as Ruby's nodes do.

    Raises FilterError for what no node could apply, and for what a Ruby node takes for "nobody": a filter without any condition is
    everybody's only where it is `{}` or the five empty lists.
    """
    if not isinstance(value, dict):
        raise FilterError("a filter is a hash")
    found: dict[str, list[Any]] = {"fact": [], "cf_class": [], "agent": [], "identity": [], "compound": []}
    for key, entries in value.items():
        name = _key(key)
        if name is None:
            continue
        if not isinstance(entries, list):
            raise FilterError(f"{name} in a filter is a list")
        found[name] += entries
    if not any(found.values()) and value and not _is_the_empty_one(value):
        raise FilterError("a filter without a condition, and not the empty one: it means nobody")
    wire = {
        "fact": [_fact_from_ruby(entry) for entry in found["fact"]],
        **{key: [_name(entry) for entry in found[key]] for key in ("cf_class", "agent", "identity")},
        "compound": _plain(found["compound"]),
    }
    return Filter.from_wire(wire)


def _key(key: object) -> str | None:
    """Which of the five a key of the hash is; None for one that is passed over."""
    text = str(key) if isinstance(key, Symbol) else as_text(key)
    if text is not None and any(word in text for word in _CLASSES):
        return "cf_class"
    return text if text in _KEYS and not isinstance(key, Symbol) else None


def _is_the_empty_one(value: Mapping[Any, Any]) -> bool:
    return len(value) == len(_KEYS) and {as_text(key) for key in value} == _KEYS


def _fact_from_ruby(entry: object) -> dict[str, str]:
    if not isinstance(entry, dict):
        raise FilterError("a fact filter is a hash")
    named = {str(key): value for key, value in entry.items() if isinstance(key, Symbol)}
    return {part: _text(named.get(part), f"the {part} of a fact filter") for part in ("fact", "operator", "value")}


def _name(entry: object) -> str:
    return _text(entry, "a class, agent or identity in a filter")


def _text(value: object, what: str) -> str:
    text = as_text(value)
    if text is None:
        raise FilterError(f"{what} is a string")
    return text


def _plain(value: Any) -> Any:
    """A call stack with text in place of byte strings and regular expressions; callstack.py judges what it then holds."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Regexp):
        return _regex_text(value)
    if isinstance(value, Symbol):
        raise FilterError("a symbol in a compound filter, where Ruby's nodes look for strings")
    text = as_text(value)
    return value if text is None else text


def _regex_text(regexp: Regexp) -> str:
    if regexp.options & ~_IGNORES_CASE:
        raise FilterError("the options x and m of a regular expression are not known here")
    return f"/{'(?i)' if regexp.options else ''}{regexp.source}/"


def _element_to_ruby(element: Mapping[str, Any]) -> dict[str, Any]:
    call = element.get("fstatement")
    if not isinstance(call, Mapping) or call.get("operator") not in _REGEX_OPERATORS:
        return dict(element)
    compared = call["r_compare"]
    if isinstance(compared, str) and is_regex(compared):
        return {"fstatement": {**call, "r_compare": Regexp(compared[1:-1])}}
    return dict(element)
