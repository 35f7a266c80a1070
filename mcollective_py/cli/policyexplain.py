"""`mco policy explain`: what policy files say to a request that nobody sends, and what became of each line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Config
from ..ddl.validate import convert, validate
from ..errors import DDLError, NoSuchPlugin, RPCError, UsageError
from ..names import is_action, is_agent, is_caller
from ..node.view import NodeView
from ..plugins.ddlfiles import agent_ddl
from ..security.csrextensions import WORDS
from ..server.actionpolicy import PLAIN_MESSAGE, Asked, Decision, Weighed, decide, trace
from ..server.policycallers import Groups
from ..server.policyfiles import Authorizer
from .policyfolder import read_files

_MATCHES: Mapping[bool | None, str] = {True: "matches", False: "no", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision, the lines up to the one that makes it, and what to give for an answer that is surer."""

    agent: str
    asked: Asked
    decision: Decision
    lines: tuple[Weighed, ...]
    remarks: tuple[str, ...] = ()

    def text(self) -> str:
        """As a human reads it."""
        action = "" if self.asked.action == PLAIN_MESSAGE else f" {self.asked.action}"
        begin = f"{'allowed' if self.decision.is_allowed else 'denied'}: {self.asked.caller} {self.agent}{action}: "
        rule = f"{self.decision.rule} " if self.decision.rule else ""
        shown = [f"{begin}{rule}{self.decision.reason}"]
        for one in self.lines:
            about = f" ({one.about})" if one.about else ""
            why = f": {one.reason}{about}" if one.reason else ""
            shown.append(f"  line {one.rule.line}, {one.rule.word}: {_MATCHES[one.value]}{why}")
        return "\n".join(shown)

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a JSON document."""
        lines = [
            {"line": one.rule.line, "decision": one.rule.word, "matches": one.value, "reason": one.reason, "about": one.about}
            for one in self.lines
        ]
        said = {"caller": self.asked.caller, "agent": self.agent, "action": self.asked.action}
        decision = {"allowed": self.decision.is_allowed, "rule": self.decision.rule, "reason": self.decision.reason}
        return {**said, **decision, "lines": lines}


def explain(agent: str, asked: Asked, view: NodeView, authorizer: Authorizer) -> Explained:
    """By the files of a host."""
    policy = authorizer.policy_for(agent)
    decision = authorizer.decide(agent, asked, view)
    if policy is None:
        return Explained(agent, asked, decision, ())
    groups = authorizer.files.groups() if policy.groups else Groups()
    return _with_remarks(agent, asked, decision, tuple(trace(policy, asked, view, groups, compares_text=authorizer.compares_text)))


def explain_file(agent: str, asked: Asked, view: NodeView, file: str, *, compares_text: bool = False) -> Explained:
    """By one file, which need not lie where a host reads it. Raises UsageError for one that cannot be read."""
    found = read_files([file])
    if file not in found.policies:
        raise UsageError(f"{file} is no policy: mco policy explain --file AGENT.policy")
    policy, groups = found.policies[file], found.groups_of(file)
    decision = decide(policy, asked, view, groups, compares_text=compares_text)
    return _with_remarks(agent, asked, decision, tuple(trace(policy, asked, view, groups, compares_text=compares_text)))


def asked_of(
    caller: str, agent: str, action: str | None, inputs: Sequence[str], extensions: Sequence[str], libdirs: Sequence[Path]
) -> tuple[Asked, list[str]]:
    """The request that options describe, and remarks on it. Raises UsageError.

    inputs: words NAME=VALUE, read by the types of the DDL; none mean that they are not known, but where the action has none.
    extensions: the same; none mean that the certificate has none.
    """
    if not is_caller(caller):
        raise UsageError(f"{caller[:80]!r} is no caller: write it like cert=alice")
    if not is_agent(agent):
        raise UsageError(f"{agent[:80]!r} is no name of an agent")
    if action is not None and not is_action(action):
        raise UsageError(f"{action[:80]!r} is no name of an action")
    words, remarks = pairs(inputs, "--input"), []
    values: Mapping[str, Any] | None = words or None
    try:
        ddl = agent_ddl(agent, libdirs)
        if action is not None and action != PLAIN_MESSAGE:
            values = convert(ddl, action, words)
            declared = ddl.actions.get(action)
            if words or (declared is not None and not declared.inputs):
                values = validate(ddl, action, values, trusts_host=True)
            else:
                values = None
    except NoSuchPlugin:
        if words:
            remarks.append(f"no DDL of an agent {agent} is at hand: inputs are taken as texts")
    except DDLError as error:
        remarks.append(str(error))
    except RPCError as error:
        remarks.append(f"the host would refuse it before any policy is asked: {error}")
    said = pairs(extensions, "--ext")
    for name in said:
        if name not in WORDS.values() and not name[0].isdigit():
            raise UsageError(f"--ext {name}: is no word for an extension; there are {', '.join(sorted(WORDS.values()))}")
    return Asked(caller, action or PLAIN_MESSAGE, values, said), remarks


def view_of(facts: Sequence[str], classes: Sequence[str]) -> NodeView:
    """A host with these facts (words NAME=VALUE) and classes, which has no others; none at all mean that they are not known."""
    known = pairs(facts, "--fact")
    return NodeView("this host", facts=known or None, classes=frozenset(classes) if classes else None)


def pairs(words: Sequence[str], option: str) -> dict[str, str]:
    """NAME=VALUE words as a mapping. Raises UsageError."""
    found: dict[str, str] = {}
    for word in words:
        name, is_pair, value = word.partition("=")
        if not is_pair or not name:
            raise UsageError(f"{option} {word!r}: write {option} NAME=VALUE")
        if name in found:
            raise UsageError(f"{option}: {name} is given twice")
        found[name] = value
    return found


def authorizer_of(config: Config) -> Authorizer:
    """That of a host with this configuration. Raises UsageError where it asks no policies."""
    from ..server.policyfiles import open_authorizer

    found = open_authorizer(config)
    if not isinstance(found, Authorizer):
        raise UsageError(f"{config.file}: rpcauthorization is off: no policy is asked, every caller may call everything")
    return found


def _with_remarks(agent: str, asked: Asked, decision: Decision, lines: tuple[Weighed, ...]) -> Explained:
    doubts = " ".join(one.reason for one in lines if one.value is None)
    hints = (
        ("inputs are not known", "give its inputs with --input NAME=VALUE"),
        ("know the facts", "give the host's facts with --fact NAME=VALUE, or take this host's own with --here"),
        ("know the classes", "give the host's classes with --class NAME, or take this host's own with --here"),
        ("know the data", "take this host's own data plugins with --here"),
    )
    return Explained(agent, asked, decision, lines, tuple(hint for words, hint in hints if words in doubts))
