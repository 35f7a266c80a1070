"""A caller's regular expression, searched for in linear time: no pattern, however it is written, keeps a host busy."""

from ..errors import InvalidRPCData, RPCAborted
from ..matching.regex import MAX_TEXT, Effort, compile_regex
from ..matching.regexsyntax import RegexRefused

EFFORT = 5_000_000  # see matching/regex.py; some 400 ms for all that one request searches


class Pattern:
    """One expression, in the syntax of filters. Raises InvalidRPCData for one that is not taken.

    effort: what all searches together may cost, in the units of matching/regex.py.
    """

    def __init__(self, text: str, effort: int = EFFORT) -> None:
        self._effort = Effort(effort)
        try:
            self._regex = compile_regex(text, self._effort)
        except RegexRefused as error:
            raise InvalidRPCData(f"the pattern is none that can be searched for: {error}") from error

    def is_in(self, text: str) -> bool:
        """True where it matches somewhere in the first 65,536 characters. Raises RPCAborted where the search costs too much."""
        try:
            return self._regex.search(text[:MAX_TEXT], self._effort)
        except RegexRefused as error:
            raise RPCAborted(f"searching for the pattern takes too long here: {error}") from error
