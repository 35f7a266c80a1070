"""What a policy says that cannot be meant, although it loads: lines that never decide, actions, inputs and callers that are none."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from ..ddl.model import DDL
from ..expression import Expression, leaves
from ..facttest import FactTest
from ..matching.regex import Effort
from .actionpolicy import PLAIN_MESSAGE, Policy, Rule
from .policycallers import Callers, Groups

Finding = tuple[int | None, str]
"""The line, None where it is about the whole file, and a sentence."""

CallerProblem = Callable[[str], str | None]
"""Why nobody can be this caller; None where somebody can."""


def lint_policy(
    policy: Policy, groups: Groups, ddl: DDL | None, caller_problem: CallerProblem, *, is_plain: bool = False
) -> list[Finding]:
    """Sorted by line. ddl: the agent's; None where there is none, as for a default policy. is_plain: an agent without actions."""
    found: list[Finding] = list(_defaults(policy))
    for rule in policy.rules:
        found += _callers(rule, groups, caller_problem)
        found += _actions(rule, ddl, is_plain=is_plain)
        found += _inputs(rule, ddl, is_plain=is_plain)
        found += _contradictions(rule)
        found += _breadth(rule)
    found += _never_deciding(policy.rules, groups)
    return sorted(found, key=lambda one: one[0] or 0)


def lint_groups(groups: Groups, policies: Sequence[Policy], caller_problem: CallerProblem) -> list[Finding]:
    """What is odd about the groups file beside these policies, sorted by line."""
    named = {name for policy in policies for name in policy.groups}
    found: list[Finding] = [
        (groups.lines[name], f"no policy here names the group {name}") for name in groups.members if name not in named
    ]
    for group, members in groups.members.items():
        found += [(groups.lines[group], problem) for caller in sorted(members.names) if (problem := caller_problem(caller))]
    return sorted(found, key=lambda one: one[0] or 0)


def unknown_groups(policy: Policy, groups: Groups) -> list[Finding]:
    """Groups that a policy names and nobody knows: lines for them allow nobody, or deny."""
    consequence = "an allow line for it allows nobody, and a deny line denies everybody"
    return [(line, f"{reason}; {consequence}") for name, line in policy.groups.items() if (reason := groups.why_unknown(name))]


def _defaults(policy: Policy) -> Iterator[Finding]:
    if policy.default is None:
        yield None, "there is no `policy default deny`: plugin.actionpolicy.allow_unconfigured decides what no line speaks of"
    elif policy.default[1]:
        yield policy.default[0], "what no line speaks of is allowed, to every caller that these hosts take requests from"


def _breadth(rule: Rule) -> Iterator[Finding]:
    if rule.is_allow and rule.callers is None and rule.actions is None and not (rule.facts or rule.classes or rule.inputs):
        yield rule.line, "allows everything to every caller that these hosts take requests from"


def _callers(rule: Rule, groups: Groups, caller_problem: CallerProblem) -> Iterator[Finding]:
    callers = rule.callers or Callers()
    for name in sorted(callers.names):
        if problem := caller_problem(name):
            yield rule.line, problem
    if rule.is_allow:
        return
    for name in sorted(callers.groups):
        members = groups.find(name)
        if members is not None and members == Callers():
            yield rule.line, f"the group {name} is empty, so that this denies nobody"
    for pattern in sorted(callers.patterns, key=lambda one: one.text):
        if any(pattern.matches(f"{kind}{name}", Effort()) for kind in ("cert=", "") for name in ("", "cert=")):
            yield rule.line, f"/{pattern.text}/ finds something in every caller: in a deny line a part of the caller is enough"


def _actions(rule: Rule, ddl: DDL | None, *, is_plain: bool) -> Iterator[Finding]:
    known = {PLAIN_MESSAGE} if is_plain else set(ddl.actions) if ddl is not None else None
    if known is None:
        return
    for action in sorted((rule.actions or frozenset()) - known):
        there = f"there are {', '.join(sorted(known))}" if not is_plain else f"it takes messages, action {PLAIN_MESSAGE}"
        yield rule.line, f"the agent has no action {action}: {there}"


def _inputs(rule: Rule, ddl: DDL | None, *, is_plain: bool) -> Iterator[Finding]:
    names = {test.fact for tree in rule.inputs for test in leaves(tree) if isinstance(test, FactTest)}
    if names and is_plain:
        yield rule.line, "a plain message has no inputs: this line allows nothing, or denies everything"
    if ddl is None:
        return
    actions = [ddl.actions[name] for name in sorted(rule.actions or ddl.actions) if name in ddl.actions]
    for name in sorted(names):
        taking = [action for action in actions if name.partition(".")[0] in action.inputs]
        if not taking and actions and not any(action.additional_inputs for action in actions):
            yield rule.line, f"{' and '.join(action.name for action in actions[:5])} take no input {name}"
        if any(action.inputs[name.partition(".")[0]].sensitive for action in taking):
            yield rule.line, f"the input {name} is sensitive, and its value would stand in this file"


def _contradictions(rule: Rule) -> Iterator[Finding]:
    for tests, what in ((rule.facts, "fact"), (rule.inputs, "input")):
        wanted: dict[str, str] = {}
        for test in tests:
            if not isinstance(test, FactTest) or test.operator != "==":
                continue
            before = wanted.setdefault(test.fact, test.value)
            if before != test.value:
                yield rule.line, f"the {what} {test.fact} cannot be {before} and {test.value}, unless it is a list"


def _never_deciding(rules: Sequence[Rule], groups: Groups) -> Iterator[Finding]:
    """Lines that come too late. Earlier ones are looked at one by one: that several together leave nothing over is not found out."""
    by_caller: dict[str | None, list[Rule]] = {}
    for rule in rules:
        earlier = _covering(rule, by_caller, groups)
        if earlier is not None:
            does = "says the same" if earlier.is_allow == rule.is_allow else f"{'allows' if earlier.is_allow else 'denies'} it before"
            yield rule.line, f"never decides: line {earlier.line} {does}"
        for key in _keys(rule.callers, groups):
            by_caller.setdefault(key, []).append(rule)


def _keys(callers: Callers | None, groups: Groups) -> set[str | None]:
    """By what to look a line up that may cover another: each of its callers, None for lines that mean others too."""
    if callers is None or callers.patterns or callers.extensions:
        return {None}
    members = {name for group in callers.groups for name in (groups.find(group) or Callers()).names}
    return {*callers.names, *callers.groups, *members}


def _covering(rule: Rule, by_caller: Mapping[str | None, Sequence[Rule]], groups: Groups) -> Rule | None:
    """The first earlier line that decides whenever this one could."""
    own = _keys(rule.callers, groups)
    names = sorted((name for name in own if name is not None), key=lambda name: ("=" not in name, name))
    keys = {None, *names[:1]}  # what covers all of them covers the first
    candidates = sorted({id(one): one for key in keys for one in by_caller.get(key, ())}.values(), key=lambda one: one.line)
    return next((one for one in candidates if _covers(one, rule, groups)), None)


def _covers(earlier: Rule, later: Rule, groups: Groups) -> bool:
    if earlier.actions is not None and (later.actions is None or not later.actions <= earlier.actions):
        return False
    conditions: tuple[tuple[tuple[Expression, ...], tuple[Expression, ...]], ...] = (
        (earlier.facts, later.facts),
        (earlier.classes, later.classes),
        (earlier.inputs, later.inputs),
    )
    if not all(set(first) <= set(second) for first, second in conditions):
        return False
    # An earlier allow line needs all of it to be sure; a later deny line is content with a doubt.
    is_doubtful = earlier.facts or earlier.classes or earlier.inputs or not (earlier.callers or Callers()).are_names_only
    if earlier.is_allow and not later.is_allow and is_doubtful:
        return False
    return _covers_callers(earlier.callers, later.callers, groups)


def _covers_callers(earlier: Callers | None, later: Callers | None, groups: Groups) -> bool:
    if earlier is None:
        return True
    if later is None or not (later.patterns <= earlier.patterns and later.extensions <= earlier.extensions):
        return False
    members = [groups.find(name) for name in earlier.groups]
    names = earlier.names.union(*(one.names for one in members if one))
    for name in later.groups - earlier.groups:
        found = groups.find(name)
        if found is None or not _covers_callers(earlier, found, groups):
            return False
    return all(name in names or any(one.matches(name, Effort()) for one in earlier.patterns) for name in later.names)
