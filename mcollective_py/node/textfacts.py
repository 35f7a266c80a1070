"""Facts as hosts with Ruby have them: every scalar is text, so that one fleet has one value for one thing."""

from collections.abc import Mapping
from typing import Any

from .facts import as_text
from .factsource import FactsSource
from .plainfacts import plain_facts


class TextFacts:
    """A FactsSource over another: `true` for true, `0.1` for 0.10, nothing for null; mappings and lists stay."""

    def __init__(self, source: FactsSource) -> None:
        self._source = source

    def load(self) -> Mapping[str, Any]:
        """See FactsSource."""
        return {name: _text(value) for name, value in plain_facts(self._source.load()).items()}

    def fingerprint(self) -> object:
        """See FactsSource."""
        return self._source.fingerprint()


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _text(item) for key, item in value.items()}
    return [_text(item) for item in value] if isinstance(value, list) else as_text(value)
