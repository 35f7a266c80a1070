"""The filter that the words of a Python call say: `fact="country=uk"`, `with_class=["role::web", "/^dc/"]`; pure."""

from collections.abc import Sequence
from typing import Any

from ..errors import FilterError, UsageError
from ..filter import Filter

Words = str | Sequence[str]


def narrowed(
    filter: Filter | None = None,
    *,
    fact: Words = (),
    with_class: Words = (),
    with_agent: Words = (),
    identity: Words = (),
    combined: Words = (),
    compound: Words = (),
) -> Filter:
    """A filter (every host where there is none) and these words of -F, -C, -A, -I, -W and -S beside it, each one text or several.

    Raises FilterError for a word that cannot be read, UsageError for what is no text. Identities are alternatives; all else narrows.
    """
    own = Filter() if filter is None else filter
    if not isinstance(own, Filter):
        raise FilterError(f"a filter is made by Filter.parse(facts=['country=uk'], ...), and {own!r} is none")
    more = Filter.parse(
        facts=several(fact, "fact"),
        classes=several(with_class, "with_class"),
        agents=several(with_agent, "with_agent"),
        identities=several(identity, "identity"),
        combined=several(combined, "combined"),
        compound=several(compound, "compound"),
    )
    return Filter(
        own.facts + more.facts,
        own.classes + more.classes,
        own.agents + more.agents,
        own.identities + more.identities,
        own.compound + more.compound,
    )


def several(words: Any, name: str) -> tuple[str, ...]:
    """One text or several, as several. Raises UsageError for anything else: a text is no list of its letters."""
    if isinstance(words, str):
        return (words,)
    found = () if words is None else tuple(words) if hasattr(words, "__iter__") else (words,)
    if wrong := [word for word in found if not isinstance(word, str)]:
        raise UsageError(f"{name}: a text or a list of them, not {wrong[0]!r}")
    return found
