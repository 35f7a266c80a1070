"""`mco policy check` and `lint`: policies and groups from files, whether a host would take them, and what in them cannot be meant."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import DDLError, NoSuchPlugin, UsageError
from ..names import is_agent
from ..plugins.ddlfiles import agent_ddl, is_plain
from ..plugins.finder import survey_ddls
from ..regularfile import read_regular, reason_of
from ..security.callers import CallerPatterns
from ..server.actionpolicy import Policy
from ..server.policycallers import Groups
from ..server.policyfiles import MAX_SIZE, PolicyFiles
from ..server.policylint import Finding, lint_groups, lint_policy, unknown_groups
from ..server.policytext import parse_groups, parse_policy

_SUFFIX, _GROUPS = ".policy", "groups"
_STRANGE = "no host reads a file of this name: a policy is called AGENT.policy, in lower case letters, digits and _"


@dataclass(slots=True)
class Judged:
    """One file. what: what is in it, empty for one that no host reads.

    errors: why a host would not take it as it is meant; remarks: what works otherwise than its author may think.
    """

    file: str
    what: str
    errors: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """As a human reads it."""
        state = "cannot be used as it is" if self.errors else "good"
        yield f"{self.file}: {f'{state}: {self.what}' if self.what else 'no policy'}"
        for word, found in (("error", self.errors), ("remark", self.remarks)):
            yield from (f"  {word}: {f'line {line}: ' if line else ''}{text}" for line, text in found)

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a JSON document."""
        told = {name: [{"line": line, "text": text} for line, text in getattr(self, name)] for name in ("errors", "remarks")}
        return {"file": self.file, "usable": not self.errors, **told}


@dataclass(frozen=True, slots=True)
class Folder:
    """Policies by file, in the order in which they were asked for, with the groups file that counts for them.

    strangers: files that are no policies although they lie there or were named, each with the reason.
    """

    policies: dict[str, Policy]
    groups: dict[str, Groups]
    strangers: dict[str, str] = field(default_factory=dict)

    def groups_of(self, file: str) -> Groups:
        """The groups that a policy's names are looked up in."""
        return self.groups[os.path.dirname(file)]  # noqa: PTH120  the text as it was given


def read_files(words: Sequence[str]) -> Folder:
    """Policies, groups files and whole folders by name, whoever owns them. Raises UsageError for what cannot be read."""
    found = Folder({}, {})
    for word in words:
        path = Path(word)
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            _take(found, file, is_named=not path.is_dir())
    return found


def read_folder(folder: Path) -> Folder:
    """What a host reads in place, with its judgement of owners and modes. Raises UsageError where there is no such folder."""
    files = PolicyFiles(folder)
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}; name policies: mco policy check FILE ...") from error
    found = Folder({}, {str(folder): files.groups()})
    for name in names:
        stem = name.removesuffix(_SUFFIX)
        if name.endswith(_SUFFIX) and is_agent(stem):
            policy = files.find(stem)
            if policy is not None:
                found.policies[str(folder / name)] = policy
        elif name != _GROUPS:
            found.strangers[str(folder / name)] = _STRANGE
    return found


def judge(found: Folder, config: Config | None, libdirs: Sequence[Path], *, with_lint: bool) -> list[Judged]:
    """What there is to say of each file; groups files last. config: of the host that is to read them, None where that is unknown."""
    problem_of = caller_problem(config)
    judged = []
    for file, policy in found.policies.items():
        groups = found.groups_of(file)
        one = Judged(file, f"{_count(len(policy.rules), 'rule')}, {_default(policy)}")
        one.errors += [*policy.problems, *unknown_groups(policy, groups)]
        one.remarks += [(None, reason)] if (reason := found.strangers.get(file)) else []
        one.remarks += policy.warnings
        if with_lint and not policy.problems:
            ddl, is_plain_agent, remark = _agent(Path(file).name.removesuffix(_SUFFIX), config, libdirs)
            one.remarks += [(None, remark)] if remark else []
            one.remarks += lint_policy(policy, groups, ddl, problem_of, is_plain=is_plain_agent)
        judged.append(one)
    for folder, groups in found.groups.items():
        if not groups.members and not groups.problems:
            continue  # most sites have none
        one = Judged(groups.file, _count(len(groups.members), "group"), list(groups.problems), list(groups.warnings))
        if with_lint and not groups.problems:
            beside = [policy for file, policy in found.policies.items() if os.path.dirname(file) == folder]  # noqa: PTH120
            one.remarks += lint_groups(groups, beside, problem_of)
        judged.append(one)
    for file, reason in found.strangers.items():
        if file not in found.policies:
            # One that was meant to be a policy and is none leaves its agent to the default.
            one = Judged(file, "")
            (one.errors if file.endswith(_SUFFIX) else one.remarks).append((None, reason))
            judged.append(one)
    return judged


def caller_problem(config: Config | None) -> Callable[[str], str | None]:
    """Says why nobody can be a caller on a host with this configuration; nothing where the security plugin in use vouches otherwise."""
    if config is None or config.word("securityprovider") != "x509":
        return lambda caller: None
    patterns = CallerPatterns(config.items("plugin.x509.caller_certnames"))
    has_delegates = bool(config.items("plugin.x509.privileged_certnames"))
    taken = " ".join(patterns.patterns)

    def problem(caller: str) -> str | None:
        kind, _, name = caller.partition("=")
        if kind != "cert":
            return None if has_delegates else f"nobody is {caller} here: callers by x509 are cert=NAME"
        if patterns.match(name):
            return None
        return f"nobody is {caller} here: plugin.x509.caller_certnames takes {taken}"

    return problem


def _take(found: Folder, path: Path, *, is_named: bool) -> None:
    file, folder = str(path), os.path.dirname(str(path))  # noqa: PTH120  the text as it was given
    if folder not in found.groups:
        beside = path.with_name(_GROUPS)
        found.groups[folder] = parse_groups(_text(beside), str(beside)) if beside.exists() else Groups(str(beside))
    if path.name == _GROUPS:
        return
    if not (path.name.endswith(_SUFFIX) and is_agent(path.name.removesuffix(_SUFFIX))):
        found.strangers[file] = _STRANGE
        if not is_named:
            return
    found.policies[file] = parse_policy(_text(path), file)


def _text(path: Path) -> str:
    try:
        return read_regular(str(path), MAX_SIZE)[0].decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text, at byte {error.start}") from error
    except OSError as error:
        raise UsageError(f"{path}: {reason_of(error)}") from error


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _default(policy: Policy) -> str:
    if policy.default is None:
        return "no default"
    return f"default {'allow' if policy.default[1] else 'deny'}"


def _agent(name: str, config: Config | None, libdirs: Sequence[Path]) -> tuple[Any, bool, str | None]:
    """The DDL of a policy's agent, whether it is one without actions, and a remark where nothing is known of it."""
    if config is not None and name == config.word("plugin.actionpolicy.default_name"):
        off = "no agent falls back on it: plugin.actionpolicy.enable_default is off"
        return None, False, None if config.flag("plugin.actionpolicy.enable_default") else off
    if config is None and name == "default":
        return None, False, None
    place = survey_ddls(libdirs).found.get(name)
    if place is not None and is_plain(place):
        return None, True, None
    try:
        ddl = agent_ddl(name, libdirs)
    except NoSuchPlugin:
        return None, False, f"no DDL of an agent {name} is at hand: its actions and inputs are not looked at"
    except DDLError as error:
        return None, False, f"its actions and inputs are not looked at: {error}"
    if place is None:
        return ddl, False, f"{name} is another name of the agent {ddl.metadata.name}: hosts ask {ddl.metadata.name}.policy"
    return ddl, False, None
