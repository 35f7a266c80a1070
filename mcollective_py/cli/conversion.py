"""A Ruby agent's .ddl, or Choria's .json, written as a ddl.yaml; what it has no place for is said on stderr."""

import errno
import os
from dataclasses import replace
from pathlib import Path

from ..ddl.model import DDL, DataDDL, PluginDDL
from ..ddl.validate import can_check, is_validator_name
from ..ddl.write import ddl_to_yaml
from ..errors import DDLError, UsageError
from ..names import is_agent
from ..plugins.ddlfiles import read_plugin
from .session import print_json, remark

HALF_DONE = 2  # the exit code where a ddl.yaml was written that no host loads yet
_IMPACT = "such a DDL says no impact: every action has `change`; write `read` where nothing changes, `destructive` where it can hurt"


def convert(file: Path, output: str, *, force: bool = False, is_json: bool = False) -> int:
    """Write the ddl.yaml, or print it; gives the exit code: 0, or 2 where something in it must be mended by hand.

    output: a folder of agents, the agent's own (it is called NAME), or `-` to print. Raises UsageError or DDLError where nothing was
    written.
    """
    ddl = _agent(file)
    text = ddl_to_yaml(ddl)
    target = None if output == "-" else _folder(Path(output), ddl.metadata.name) / "ddl.yaml"
    if target is not None:
        _write(target, text, force=force)
    remarks, unchecked = [*ddl.notes, _IMPACT], _unchecked(ddl)
    if is_json:
        print_json({"file": None if target is None else str(target), "ddl": text if target is None else None, "notes": remarks,
                    "unchecked": unchecked})  # fmt: skip
        return HALF_DONE if unchecked else 0
    if target is None:
        print(text, end="")
    for line in remarks:
        remark(f"note: {line}")
    for line in unchecked:
        remark(f"mend this: {line}")
    if target is not None:
        remark(f"wrote {target}" + (": a host refuses it until what is named above is mended" if unchecked else ""))
    return HALF_DONE if unchecked else 0


def read_file(file: Path) -> DDL | DataDDL | PluginDDL:
    """The DDL in a file NAME.ddl or NAME.json, of whatever plugin it is. Raises UsageError or DDLError."""
    if file.suffix not in (".ddl", ".json"):
        raise UsageError(f"{file}: a Ruby DDL is called NAME.ddl, one of Choria NAME.json")
    name = file.stem
    if not is_agent(name):
        raise UsageError(f"{file}: a plugin's name is lower case letters, digits and _: rename the file to that of its plugin")
    if not file.exists():
        raise UsageError(f"{file}: there is no such file")
    found = read_plugin(file, name)
    if isinstance(found, DataDDL) and name.endswith("_data"):  # Ruby's files of data plugins are called so, their functions are not
        return replace(found, metadata=replace(found.metadata, name=name.removesuffix("_data")))
    return found


def _agent(file: Path) -> DDL:
    found = read_file(file)
    if isinstance(found, DDL):
        return found
    what = "is a data plugin's DDL" if isinstance(found, DataDDL) else "DDL has no actions, so it is no agent's"
    raise DDLError(file.stem, f"{file}: this {what}; only agents have a ddl.yaml. `mco plugin doc {file}` shows what it says")


def _folder(output: Path, name: str) -> Path:
    """The agent's folder: it carries the agent's name."""
    return output if output.name == name else output / name


def _write(target: Path, text: str, *, force: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_TRUNC if force else os.O_EXCL)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(target, flags, 0o644), "w", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        if error.errno == errno.EEXIST:
            raise UsageError(f"{target} is there already: --force writes over it, -o DIR writes elsewhere") from error
        raise UsageError(f"{target} cannot be written: {error.strerror}") from error


def _unchecked(ddl: DDL) -> list[str]:
    """Validations that no host could check: it refuses to load the agent, rather than let everything pass."""
    found = []
    for action in ddl.actions.values():
        for wanted in action.inputs.values():
            if wanted.validation is not None and not can_check(wanted.validation):
                what = "there is no validator of that name" if is_validator_name(wanted.validation) else "a regex that is not taken"
                found.append(f"{action.name}: input {wanted.name}: validation {wanted.validation}: {what}")
    return found
