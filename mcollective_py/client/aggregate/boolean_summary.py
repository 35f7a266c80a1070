"""boolean_summary: how often true and false came, in words of one's own."""

from typing import Any

from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .summary import counted_lines
from .values import Counted, label_of, parts_of


class BooleanSummary(AggregateFunction):
    """`Enabled = 22`. options: `true` and `false`, the words for them. A value that is neither is counted as it is."""

    def startup(self) -> None:
        words = {str(name).lower(): word for name, word in self.options.items()}
        if unknown := sorted(set(words) - {"true", "false"}):
            self.refuse(f"{unknown[0]} is not known: it takes true and false")
        for name, word in words.items():
            if not isinstance(word, str):
                self.refuse(f"{name} must be text")
        self.words = {True: words.get("true", "True"), False: words.get("false", "False")}
        self.counted = Counted()

    def process_result(self, value: Any, result: RPCResult) -> None:
        for part in parts_of(value):
            self.counted.add(part, label_of(self.words[part]) if isinstance(part, bool) else None)

    def summarize(self) -> Aggregated:
        return counted_lines(self.counted, self.format or "%5s = %s")
