"""Whole-name patterns of certificate names with `*` and `?`: which names may send requests, and which may do so for others."""

import re
from collections.abc import Iterable

from ..names import is_certname

_PATTERN = re.compile(r"[a-z0-9_*?][a-z0-9._\-*?]{0,254}", re.ASCII)
_FOR = re.compile(r"[A-Za-z0-9_*?]{1,32}=[A-Za-z0-9_*?][A-Za-z0-9_.\-*?]{0,254}", re.ASCII)
_MEANS = {"*": "[a-z0-9._\\-]+", "?": "[a-z0-9._\\-]"}
_MEANS_OF_CALLERS = {"*": "[A-Za-z0-9_.\\-]+", "?": "[A-Za-z0-9_.\\-]"}


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


class Delegations:
    """Which certificates may ask on behalf of which callers: words like `portal.mcollective:sso=*`, a pattern of certnames, a colon
    and one of caller ids. Without colon for every caller.

    Nobody asks as another `cert=` than the caller patterns take, and none of these names is privileged by that alone: it has to be a
    caller's own first. Raises ValueError for a word that is none.
    """

    def __init__(self, words: Iterable[str], callers: CallerPatterns) -> None:
        self.words, self._callers = tuple(words), callers
        self._pairs = [_delegation(word) for word in self.words]

    def of(self, certname: str) -> tuple[str, ...]:
        """On whose behalf a certificate may ask: patterns, `everybody` where there is no limit."""
        return tuple(
            word.partition(":")[2] or "everybody"
            for word, (who, _) in zip(self.words, self._pairs, strict=True)
            if who.fullmatch(certname)
        )

    def refusal(self, certname: str, caller: str) -> str | None:
        """Why this certificate may not ask on behalf of this caller id; None where it may."""
        own = [whom for who, whom in self._pairs if who.fullmatch(certname)]
        if not own:
            return f"{certname} may not ask on behalf of others (plugin.x509.privileged_certnames)"
        if not any(whom is None or whom.fullmatch(caller) for whom in own):
            return f"{certname} may not ask on behalf of {caller} (plugin.x509.privileged_certnames)"
        kind, _, name = caller.partition("=")
        if kind == "cert" and not (is_certname(name) and self._callers.match(name)):
            return f"{certname} asks on behalf of {caller}, which is no caller here (plugin.x509.caller_certnames)"
        return None


def _delegation(word: str) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    name, colon, whom = word.partition(":")
    if not re.search("[a-z0-9]", name):
        raise ValueError(f"{word[:80]!r} would let every caller ask on behalf of others: name the certificates")
    if not colon:
        return name_pattern(name), None
    if _FOR.fullmatch(whom) is None:
        raise ValueError(f"{whom[:80]!r} is no pattern of callers, such as sso=* or cert=ops-*.mcollective")
    return name_pattern(name), re.compile("".join(_MEANS_OF_CALLERS.get(char, re.escape(char)) for char in whom))
