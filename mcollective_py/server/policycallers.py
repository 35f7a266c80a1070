"""Column 2 of a policy's line, and the groups file: who is meant, and whether a caller is; true, false or unknown (None)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..matching.regex import Effort, Regex
from ..matching.regexsyntax import RegexRefused


class CallerPattern:
    """A regular expression for whole texts, made once: a file of many would push one another out of what is kept of filters'."""

    __slots__ = ("_part", "_whole", "text")

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self._part, self._whole = Regex(pattern), Regex(rf"\A(?:{pattern})\z")

    def matches(self, text: str, effort: Effort) -> bool | None:
        """True where it matches from end to end, None where it matches a part only, or that cannot be found out."""
        try:
            if not self._part.search(text, effort):  # mostly so, and mostly by a few letters that are not there
                return False
            return True if self._whole.search(text, effort) else None
        except RegexRefused:
            return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CallerPattern) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"CallerPattern({self.text!r})"


@dataclass(frozen=True, slots=True)
class ExtensionTest:
    """What an extension of the caller's certificate must say: a text, or a whole match."""

    name: str
    value: str | CallerPattern


@dataclass(frozen=True, slots=True)
class Callers:
    """Who is meant: any of these. names: caller ids. groups: names of the groups file's.

    are_names_only: nothing but names must be looked at; worked out once, since every line of a policy is asked it for every request.
    """

    names: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    patterns: frozenset[CallerPattern] = frozenset()
    extensions: frozenset[ExtensionTest] = frozenset()

    are_names_only: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "are_names_only", not (self.groups or self.patterns or self.extensions))


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups file. problems: lines that make all of it unusable; then nobody knows who is in any group.

    lines: where each group stands. warnings: lines that mean little; both are (line, sentence).
    """

    file: str = "groups"
    members: Mapping[str, Callers] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[tuple[int, str], ...] = ()
    warnings: tuple[tuple[int, str], ...] = ()

    def find(self, name: str) -> Callers | None:
        """Who is in the group; None where that is not known."""
        return None if self.problems else self.members.get(name)

    def why_unknown(self, name: str) -> str | None:
        """Why nobody knows who is in a group; None where it is known."""
        if self.problems:
            line, problem = self.problems[0]
            return f"{self.file}:{line} cannot be read, so that no group is known: {problem}"
        return None if name in self.members else f"there is no group {name} in {self.file}"


def is_meant(callers: Callers, caller: str, extensions: Mapping[str, str] | None, groups: Groups, effort: Effort) -> bool | None:
    """Whether a caller is one of those. extensions: those of his certificate; None where the wire has none, or they are another's."""
    if caller in callers.names:
        return True
    doubt = False
    for name in callers.groups:
        members = groups.find(name)
        if members is not None and members.are_names_only:
            found: bool | None = caller in members.names
        else:
            found = None if members is None else is_meant(members, caller, extensions, groups, effort)
        if found:
            return True
        doubt = doubt or found is None
    for pattern in callers.patterns:
        found = pattern.matches(caller, effort)
        if found:
            return True
        doubt = doubt or found is None
    for test in callers.extensions:
        found = _says(test, extensions, effort)
        if found:
            return True
        doubt = doubt or found is None
    return None if doubt else False


def _says(test: ExtensionTest, extensions: Mapping[str, str] | None, effort: Effort) -> bool | None:
    if extensions is None:
        return None
    value = extensions.get(test.name)
    if value is None:
        return False
    return value == test.value if isinstance(test.value, str) else test.value.matches(value, effort)
