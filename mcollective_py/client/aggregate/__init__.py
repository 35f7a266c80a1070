"""All that the author of an aggregate imports."""

from .base import Aggregated, AggregateFunction
from .formats import formatted
from .values import Counted, Numbers, label_of, number_of, parts_of

__all__ = ["AggregateFunction", "Aggregated", "Counted", "Numbers", "formatted", "label_of", "number_of", "parts_of"]
