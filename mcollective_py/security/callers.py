"""Whole-name patterns of certificate names with `*` and `?`, and which names may send requests."""

import re
from collections.abc import Iterable

_PATTERN = re.compile(r"[a-z0-9_*?][a-z0-9._\-*?]{0,254}", re.ASCII)
_MEANS = {"*": "[a-z0-9._\\-]+", "?": "[a-z0-9._\\-]"}


def name_pattern(text: str) -> re.Pattern[str]:
    """What takes the certificate names that a pattern means, matched whole: `*` is one character or more, `?` is one.

    Raises ValueError for a text that is no such pattern: brackets and the like mean nothing here.
    """
    if _PATTERN.fullmatch(text) is None:
        raise ValueError(f"{text[:80]!r} is no pattern of certificate names: lower case, digits, . _ - and * or ?")
    return re.compile("".join(_MEANS.get(char, re.escape(char)) for char in text))


class CallerPatterns:
    """Patterns of certnames, matched whole: `*.mcollective` takes alice.mcollective and a.b.mcollective, `*` stands for at least one
    character.

    Raises ValueError for a pattern that is none, and for one with no letter in it, which would make every host a caller.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        self._any = [name_pattern(pattern) for pattern in self.patterns]
        for pattern in self.patterns:
            if not re.search("[a-z0-9]", pattern):
                raise ValueError(f"{pattern!r} would make every host of this CA a caller: name them, as in *.mcollective")

    def match(self, certname: str) -> bool:
        """True for a name that one pattern takes whole."""
        return any(pattern.fullmatch(certname) for pattern in self._any)
