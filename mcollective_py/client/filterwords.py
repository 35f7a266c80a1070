"""The filter that the words of a Python call say: `fact="country=uk"`, `with_class=["role::web", "/^dc/"]`; pure."""

from collections.abc import Sequence

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

    Raises FilterError for a word that cannot be read. Identities are alternatives; all else narrows.
    """
    own = filter or Filter()
    more = Filter.parse(
        facts=_several(fact),
        classes=_several(with_class),
        agents=_several(with_agent),
        identities=_several(identity),
        combined=_several(combined),
        compound=_several(compound),
    )
    return Filter(
        own.facts + more.facts,
        own.classes + more.classes,
        own.agents + more.agents,
        own.identities + more.identities,
        own.compound + more.compound,
    )


def _several(words: Words) -> Sequence[str]:
    return (words,) if isinstance(words, str) else words
