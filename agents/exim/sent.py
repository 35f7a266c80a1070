"""Values that hosts sent, each as the kind that is wanted: what is of another kind, or missing, is as good as none."""

from collections.abc import Mapping, Sequence
from typing import Any


def mappings(value: object) -> list[Mapping[str, Any]]:
    """The mappings in a list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def number(value: object) -> int:
    """A whole number, 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62 else 0


def as_text(value: object) -> str:
    """Whatever it is as text; empty for none."""
    return "" if value is None else str(value)


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A text, empty for anything else."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def texts_of(row: Mapping[str, Any], name: str) -> Sequence[str]:
    """The texts in a list."""
    value = row.get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def time_of(row: Mapping[str, Any], name: str = "at") -> float:
    """A time in seconds since the epoch; 0 for anything else."""
    value = row.get(name)
    return float(value) if isinstance(value, float) and 0 < value < 1 << 34 else float(max(number(value), 0))
