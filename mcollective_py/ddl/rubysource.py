"""The text of a Ruby DDL as its reader walks over it: places by line and column, blanks and comments, and what reading may cost."""

import re
from bisect import bisect_right

from ..errors import DDLError

MAX_TEXT = 256 * 1024  # characters; the longest known has 20,000
MAX_DEPTH = 16  # blocks, lists, brackets and interpolations in each other
MAX_VALUES = 20_000  # values and calls, those of loops each time
MAX_REPEATED = 1_000_000  # characters that loops read again
MAX_MADE = 2_000_000  # characters of all texts put together

READ_NOT_RUN = "a DDL is read, not run"

_BLANKS = re.compile(r"(?:[ \t\r\f\v]|\\\n|#[^\n]*)+")
_BEGIN = re.compile(r"=begin(?:[ \t][^\n]*)?(?=\n|\Z)")
_END = re.compile(r"^=end(?:[ \t][^\n]*)?(?:\n|\Z)", re.MULTILINE)
_DATA = re.compile(r"__END__(?=\n|\Z)")


class RubySource:
    """A text and the place read next. Every refusal is a DDLError with file, line and column."""

    def __init__(self, text: str, plugin: str, file: str) -> None:
        self.plugin, self.file = plugin, file
        if len(text) > MAX_TEXT:
            raise DDLError(plugin, f"{file}: {len(text)} characters, {MAX_TEXT} are allowed")
        self.text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        self.pos = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", self.text))]
        self._after: dict[int, int] = {}  # where a line end leads to when a heredoc's body follows it
        self._depth = self._values = self._made = self._repeated = 0
        self._skip_sections()

    # --- places -------------------------------------------------------------------------------------------------------

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of a place, both from 1."""
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def error(self, problem: str, at: int | None = None) -> DDLError:
        """What is wrong, and where; here, if no place is given."""
        line, column = self.place(min(self.pos if at is None else at, len(self.text)))
        return DDLError(self.plugin, f"{self.file}:{line}:{column}: {problem}")

    # --- what reading may cost ----------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Go one level deeper."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH}")

    def leave(self) -> None:
        """Come back up."""
        self._depth -= 1

    def count(self, values: int = 1) -> None:
        """So many values more."""
        self._values += values
        if self._values > MAX_VALUES:
            raise self.error(f"more than {MAX_VALUES} values")

    def made(self, text: str) -> str:
        """A text that was put together, counted."""
        self._made += len(text)
        if self._made > MAX_MADE:
            raise self.error(f"its texts have more than {MAX_MADE} characters together")
        return text

    def repeated(self, characters: int) -> None:
        """So many characters were read by a loop."""
        self._repeated += characters
        if self._repeated > MAX_REPEATED:
            raise self.error(f"its loops repeat more than {MAX_REPEATED} characters")

    # --- walking ------------------------------------------------------------------------------------------------------

    @property
    def next(self) -> str:
        """The next character, empty at the end."""
        return self.text[self.pos : self.pos + 1]

    def sees(self, word: str) -> bool:
        """Whether word comes next."""
        return self.text.startswith(word, self.pos)

    def takes(self, word: str) -> bool:
        """Whether word comes next; if so, go behind it."""
        if not self.sees(word):
            return False
        self.pos += len(word)
        return True

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What of a pattern comes next; if anything, go behind it."""
        found = pattern.match(self.text, self.pos)
        if found is not None:
            self.pos = found.end()
        return found

    def skip_blanks(self) -> None:
        """Go to the next word of this line, or its end."""
        self.match(_BLANKS)

    def skip_lines(self, also: str = "") -> None:
        """Go to the next word, on this line or a later one; also: characters that are passed over too."""
        while True:
            self.skip_blanks()
            if self.next == "\n":
                self._newline()
            elif self.next and self.next in also:
                self.pos += 1
            else:
                return

    def continues_with_dot(self) -> bool:
        """Whether a method follows, on this line or as the first of the next; if so, go behind its dot."""
        here = self.pos
        self.skip_lines()
        if self.next == "." and self.text[self.pos + 1 : self.pos + 2].isalpha():
            self.pos += 1
            return True
        self.pos = here
        return False

    def _newline(self) -> None:
        self.pos = self._after.get(self.pos, self.pos + 1)
        self._skip_sections()

    def _skip_sections(self) -> None:
        """At the start of a line: pass over =begin ... =end, and go to the end at __END__."""
        while (found := _BEGIN.match(self.text, self.pos)) is not None:
            end = _END.search(self.text, found.end())
            if end is None:
                raise self.error("=begin without =end")
            self.pos = end.end()
        if _DATA.match(self.text, self.pos):
            self.pos = len(self.text)

    # --- heredocs -----------------------------------------------------------------------------------------------------

    def body_begins(self) -> tuple[int, int]:
        """The end of this line, and where the body of a heredoc that stands on it begins."""
        line_end = self.text.find("\n", self.pos)
        if line_end < 0:
            raise self.error("a heredoc without its text")
        return line_end, self._after.get(line_end, line_end + 1)

    def body_ends(self, line_end: int, at: int) -> None:
        """The line goes on at another place: a heredoc's body is read already."""
        self._after[line_end] = at

    def check_lines(self, start: int) -> None:
        """A text from start to here must not run over a heredoc's body: it would be read as part of it."""
        line_end = self.text.find("\n", start, self.pos)
        while line_end >= 0:
            if line_end in self._after:
                raise self.error("a text that runs over several lines cannot share one with a heredoc: give it its own", start)
            line_end = self.text.find("\n", line_end + 1, self.pos)
