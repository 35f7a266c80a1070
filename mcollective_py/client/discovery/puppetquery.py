"""What PuppetDB is asked, and what of a filter is left to us: queries as its AST, JSON values in which no word can be more than text;
pure.

Facts, and all regular expressions, are not translated: PuppetDB gives the values that the tests are about, of all hosts that may be
meant, and the same code judges them that does so on a host. So `cores>=4`, `os.release.major=12`, versions, lists and Ruby's regular
expressions mean the same by every discovery method.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...facttest import FactTest
from ...matching.facts import fact_matches
from ...matching.regex import Effort
from ...matching.regexsyntax import RegexRefused
from ...matching.words import is_among

Query = list[Any]  # an AST query, or a condition in one

CLASS = "Class"
_TOP = "Main"  # the class around each catalog, which does not stand in a classes file
_CLASS_NAME = re.compile(r"[a-z][a-z0-9_]*(?:::[a-z][a-z0-9_]*)*", re.ASCII)
# A step into a fact that PuppetDB can walk by itself: no number, which may index a list, and nothing that would need quotes.
_PLAIN_STEP = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_MAX_STEPS = 32


def active(*conditions: Query) -> Query:
    """The certnames of the nodes that meet all conditions, and are neither deactivated nor expired."""
    return ["from", "nodes", ["extract", ["certname"], ["and", ["=", "node_state", "active"], *conditions]]]


def is_one_of(names: Iterable[str]) -> Query:
    """The node is one of these."""
    return ["in", "certname", ["array", list(names)]]


def has_resource(type: str, titles: Iterable[str]) -> Query:
    """The node's catalog has a resource of a type with one of these titles."""
    which = ["and", ["=", "type", type], ["in", "title", ["array", list(titles)]]]
    return ["in", "certname", ["from", "resources", ["extract", "certname", which]]]


def titles_of(type: str) -> Query:
    """All titles that resources of a type have anywhere, each once."""
    return ["from", "resources", ["extract", ["title"], ["=", "type", type], ["group_by", "title"]]]


def fact_values(names: Iterable[str], certnames: Iterable[str]) -> Query:
    """Whole facts by their names, of some nodes: rows of certname, name and value."""
    which = ["and", ["in", "name", ["array", list(names)]], is_one_of(certnames)]
    return ["from", "facts", ["extract", ["certname", "name", "value"], which]]


def fact_part(path: str, certnames: Iterable[str]) -> Query:
    """A part of a fact by its dotted path, of some nodes: rows of certname and part_key(path), null where there is none.

    Raises ValueError for a path that is not walkable: it stands in the query as it is.
    """
    return ["from", "inventory", ["extract", ["certname", part_key(path)], is_one_of(certnames)]]


def part_key(path: str) -> str:
    """The name of a part in the rows of fact_part."""
    if not can_walk(path):
        raise ValueError(f"PuppetDB cannot walk to {path!r}")
    return f"facts.{path}"


def can_walk(path: str) -> bool:
    """Whether PuppetDB can be asked for this part of a fact; else the whole fact is fetched, and the walk is ours."""
    steps = path.split(".")
    return 1 < len(steps) <= _MAX_STEPS and all(_PLAIN_STEP.fullmatch(step) for step in steps)


def whole_names(path: str) -> list[str]:
    """The facts that a dotted name may be about: `a.b.c` that fact itself, else a part of `a.b`, else of `a`."""
    steps = path.split(".")
    return [".".join(steps[:count]) for count in range(min(len(steps), _MAX_STEPS), 0, -1)] if len(steps) > 1 else [path]


def class_title(name: str) -> str | None:
    """The title that Puppet gives the resource of a class, `Role::Web` for `role::web`; None for what can be no class."""
    if not _CLASS_NAME.fullmatch(name) or name == _TOP.lower():
        return None
    return "::".join(part[:1].upper() + part[1:] for part in name.split("::"))


def class_names(titles: Iterable[str]) -> dict[str, str]:
    """The names of classes as hosts know them -> their titles."""
    return {title.lower(): title for title in titles if title != _TOP}


def matching(word: str, names: Iterable[str]) -> list[str]:
    """Those of the names that a word of a filter means."""
    return [name for name in names if _is(word, name)]


def _is(word: str, name: str) -> bool:
    try:
        return is_among(word, (name,), Effort())
    except RegexRefused:
        return False


def passes(test: FactTest, facts: Mapping[str, Any]) -> bool:
    """As a host with these facts would judge the test."""
    try:
        return fact_matches(test, facts, Effort())
    except RegexRefused:
        return False


def nested(path: str, value: Any) -> dict[str, Any]:
    """A part of a fact as the fact that has nothing else in it: `{"os": {"family": "Debian"}}`."""
    steps: Sequence[str] = path.split(".")
    for step in reversed(steps):
        value = {step: value}
    return dict(value)
