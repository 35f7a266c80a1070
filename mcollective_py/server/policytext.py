"""The text of a policy file to a Policy, that of the groups file to Groups; never raises: what is wrong stands in `problems`.

The format is that of MCollective's ActionPolicy plugin, read strictly: a line that cannot be understood denies the whole file.
docs/policies.md describes it.
"""

import re
from collections.abc import Iterator

from ..facttest import is_regex
from ..matching.regexsyntax import RegexRefused
from ..names import is_action, is_caller
from ..security.csrextensions import WORDS
from .actionpolicy import Policy, Rule
from .policycallers import CallerPattern, Callers, ExtensionTest, Groups
from .policyconditions import MIXED, Unreadable, classes_column, facts_column, inputs_column, patterns_of

_MAX_LINES = 10_000
_MAX_PROBLEMS = 20
_MAX_PATTERNS = 256  # for callers, in one file: each takes some kilobytes
_MAX_CONDITIONS = 1_000  # regular expressions for facts, classes and inputs, in one file: to read one may take milliseconds
_MAX_MEMBERS = 10_000  # of all groups
_TABS = re.compile(r"\t+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_GROUP = re.compile(r"[A-Za-z0-9_.\-]{1,64}", re.ASCII)
_EXTENSION_NAMES = frozenset(WORDS.values())
_EXTENSION = re.compile(r"ext:([A-Za-z0-9_.]{1,64})=(\S{1,1002})", re.ASCII)


def parse_policy(text: str, file: str) -> Policy:
    """The policy that a file's text says."""
    reader = _Reader(text)
    for number, line in reader.lines("policy"):
        try:
            reader.read(line, number)
        except Unreadable as error:
            reader.problems.append((number, str(error)))
    return Policy(file, tuple(reader.rules), reader.default, tuple(reader.problems[:_MAX_PROBLEMS]), tuple(reader.warnings))


def parse_groups(text: str, file: str) -> Groups:
    """The groups that the file's text says: `NAME CALLER CALLER ...` a line."""
    reader = _Reader(text)
    members: dict[str, Callers] = {}
    lines: dict[str, int] = {}
    count = 0
    for number, line in reader.lines("groups file"):
        try:
            name, *words = line.split()
            count += len(words)
            if _GROUP.fullmatch(name) is None:
                raise Unreadable(f"'{name[:60]}' is no name of a group: letters, digits, `_`, `.` and `-`")
            if count > _MAX_MEMBERS:
                raise Unreadable(f"all groups together have at most {_MAX_MEMBERS} members")
            found = reader.callers(words)
            if found.groups:
                raise Unreadable(f"'{min(found.groups)}' is no caller id like cert=alice: groups hold callers and no other groups")
        except Unreadable as error:
            reader.problems.append((number, str(error)))
            continue
        if name in lines:
            reader.warnings.append((number, f"takes the place of the group {name} in line {lines[name]}"))
        if not words:
            reader.warnings.append((number, f"the group {name} is empty: lines for it are for nobody"))
        members[name], lines[name] = found, number
    return Groups(file, members, lines, tuple(reader.problems[:_MAX_PROBLEMS]), tuple(reader.warnings))


class _Reader:
    """Reads lines into what a file says, and what is wrong with it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._patterns: dict[str, CallerPattern] = {}
        self._conditions: set[str] = set()
        self.rules: list[Rule] = []
        self.problems: list[tuple[int, str]] = []
        self.warnings: list[tuple[int, str]] = []
        self.default: tuple[int, bool] | None = None

    def lines(self, what: str) -> Iterator[tuple[int, str]]:
        """The lines that say something, numbered; those that no line may be like are problems."""
        lines = self._text.split("\n")
        if len(lines) > _MAX_LINES:
            self.problems.append((_MAX_LINES + 1, f"a {what} has at most {_MAX_LINES} lines"))
            return
        for number, raw in enumerate(lines, 1):
            line = raw.removesuffix("\r").rstrip(" \t")
            if not line or line.lstrip(" \t").startswith("#"):
                continue
            if _CONTROL.search(line):
                self.problems.append((number, "a control character stands in it"))
            else:
                yield number, line

    def read(self, line: str, number: int) -> None:
        """One line of a policy. Raises Unreadable."""
        if line.split()[0] != "policy":
            self.rules.append(self._rule(line, number))
            return
        allows, remark = _default(line)
        if self.default is not None:
            self.warnings.append((number, f"takes the place of the default in line {self.default[0]}"))
        self.warnings += [(number, remark)] if remark else []
        self.default = (number, allows)

    def _rule(self, line: str, number: int) -> Rule:
        fields = _TABS.split(line)
        if fields[0] not in ("allow", "deny"):
            if fields[0].split()[:1] in (["allow"], ["deny"]):
                raise Unreadable("the fields are separated by TABs, not by spaces")
            raise Unreadable("a line begins with allow, deny, `policy default` or #")
        if not 4 <= len(fields) <= 6:
            columns = "callers, actions, facts and perhaps classes and inputs"
            raise Unreadable(f"after {fields[0]} come {columns}, separated by TABs; there are {len(fields) - 1}")
        if len(self._conditions) > _MAX_CONDITIONS:
            raise Unreadable(f"a file has at most {_MAX_CONDITIONS} regular expressions for facts, classes and inputs")
        callers = _words(fields[1])
        actions = _words(fields[2])
        for word in actions or ():
            if not is_action(word):
                raise Unreadable(f"'{word[:60]}' is no name of an action")
        facts, mixes_facts = facts_column(fields[3], with_classes=len(fields) == 4)
        classes, mixes_classes = classes_column(fields[4]) if len(fields) > 4 else ((), False)
        inputs, mixes_inputs = inputs_column(fields[5]) if len(fields) > 5 else ((), False)
        self._conditions |= patterns_of((*facts, *classes, *inputs))
        rule = Rule(
            line=number,
            is_allow=fields[0] == "allow",
            callers=None if callers is None else self.callers(callers),
            actions=None if actions is None else frozenset(actions),
            facts=facts,
            classes=classes,
            inputs=inputs,
        )
        if mixes_facts or mixes_classes or mixes_inputs:
            self.warnings.append((number, MIXED))
        return rule

    def callers(self, words: list[str]) -> Callers:
        """Who the words mean. Raises Unreadable."""
        names, groups = set(), set()
        patterns, extensions = set(), set()
        for word in words:
            if word.startswith("/"):
                patterns.add(self._pattern(word, word))
            elif word.startswith("ext:"):
                found = _EXTENSION.fullmatch(word)
                if found is None:
                    raise Unreadable(f"'{word[:60]}': write ext:NAME=VALUE, as in ext:pp_role=dba")
                name, value = found.groups()
                if name not in _EXTENSION_NAMES and not name[0].isdigit():
                    known = ", ".join(sorted(_EXTENSION_NAMES))
                    raise Unreadable(f"'{name}' is no word for an extension; there are {known}, and dotted identifiers")
                extensions.add(ExtensionTest(name, self._pattern(value, word) if value.startswith("/") else value))
            elif "=" in word:
                if not is_caller(word):
                    raise Unreadable(f"'{word[:60]}' is no caller id: write it like cert=alice")
                names.add(word)
            elif _GROUP.fullmatch(word):
                groups.add(word)
            else:
                raise Unreadable(f"'{word[:60]}' is no caller id like cert=alice, no group and no /regular expression/")
        return Callers(frozenset(names), frozenset(groups), frozenset(patterns), frozenset(extensions))

    def _pattern(self, text: str, word: str) -> CallerPattern:
        if not is_regex(text) or len(text) < 3:
            raise Unreadable(f"'{word[:60]}': a regular expression stands between two slashes, and has no blanks")
        if text not in self._patterns:
            if len(self._patterns) >= _MAX_PATTERNS:
                raise Unreadable(f"a file has at most {_MAX_PATTERNS} regular expressions for callers")
            try:
                self._patterns[text] = CallerPattern(text[1:-1])
            except RegexRefused as error:
                raise Unreadable(f"'{word[:60]}': this regular expression is not taken: {error}") from None
        return self._patterns[text]


def _default(line: str) -> tuple[bool, str | None]:
    words = line.split()
    if len(words) != 3 or words[1] != "default":
        raise Unreadable("write `policy default deny` or `policy default allow`")
    if words[2] in ("allow", "deny"):
        return words[2] == "allow", None
    return False, f"'{words[2][:20]}' is neither allow nor deny, and counts as deny"


def _words(field: str) -> list[str] | None:
    """The words of a column, None for `*`."""
    words = field.split()
    if words == ["*"]:
        return None
    if not words:
        raise Unreadable("a column is empty: write * for any")
    if "*" in words:
        raise Unreadable("* means any and stands alone in its column")
    return words
