"""Names that a filter gives: plain ones, and regular expressions, which begin with a slash."""

from collections.abc import Collection

from .regex import Effort, compile_regex

_COMPARE = 2  # in units of regex.Effort


def pattern_of(word: str) -> str:
    """The regular expression in a name that begins with a slash: all slashes go, as on Ruby's nodes."""
    return word.replace("/", "")


def is_among(word: str, names: Collection[str], effort: Effort) -> bool:
    """True where a name is the word, or matches it. Raises RegexRefused for an expression that is not run."""
    if not word.startswith("/"):
        effort.spend(_COMPARE)
        return word in names
    regex = compile_regex(pattern_of(word), effort)
    return regex.is_in_any(names, effort)
