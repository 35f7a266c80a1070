"""ActionPolicy: the text of a policy file to a Policy, and a Policy and the facts of a request to yes or no.

The format is that of MCollective's ActionPolicy plugin, read strictly: a line that cannot be understood denies the whole file.
docs/policies.md describes it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..facttest import FactTest, is_regex
from ..matching.facts import fact_matches
from ..matching.regex import Effort
from ..matching.regexsyntax import RegexRefused
from ..names import is_action, is_caller
from ..node.view import NodeView

_MAX_LINES = 10_000
_MAX_PROBLEMS = 20
_TABS = re.compile(r"\t+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_FACT = re.compile(r"([^=<>!~()\s]{1,256})(<=|>=|=|<|>)([^=<>!~()\s][^()\s]{0,1023})")
_CLASS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_:.\-]{0,255}", re.ASCII)
_COMPOUND_WORDS = frozenset({"not", "and", "or"})
PLAIN_MESSAGE = "handlemsg"  # the action that a message to a plain agent counts as


@dataclass(frozen=True, slots=True)
class Rule:
    """One allow or deny line; None in a column stands for `*`."""

    line: int
    is_allow: bool
    callers: frozenset[str] | None
    actions: frozenset[str] | None
    facts: tuple[FactTest, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """One file. problems: lines that make it unusable, so that it denies everything; warnings: lines that mean little or nothing.

    Both are (line, sentence). default: the last `policy default` line as (line, whether it allows), None where there is none.
    """

    file: str
    rules: tuple[Rule, ...] = ()
    default: tuple[int, bool] | None = None
    problems: tuple[tuple[int, str], ...] = ()
    warnings: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request may run, and what says so. line: None where no line does. reason: the end of a sentence."""

    is_allowed: bool
    file: str | None
    line: int | None
    reason: str

    @property
    def rule(self) -> str:
        """`file:line`, as audit and messages name it; empty where no file decided."""
        return ":".join(str(part) for part in (self.file, self.line) if part is not None)


class _Unparsable(Exception):
    """What is wrong with a line, and what would do."""


def parse_policy(text: str, file: str) -> Policy:
    """The policy that a file's text says; never raises: what is wrong stands in `problems`."""
    rules: list[Rule] = []
    problems: list[tuple[int, str]] = []
    warnings: list[tuple[int, str]] = []
    default: tuple[int, bool] | None = None
    lines = text.split("\n")
    if len(lines) > _MAX_LINES:
        return Policy(file, problems=((_MAX_LINES + 1, f"a policy has at most {_MAX_LINES} lines"),))
    for number, raw in enumerate(lines, 1):
        line = raw.removesuffix("\r").rstrip(" \t")
        if not line or line.lstrip(" \t").startswith("#"):
            continue
        try:
            if _CONTROL.search(line):
                raise _Unparsable("a control character stands in it")
            if line.split()[0] == "policy":
                allows, remark = _parse_default(line)
                if default is not None:
                    warnings.append((number, f"takes the place of the default in line {default[0]}"))
                warnings += [(number, remark)] if remark else []
                default = (number, allows)
            else:
                rules.append(_parse_rule(line, number))
        except _Unparsable as error:
            problems.append((number, str(error)))
    return Policy(file, tuple(rules), default, tuple(problems[:_MAX_PROBLEMS]), tuple(warnings))


def decide(policy: Policy, caller: str, action: str, view: NodeView, *, is_unlisted_allowed: bool = False) -> Decision:
    """The first rule that matches decides, then the default line, then is_unlisted_allowed.

    What a host does not know never allows: while its facts or classes are unknown, an allow line that asks for them does not
    match and a deny line does.
    """
    if policy.problems:
        line, problem = policy.problems[0]
        return Decision(False, policy.file, line, f"cannot be read, so that the whole file denies: {problem}")
    facts = _Facts(view)
    for rule in policy.rules:
        if _matches(rule, caller, action, view, facts):
            return Decision(rule.is_allow, policy.file, rule.line, "allows it" if rule.is_allow else "denies it")
    if policy.default is not None:
        line, allows = policy.default
        return Decision(allows, policy.file, line, "allows it by default" if allows else "denies it by default: no other line matches")
    if is_unlisted_allowed:
        return Decision(True, policy.file, None, "has no line for it; plugin.actionpolicy.allow_unconfigured allows it")
    return Decision(False, policy.file, None, "has no line that allows it")


class _Facts:
    """A host's facts, each test made once however many lines have it."""

    def __init__(self, view: NodeView) -> None:
        self._facts, self._effort = view.facts, Effort()
        self._known: dict[FactTest, bool | None] = {}

    def passes(self, test: FactTest) -> bool | None:
        """True or False, None where that cannot be told."""
        if test not in self._known:
            self._known[test] = self._look(test)
        return self._known[test]

    def _look(self, test: FactTest) -> bool | None:
        if self._facts is None:
            return None
        try:
            return fact_matches(test, self._facts, self._effort)
        except RegexRefused:  # comparing cost too much
            return None


def _matches(rule: Rule, caller: str, action: str, view: NodeView, facts: _Facts) -> bool:
    if rule.callers is not None and caller not in rule.callers:
        return False
    if rule.actions is not None and action not in rule.actions:
        return False
    classes = _has_all(rule.classes, view)
    if classes is False:
        return False
    passed = [classes, *map(facts.passes, rule.facts)]
    return False not in passed and (None not in passed or not rule.is_allow)


def _has_all(classes: tuple[str, ...], view: NodeView) -> bool | None:
    if not classes:
        return True
    return None if view.classes is None else view.classes.issuperset(classes)


def _parse_default(line: str) -> tuple[bool, str | None]:
    words = line.split()
    if len(words) != 3 or words[1] != "default":
        raise _Unparsable("write `policy default deny` or `policy default allow`")
    if words[2] in ("allow", "deny"):
        return words[2] == "allow", None
    return False, f"'{words[2][:20]}' is neither allow nor deny, and counts as deny"


def _parse_rule(line: str, number: int) -> Rule:
    fields = _TABS.split(line)
    if fields[0] not in ("allow", "deny"):
        if fields[0].split()[:1] in (["allow"], ["deny"]):
            raise _Unparsable("the fields are separated by TABs, not by spaces")
        raise _Unparsable("a line begins with allow, deny, `policy default` or #")
    if not 4 <= len(fields) <= 5:
        count = len(fields) - 1
        raise _Unparsable(f"after {fields[0]} come callers, actions, facts and perhaps classes, separated by TABs; there are {count}")
    return Rule(
        line=number,
        is_allow=fields[0] == "allow",
        callers=_names(fields[1], _check_caller),
        actions=_names(fields[2], _check_action),
        facts=_facts(fields[3]),
        classes=tuple(sorted(_names(fields[4], _check_class) or ())) if len(fields) == 5 else (),
    )


def _words(field: str) -> list[str] | None:
    """The words of a column, None for `*`."""
    words = field.split()
    if words == ["*"]:
        return None
    if not words:
        raise _Unparsable("a column is empty: write * for any")
    if "*" in words:
        raise _Unparsable("* means any and stands alone in its column")
    return words


def _names(field: str, check: Callable[[str], None]) -> frozenset[str] | None:
    words = _words(field)
    for word in words or ():
        check(word)
    return None if words is None else frozenset(words)


def _check_caller(word: str) -> None:
    if word.startswith("/"):
        raise _Unparsable(f"'{word[:60]}': a regex for callers is not possible yet: name each caller")
    if "=" not in word:
        raise _Unparsable(f"'{word[:60]}' is no caller id like cert=alice, and groups are not possible yet: name each caller")
    if not is_caller(word):
        raise _Unparsable(f"'{word[:60]}' is no caller id: write it like cert=alice")


def _check_action(word: str) -> None:
    if not is_action(word):
        raise _Unparsable(f"'{word[:60]}' is no name of an action")


def _check_class(word: str) -> None:
    _refuse_compound(word)
    if _CLASS.fullmatch(word) is None:
        raise _Unparsable(f"'{word[:60]}' is no name of a class")


def _facts(field: str) -> tuple[FactTest, ...]:
    tests = []
    for word in _words(field) or ():
        _refuse_compound(word)
        found = _FACT.fullmatch(word)
        if found is None:
            raise _Unparsable(f"'{word[:60]}' is no test of a fact like os=Debian or cpus>=4; classes stand in the fifth column")
        name, operator, value = found.groups()
        if is_regex(value):
            raise _Unparsable(f"'{word[:60]}': a regex for facts is not possible yet")
        tests.append(FactTest(name, "==" if operator == "=" else operator, value))
    return tuple(tests)


def _refuse_compound(word: str) -> None:
    if word.startswith("!") or word in _COMPOUND_WORDS or "(" in word or ")" in word:
        raise _Unparsable(f"'{word[:60]}': compound expressions (not, and, or, !, data()) are not possible yet")
