"""`--table`: a row for each host, a column for each output by its label, as wide as the terminal."""

from collections.abc import Sequence

from ...client.results import RPCResult
from ...ddl.model import DDL
from ..inert import inert
from ..render import Style, labels, status_word, value_lines
from .base import Ending, failures_first, text_of
from .columns import cut, output_names, padded, shared_out, text_width

_GAP = "  "
_LEAST = 8  # columns of a terminal: less of a value says nothing
_LONGEST = 4000  # characters of one value where no terminal says how wide
_WIDEST = 20_000  # columns of a row then: one host's thousand long values would make the rows of all others as long


class Table:
    """The table, made when all is in."""

    def __init__(self, ddl: DDL | None, style: Style) -> None:
        self._ddl, self._style = ddl, style
        self._results: list[RPCResult] = []

    def result(self, result: RPCResult) -> str:
        """See Output."""
        self._results.append(result)
        return ""

    def end(self, ending: Ending) -> str:
        """See Output."""
        if not self._results:
            return ""
        results = failures_first(self._results)
        names = output_names(results, self._ddl, ending.stats.action)
        words = labels(self._ddl, ending.stats.action)
        states = [status_word(result) for result in results]
        says_more = [result.statusmsg if result.statusmsg != "OK" else "" for result in results]
        columns = [["Host", *(result.sender for result in results)]]
        if any(word for _, word in states):
            columns.append(["Status", *(word or "OK" for _, word in states)])
        if any(says_more):
            columns.append(["Message", *says_more])
        shown = [[one_line(value) for value in column] for column in columns]
        numbers = [False] * len(shown)
        for name in names:
            has_data = [name in result.data and (result.is_ok or self._style.verbose) for result in results]
            if not any(has_data):
                continue
            values = [result.data[name] if is_shown else None for result, is_shown in zip(results, has_data, strict=True)]
            shown.append([inert(str(words.get(name, name))), *(_cell(value) for value in values)])
            numbers.append(all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values))
        return text_of(table_lines(shown, numbers, self._style, colors=[code for code, _ in states]))


def table_lines(columns: Sequence[Sequence[str]], is_number: Sequence[bool], style: Style, *, colors: Sequence[str]) -> list[str]:
    """Columns of inert text, the head first, as lines; on a terminal no wider than it is, elsewhere no wider than _WIDEST.

    is_number: which columns stand to the right. colors: of each row's second column, empty for none.
    """
    natural = [max(text_width(text) for text in column) for column in columns]
    left_out, whole = 0, style.width if style.is_terminal else _WIDEST
    while True:
        room = whole - len(_GAP) * (len(natural) - left_out - 1)
        wanted = natural[: len(natural) - left_out]
        # Half a name is no host's: the first column gives way only where not one other would fit beside it.
        name = min(natural[0], max(room - (_LEAST if len(wanted) > 1 else 0), _LEAST))
        widths = [name, *shared_out(wanted[1:], room - name, _LEAST)]
        if sum(widths) <= room or len(widths) == 1:
            break
        left_out += 1
    lines = []
    for row in range(len(columns[0])):
        filled = max(at for at, column in enumerate(columns) if column[row] or at == 0) + 1  # what follows is blank
        cells = [
            padded(cut(column[row], width), width, is_right=right)
            for column, width, right in zip(columns[:filled], widths, is_number, strict=False)
        ]
        if row == 0:
            cells = [style.bold(text) for text in cells]
        elif colors[row - 1] and len(cells) > 1:
            cells[1] = style.paint(colors[row - 1], cells[1])
        lines.append(_GAP.join(cells).rstrip())
    if left_out:
        more = "1 more column does" if left_out == 1 else f"{left_out} more columns do"
        lines += ["", f"{more} not fit: a wider terminal, --json or --format csv has {'it' if left_out == 1 else 'them'}"]
    return lines


def one_line(text: str) -> str:
    r"""Inert text without line breaks: they are shown as `\n`."""
    shown = inert(text[: _LONGEST + 1].rstrip("\n").replace("\r\n", "\n").replace("\n", "\\n").replace("\t", " "))
    return cut(shown, _LONGEST)


def _cell(value: object) -> str:
    return one_line("\n".join(value_lines(value))) if isinstance(value, str | bytes) else one_line(" ".join(_words(value)))


def _words(value: object) -> list[str]:
    return [line.strip() for line in value_lines(value)]
