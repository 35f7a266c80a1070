"""Whether an agent's folder is what a host and an operator expect of one: it loads, and its DDL says all that it should."""

import stat
from pathlib import Path

from ..client.aggregate.summaries import NOTHING, Summaries
from ..ddl.model import ActionDDL, Input
from ..errors import DDLError, PluginError
from ..plugins.loader import LoadedAgent, load_agent


def assert_conforms(folder: Path) -> LoadedAgent:
    """The loaded agent, where conformance_problems finds nothing."""
    folder = folder.absolute()
    problems = conformance_problems(folder)
    assert not problems, f"{folder.name}:\n" + "\n".join(problems)
    return load_agent(folder)


def conformance_problems(folder: Path) -> list[str]:
    """What is wrong with an agent's folder, a sentence each; empty where nothing is.

    It loads as on a host, code and DDL of one mind. Texts that callers send are bounded. Actions that change something say so, and
    what only reads takes no noop. Its summaries can be made, with what comes with the package or lies beside it. Nothing in the folder
    can be changed by everybody.
    """
    try:
        folder = folder.absolute()
        agent = load_agent(folder)
    except (PluginError, DDLError) as error:
        return [str(error)]
    problems = [
        f"{path.relative_to(folder)} can be written by everybody: chmod o-w"
        for path in sorted(folder.rglob("*"))
        if not path.is_symlink() and path.stat().st_mode & stat.S_IWOTH and "__pycache__" not in path.parts
    ]
    if agent.ddl is None:
        return problems if agent.metadata.description else [*problems, "the class has no docstring: `mco plugin doc` shows it"]
    libdirs = [folder.parent.parent]
    for action in agent.ddl.actions.values():
        problems += _of_action(action)
        failures = (summary.failure for summary in Summaries(action, libdirs).finished())
        problems += [f"{action.name}: {failure}" for failure in failures if failure not in (None, NOTHING)]
    return problems


def _of_action(action: ActionDDL) -> list[str]:
    problems = [
        f"{action.name}: anybody may send any text as {wanted.name}: give it a validation or a maxlength"
        for wanted in action.inputs.values()
        if _is_unbounded(wanted)
    ]
    if action.only_reads and action.supports_noop:
        problems.append(f"{action.name}: an action that only reads has nothing to leave out: supports_noop is for changes")
    return problems


def _is_unbounded(wanted: Input) -> bool:
    return wanted.type == "string" and not wanted.validation and not wanted.maxlength
