"""Words that say which hosts: names, node sets, regular expressions and groups; pure."""

from collections.abc import Callable, Iterable

from ...errors import FilterError, UsageError
from ...facttest import is_regex
from ...filter import MAX_IDENTITIES, RAW_QUERY
from ...matching.nodeset import expand, is_nodeset
from ...matching.regex import Effort, Regex, compile_regex
from ...matching.regexsyntax import RegexRefused
from ...matching.words import pattern_of
from ...names import is_identity
from ...text import printable

GROUP = "group:"


def no_groups(name: str) -> tuple[str, ...]:
    """The groups of who has none."""
    raise UsageError(f"there is no group {name}: groups stand in an inventory file, and plugin.discovery.inventory.file names none")


def expanded(words: Iterable[str], groups: Callable[[str], tuple[str, ...]] = no_groups) -> tuple[str, ...]:
    """The words with each node set and each group as the names that it means; a regular expression and a query stay themselves.

    groups: the names of a group. Raises FilterError for a word that is none of these, or too many names.
    """
    found: dict[str, None] = {}
    for word in words:
        if is_regex(word) or word.startswith(RAW_QUERY):
            found[word] = None
        elif word.startswith(GROUP):
            found.update(dict.fromkeys(groups(word.removeprefix(GROUP))))
        elif is_nodeset(word):
            found.update(dict.fromkeys(expand(word)))
        else:
            found[word] = None
    if len(found) > MAX_IDENTITIES:
        raise FilterError(f"more than {MAX_IDENTITIES} hosts are named")
    return tuple(found)


class HostWords:
    """Some hosts: `name in hosts` is True where the name is one of the words, or matches one of their regular expressions.

    words: as expanded gives them. Raises FilterError for an expression that is not taken, and for what is no host's name.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        self.names = frozenset(word for word in self.words if not word.startswith("/"))
        self._patterns = tuple(_compiled(word) for word in self.words if word.startswith("/"))
        for name in self.names:
            if not is_identity(name):
                raise FilterError(f"{printable(name[:80])!r} is no host name: letters, digits, '.', '_' and '-'")

    def __contains__(self, name: str) -> bool:
        return name in self.names or any(pattern.search(name, Effort()) for pattern in self._patterns)

    def __bool__(self) -> bool:
        return bool(self.words)


def _compiled(word: str) -> Regex:
    try:
        return compile_regex(pattern_of(word), Effort())
    except RegexRefused as error:
        raise FilterError(f"{printable(word[:80])} has a regular expression that is not taken: {error}") from None
