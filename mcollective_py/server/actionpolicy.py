"""ActionPolicy: a Policy, who asks for what, and what a host knows of itself, to yes or no.

Each column of a line is true, false or unknown. An allow line decides where all are true; a deny line also where some are unknown and
none is false. So what a host does not know never allows. policytext.py reads the files, docs/policies.md describes them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..expression import ClassTest, DataTest, Expression, leaves
from ..node.view import NodeView
from .policycallers import Callers, Groups, is_meant
from .policytruth import Truths

PLAIN_MESSAGE = "handlemsg"  # the action that a message to a plain agent counts as
_NO_GROUPS = Groups()


@dataclass(frozen=True, slots=True)
class Rule:
    """One allow or deny line; None in a column stands for `*`. facts, classes, inputs: what must all hold, columns 4 to 6."""

    line: int
    is_allow: bool
    callers: Callers | None
    actions: frozenset[str] | None
    facts: tuple[Expression, ...] = ()
    classes: tuple[Expression, ...] = ()
    inputs: tuple[Expression, ...] = ()

    @property
    def word(self) -> str:
        """`allow` or `deny`."""
        return "allow" if self.is_allow else "deny"


@dataclass(frozen=True, slots=True)
class Policy:
    """One file. problems: lines that make it unusable, so that it denies everything; warnings: lines that mean little or nothing.

    Both are (line, sentence). default: the last `policy default` line as (line, whether it allows), None where there is none.
    groups: those that it names, each with the first line that does.
    """

    file: str
    rules: tuple[Rule, ...] = ()
    default: tuple[int, bool] | None = None
    problems: tuple[tuple[int, str], ...] = ()
    warnings: tuple[tuple[int, str], ...] = ()

    groups: Mapping[str, int] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, int] = {}
        for rule in self.rules:
            for name in sorted(rule.callers.groups) if rule.callers else ():
                found.setdefault(name, rule.line)
        object.__setattr__(self, "groups", found)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what. action: PLAIN_MESSAGE for a message to a plain agent.

    inputs: those of the action by name, checked; None where they are not known, as for a plain message. extensions: what the caller's
    certificate says beside his name, by Puppet's words; None where the wire has none, or another signed for him.
    """

    caller: str
    action: str
    inputs: Mapping[str, Any] | None = None
    extensions: Mapping[str, str] | None = None


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


@dataclass(frozen=True, slots=True)
class Weighed:
    """What became of one line. value: whether it matches, None for unknown. reason: why not, or why that is unknown.

    tree: the condition that it is about.
    """

    rule: Rule
    value: bool | None
    reason: str = ""
    tree: Expression | None = None

    @property
    def about(self) -> str:
        """The condition in words; not for callers, who need not know what a policy asks for."""
        return "" if self.tree is None else str(self.tree)

    @property
    def decides(self) -> bool:
        """An allow line by what is sure, a deny line by what is possible."""
        return self.value is True or (self.value is None and not self.rule.is_allow)


def decide(
    policy: Policy,
    asked: Asked,
    view: NodeView,
    groups: Groups = _NO_GROUPS,
    *,
    is_unlisted_allowed: bool = False,
    compares_text: bool = False,
) -> Decision:
    """The first rule that matches decides, then the default line, then is_unlisted_allowed.

    compares_text: facts are compared as the Ruby plugin did, see policytruth.Truths.
    """
    if policy.problems:
        return _unreadable(policy)
    truths = Truths(view, asked.inputs, compares_text=compares_text)
    doubtful: Weighed | None = None
    caller, action = asked.caller, asked.action
    for rule in policy.rules:
        actions, callers = rule.actions, rule.callers
        if actions is not None and action not in actions:
            continue
        if callers is not None and caller not in callers.names and callers.are_names_only:
            continue
        value = _value(rule, asked, truths, groups)
        if value is False:
            continue
        weighed = _weighed(rule, value, asked, truths, groups)
        if weighed.decides:
            words = "allows it" if rule.is_allow else "denies it"
            return Decision(rule.is_allow, policy.file, rule.line, f"{words}: {weighed.reason}" if weighed.value is None else words)
        doubtful = doubtful or weighed
    return _unmatched(policy, doubtful, is_unlisted_allowed=is_unlisted_allowed)


def trace(
    policy: Policy, asked: Asked, view: NodeView, groups: Groups = _NO_GROUPS, *, compares_text: bool = False
) -> Iterator[Weighed]:
    """What becomes of each line, up to the one that decides: how `decide` came to its answer. Nothing of a file with problems."""
    truths = Truths(view, asked.inputs, compares_text=compares_text)
    for rule in () if policy.problems else policy.rules:
        if rule.actions is not None and asked.action not in rule.actions:
            weighed = Weighed(rule, False, "is for other actions")
        else:
            weighed = _weighed(rule, _value(rule, asked, truths, groups), asked, truths, groups)
        yield weighed
        if weighed.decides:
            return


def _unreadable(policy: Policy) -> Decision:
    line, problem = policy.problems[0]
    return Decision(False, policy.file, line, f"cannot be read, so that the whole file denies: {problem}")


def _unmatched(policy: Policy, doubtful: Weighed | None, *, is_unlisted_allowed: bool) -> Decision:
    """What holds where no line decides. doubtful: the first allow line that might have."""
    but = f"; line {doubtful.rule.line} might allow it, but {doubtful.reason}" if doubtful else ""
    if policy.default is not None:
        line, allows = policy.default
        words = "allows it by default" if allows else f"denies it by default: no other line matches{but}"
        return Decision(allows, policy.file, line, words)
    if is_unlisted_allowed:
        return Decision(True, policy.file, None, "has no line for it; plugin.actionpolicy.allow_unconfigured allows it")
    return Decision(False, policy.file, None, f"has no line that allows it{but}")


def _value(rule: Rule, asked: Asked, truths: Truths, groups: Groups) -> bool | None:
    """What the columns of a line say that is for this action: false where one is, else unknown where one is."""
    value: bool | None = True
    if rule.callers is not None:
        value = is_meant(rule.callers, asked.caller, asked.extensions, groups, truths.effort)
        if value is False:
            return False
    # Inputs before the host: a data plugin is asked only where all else holds.
    for tree in rule.inputs:
        found = truths.of_inputs(tree)
        if found is False:
            return False
        value = value if found else None
    for tree in (*rule.facts, *rule.classes):
        found = truths.of_host(tree)
        if found is False:
            return False
        value = value if found else None
    return value


def _weighed(rule: Rule, value: bool | None, asked: Asked, truths: Truths, groups: Groups) -> Weighed:
    """The value of a line that is for this action, with the first reason for it."""
    if value is True:
        return Weighed(rule, True)
    meant = rule.callers is None or is_meant(rule.callers, asked.caller, asked.extensions, groups, truths.effort)
    if rule.callers is not None and meant is value:
        return Weighed(rule, value, _doubt_of_callers(rule.callers, asked, groups) if value is None else "is for other callers")
    for tree in rule.inputs:
        if truths.of_inputs(tree) is value:
            return Weighed(rule, value, _doubt_of_inputs(asked) if value is None else "is for other inputs", tree)
    for tree in (*rule.facts, *rule.classes):
        if truths.of_host(tree) is value:
            return Weighed(rule, value, _doubt_of_host(tree) if value is None else "is for other hosts", tree)
    return Weighed(rule, value, "comparing it takes too long")


def _doubt_of_callers(callers: Callers, asked: Asked, groups: Groups) -> str:
    for name in sorted(callers.groups):
        if reason := groups.why_unknown(name):
            return reason
    among = [callers, *(members for name in callers.groups if (members := groups.find(name)))]
    if asked.extensions is None and any(one.extensions for one in among):
        return "no extensions of the caller's own certificate are known"
    return "a regular expression there matches a part of the caller only"


def _doubt_of_inputs(asked: Asked) -> str:
    return "the inputs are not known" if asked.inputs is None else "the inputs leave it open"


def _doubt_of_host(tree: Expression) -> str:
    kinds = {type(test) for test in leaves(tree)}
    asks = "data" if DataTest in kinds else "classes" if kinds == {ClassTest} else "facts"
    return f"this host does not know the {asks} that it asks for"
