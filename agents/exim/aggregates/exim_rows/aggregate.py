"""exim_rows: tables of all hosts as one: rows of one name are added up."""

from collections.abc import Callable, Mapping
from typing import Any

from mcollective_py.client.aggregate import Aggregated, AggregateFunction

from ...layout import age_text, size_text

_MAX_NAMES = 20_000
_SHOWN: Mapping[str, Callable[[int], str]] = {"ages": age_text, "sizes": size_text}


class EximRows(AggregateFunction):
    """A table. options: `name`, the key by which rows are the same; `sum`, `most`, `least`: keys of numbers, and what becomes of them;
    `sort` (`most`, by the first number, or `none`); `count` of rows that are shown (all of them); `ages`, `sizes`: keys that are
    shown as 24h and 12K, not as seconds and bytes.
    """

    def startup(self) -> None:
        self.check_options("name", "sum", "most", "least", "sort", "count", "ages", "sizes")
        self.name = str(self.options.get("name", "name"))
        self.how = {key: kind for kind in ("sum", "most", "least") for key in self.options.get(kind, ())}
        self.count = self.option("count", _MAX_NAMES, 1, _MAX_NAMES)
        self.shown = {key: show for option, show in _SHOWN.items() for key in self.options.get(option, ())}
        self.rows: dict[str, dict[str, float]] = {}
        self.left_out = 0

    def process_result(self, value: Any, result: Any) -> None:
        for row in value if isinstance(value, list) else ():
            if not isinstance(row, Mapping) or not isinstance(name := row.get(self.name), str):
                continue
            name = name[:200]
            if name not in self.rows and len(self.rows) >= _MAX_NAMES:
                self.left_out += 1
                continue
            self._add(self.rows.setdefault(name, {}), row)

    def _add(self, known: dict[str, float], row: Mapping[str, Any]) -> None:
        for key, how in self.how.items():
            number = row.get(key)
            if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) < 1e18:
                continue
            before = known.get(key)
            known[key] = (
                number if before is None else before + number if how == "sum" else (max if how == "most" else min)(before, number)
            )

    def _text(self, key: str, number: float) -> str:
        if key in self.shown:
            return self.shown[key](int(number))
        return f"{number:g}" if number < 1e6 else f"{number:.0f}"

    def summarize(self) -> Aggregated:
        keys = [*self.how]
        rows = [(name, [numbers.get(key, 0) for key in keys]) for name, numbers in self.rows.items()]
        if self.options.get("sort", "most") != "none" and keys:
            rows.sort(key=lambda row: (-row[1][0], row[0]))
        if not rows:
            return Aggregated(())
        shown = rows[: self.count]
        cells = [
            list(keys),
            *([self._text(key, number) for key, number in zip(keys, numbers, strict=True)] for _, numbers in shown),
        ]
        widths = [max(len(line[place]) for line in cells) for place in range(len(keys))]
        names = [self.name, *(name for name, _ in shown)]
        lines = [
            "  ".join([*(cell.rjust(width) for cell, width in zip(line, widths, strict=True)), name])
            for line, name in zip(cells, names, strict=True)
        ]
        if hidden := len(rows) - len(shown) + self.left_out:
            lines.append(f"... and {hidden} more")
        data = [{self.name: name, **dict(zip(keys, numbers, strict=True))} for name, numbers in rows[:1000]]
        return Aggregated(tuple(lines), data)
