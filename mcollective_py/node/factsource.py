"""The facts source port, and the cache that keeps the last good facts."""

from collections.abc import Mapping
from typing import Any, Protocol


class FactsSource(Protocol):
    """Where facts come from: a class in facts/NAME/source.py, named after the folder (`Yaml`, `Facter`, `Native`).

    settings: the `plugin.NAME.*` and `plugin.NAME` settings of the configuration file, as text.
    """

    def __init__(self, settings: Mapping[str, str]) -> None: ...

    def load(self) -> Mapping[str, Any]:
        """All facts, nested mappings and lists of plain values. Raises PluginError with the reason when there are none to be had."""
        ...

    def fingerprint(self) -> object:
        """A value that changes when load would give something new; None where only age tells (a program that is run)."""
        ...
