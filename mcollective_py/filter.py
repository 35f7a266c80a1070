"""Filter: which hosts are meant; read from command-line words, to and from the wire's dict."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .errors import FilterError
from .facttest import OPERATORS, FactTest, is_fact_word, is_regex

if TYPE_CHECKING:
    from .expression import Expression

_CONNECTIVES = ("and", "or", "not")
MAX_TERMS = 64  # conditions in one filter on the wire, all kinds together
MAX_IDENTITIES = 100_000  # names that a client takes: those that no message has room for are asked by name
RAW_QUERY = "pql:"  # an identity that begins so is a query, which PuppetDB alone can answer
_MAX_TEXT = 4096  # characters in one name or value
_KEYS = ("fact", "cf_class", "agent", "identity", "compound")


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that a host must all meet; identities are alternatives. Empty means every host.

    compound: expressions of -S as the wire carries them, each a call stack (callstack.py) of plain values; FilterError for any other
    value. expressions: their trees.
    """

    facts: tuple[FactTest, ...] = ()
    classes: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    compound: tuple[Any, ...] = field(default=(), hash=False)
    expressions: tuple["Expression", ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "expressions", _trees(self.compound) if self.compound else ())

    @classmethod
    def parse(
        cls,
        *,
        facts: Iterable[str] = (),
        classes: Iterable[str] = (),
        agents: Iterable[str] = (),
        identities: Iterable[str] = (),
        combined: Iterable[str] = (),
        compound: Iterable[str] = (),
    ) -> "Filter":
        """The filter that the words of -F, -C, -A, -I, -W and -S say; in a -W word each token is a fact test or a class.

        A fact test or a class with `!` in front must not hold: it becomes a compound filter, and holds on hosts without the fact, too.
        An identity may be a node set or a group: only a client knows whom it means, and expands it.
        """
        tests: list[FactTest] = []
        names: list[str] = []
        negated: list[FactTest | str] = []

        def add(word: str, read: Callable[[str], FactTest | str]) -> None:
            bare = word.strip()
            if bare == "!":
                raise FilterError("after ! stands what must not hold: '!country=uk', '!role::web'")
            found = read(bare[1:].lstrip() if bare.startswith("!") else word)
            if bare.startswith("!"):
                negated.append(found)
            elif isinstance(found, FactTest):
                tests.append(found)
            else:
                names.append(found)

        for word in _words(facts):
            add(word, FactTest.parse)
        for word in _words(classes):
            add(word, lambda word: _name(word, "class"))
        for words in _words(combined):
            if not words.strip():
                raise FilterError("an empty word in a filter would mean every host: leave the option out or say who is meant")
            for token in words.split():
                add(token, _token)
        return _checked(
            cls(
                tuple(tests),
                tuple(names),
                tuple(_name(word, "agent") for word in _words(agents)),
                tuple(_identity(word) for word in _words(identities)),
                (*_negations(negated), *_callstacks(compound)),
            ),
            counts_identities=False,
        )

    @classmethod
    def from_wire(cls, value: object) -> "Filter":
        """The filter in a message: all five keys, nothing else; FilterError for any other shape."""
        if not isinstance(value, Mapping) or set(value) != set(_KEYS):
            raise FilterError(f"a filter has exactly the keys {', '.join(_KEYS)}")
        facts = []
        for entry in _list(value["fact"], "fact"):
            if not isinstance(entry, Mapping) or set(entry) != {"fact", "operator", "value"}:
                raise FilterError("a fact filter has exactly the keys fact, operator and value")
            if entry["operator"] not in OPERATORS:
                raise FilterError(f"unknown fact operator {str(entry['operator'])[:20]!r}")
            facts.append(FactTest(_text(entry["fact"]), entry["operator"], _text(entry["value"])))
        classes, agents, identities = (
            tuple(_text(item) for item in _list(value[key], key)) for key in ("cf_class", "agent", "identity")
        )
        return _checked(cls(tuple(facts), classes, agents, identities, tuple(_list(value["compound"], "compound"))))

    def to_wire(self) -> dict[str, Any]:
        """The dict that messages carry: string keys, lists, all five keys always."""
        return {
            "fact": [{"fact": t.fact, "operator": t.operator, "value": t.value} for t in self.facts],
            "cf_class": list(self.classes),
            "agent": list(self.agents),
            "identity": list(self.identities),
            "compound": list(self.compound),
        }

    @property
    def fits_wire(self) -> bool:
        """True where one message has room for all of it."""
        return _terms(self) <= MAX_TERMS

    def with_agent(self, agent: str) -> "Filter":
        """This filter, for hosts that also have the agent."""
        return self if agent in self.agents else replace(self, agents=(*self.agents, agent))

    @property
    def is_empty(self) -> bool:
        """True where every host is meant (having an agent does not narrow it for an operator)."""
        return not (self.facts or self.classes or self.identities or self.compound)

    @property
    def is_literal(self) -> bool:
        """True where it has whole names alone: no regular expression, no facts, nothing compound."""
        names = (*self.classes, *self.agents, *self.identities)
        return not (self.facts or self.compound or any(name.startswith("/") for name in names))

    @property
    def named_identities(self) -> tuple[str, ...] | None:
        """The identities where they alone say who is meant and none is a regex or a query; else None."""
        if self.facts or self.classes or self.compound or not self.identities:
            return None
        return None if any(is_regex(name) or name.startswith(RAW_QUERY) for name in self.identities) else self.identities


def _trees(stacks: tuple[object, ...]) -> "tuple[Expression, ...]":
    from .callstack import read_callstacks  # few filters are compound ones

    return read_callstacks(stacks)


def _callstacks(words: Iterable[str]) -> tuple[list[dict[str, Any]], ...]:
    expressions = _words(words)
    if not expressions:
        return ()
    from .compound import callstack_of

    return tuple(map(callstack_of, expressions))


def _negations(found: list[FactTest | str]) -> tuple[list[dict[str, Any]], ...]:
    if not found:
        return ()
    from .callstack import write_callstack
    from .expression import ClassTest

    return tuple(write_callstack(("not", ClassTest(test) if isinstance(test, str) else test)) for test in found)


def _words(words: Iterable[str]) -> list[str]:
    found = list(words)
    if isinstance(words, str) or not all(isinstance(word, str) for word in found):  # letter by letter it is another filter
        raise FilterError("the words of a filter are a list of texts")
    return found


def _token(token: str) -> FactTest | str:
    """A token of a -W word: a fact test, or a class."""
    if is_fact_word(token) and not token.startswith("/"):
        return FactTest.parse(token)
    if not token.startswith("/") and any(sign in token for sign in "=<>!~"):
        raise FilterError(f"'{token}' is neither a fact test nor a class: in -W write fact=value without blanks")
    if token.lower() in _CONNECTIVES or token in ("&&", "||"):
        raise FilterError(f"'{token}' is not taken in -W: all its conditions must hold; -S has and, or, not")
    return _name(token, "class")


def _name(word: str, kind: str) -> str:
    """A class, agent or identity as it is written: a name, or a regular expression between slashes."""
    if not is_regex(word):
        if "/" in (word[:1], word[-1:]):
            raise FilterError(
                f"{kind} '{word}': a regular expression stands between two slashes, with no flags after it and no blanks in -W"
            )
        if any(sign in "=<>!~" for sign in word):
            raise FilterError(f"{kind} '{word}' is no name: a fact test is written with -F")
        if any(sign == "," or sign.isspace() for sign in word):
            raise FilterError(f"{kind} '{word}' is no name: give each name an option of its own")
    return word


def _identity(word: str) -> str:
    """An identity as it is written: a name, a regular expression, a node set (`web[01-20],db1`), `group:NAME` or `pql:QUERY`."""
    is_read_later = word.startswith(RAW_QUERY) or (not is_regex(word) and any(sign in word for sign in "[],"))
    return word if is_read_later else _name(word, "identity")


def _terms(filter: Filter) -> int:
    return sum(map(len, (filter.facts, filter.classes, filter.agents, filter.identities, filter.compound)))


def _checked(filter: Filter, *, counts_identities: bool = True) -> Filter:
    terms = _terms(filter) - (0 if counts_identities else len(filter.identities))
    if terms > MAX_TERMS:
        raise FilterError(f"a filter may have {MAX_TERMS} terms, this one has {terms}")
    if len(filter.identities) > MAX_IDENTITIES:
        raise FilterError(f"a filter may have {MAX_IDENTITIES} identities, this one has {len(filter.identities)}")
    for text in (*filter.classes, *filter.agents, *filter.identities):
        if not text.strip():
            raise FilterError("an empty name in a filter matches nobody: leave the option out or give a name")
    parts = (part for test in filter.facts for part in (test.fact, test.value))
    for text in (*filter.classes, *filter.agents, *filter.identities, *parts):
        _text(text)
    return filter


def _list(value: object, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise FilterError(f"{key} in a filter is a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise FilterError(f"names and values in a filter are texts of at most {_MAX_TEXT} characters")
    return value
