"""DDLs out of their files: ours, Ruby's and Choria's. Files are read whole and bounded; nothing in them is run."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..ddl.load import ddl_from_yaml
from ..ddl.model import DDL, DataDDL, PluginDDL
from ..errors import DDLError, NoSuchPlugin
from ..regularfile import read_regular, reason_of
from .finder import survey_data_ddls, survey_ddls

_MAX_BYTES = 1024 * 1024


def agent_ddl(agent: str, libdirs: Sequence[Path]) -> DDL:
    """The DDL of an agent from the libdirs, the shipped folder last, as a client needs it. Raises DDLError that says what to do.

    agent: its name, or another one that the agent answers to where no agent is called so.
    """
    places = survey_ddls(libdirs).found
    place = places.get(agent)
    if place is None and (aliased := _of_alias(agent, places.values())) is not None:
        return aliased
    if place is None:
        from difflib import get_close_matches

        near = get_close_matches(agent, places, 1)
        hint = f": did you mean {near[0]}?" if near else ":"
        raise NoSuchPlugin(
            agent, f"no such agent here{hint} `mco plugin doc` lists those that can be called, libdir says where more are"
        )
    if is_plain(place):
        raise NoSuchPlugin(agent, f"this is a plain agent, without actions: mco rpc {agent} --body VALUE")
    return read_ddl(place)


def _of_alias(name: str, places: Iterable[Path]) -> DDL | None:
    """The DDL that has this name among its aliases."""
    # Most have none: a look at the text spares reading all of them for one mistyped name.
    line = re.compile(rf"^aliases:.*\b{re.escape(name)}\b", re.MULTILINE)
    for place in places:
        with suppress(DDLError):  # one that is broken is told to who asks for it
            if (place / "ddl.yaml").is_file() and line.search(_text(place / "ddl.yaml", place.name)):
                ddl = read_ddl(place)
                if name in ddl.aliases:
                    return ddl
    return None


def data_ddl(name: str, libdirs: Sequence[Path]) -> DataDDL:
    """The DDL of a data plugin: ours, or one of a Ruby libdir. Raises DDLError that says which there are."""
    from ..ddl.dataddl import builtin_data_ddls

    builtin = builtin_data_ddls()
    if name in builtin:
        return builtin[name]
    files = survey_data_ddls(libdirs).found
    if name not in files:
        known = ", ".join(sorted({*builtin, *files}))
        raise NoSuchPlugin(name, f"no such data plugin here: there are {known}; libdir says where more are")
    if files[name].is_dir():
        return read_data_folder(files[name])
    found = read_plugin(files[name], name)
    if not isinstance(found, DataDDL):
        raise DDLError(name, f"{files[name]}: this is no data plugin: it has no dataquery")
    return found


def read_data_folder(folder: Path) -> DataDDL:
    """The DDL in a data plugin's folder. Raises DDLError."""
    from ..ddl.dataload import data_ddl_from_yaml

    return data_ddl_from_yaml(_text(folder / "ddl.yaml", folder.name), folder.name)


def is_plain(place: Path) -> bool:
    """Whether an agent's place is the folder of a plain agent: code without any DDL."""
    return (place / "agent.py").is_file() and not any((place / file).exists() for file in ("ddl.yaml", "ddl.json"))


def read_ddl(place: Path) -> DDL:
    """The DDL at a place that survey_ddls found, as a client needs it. Raises DDLError.

    Where a Ruby file has code in it and Choria's JSON lies beside it, that is read.
    """
    if place.is_dir():
        return read_folder_ddl(place, is_strict=False)
    try:
        found = read_plugin(place, place.stem)
    except DDLError as error:
        beside = place.with_suffix(".json")
        if place.suffix != ".ddl" or not beside.is_file():
            raise
        ddl = read_json(beside, place.stem)
        return replace(ddl, notes=(f"{error.reason}; {beside.name} beside it is read", *ddl.notes))
    if not isinstance(found, DDL):
        raise DDLError(place.stem, f"{place}: this is no agent's DDL: it has no actions")
    return found


def read_folder_ddl(folder: Path, *, is_strict: bool) -> DDL:
    """The DDL in an agent's folder: ddl.yaml, or else ddl.json. is_strict: as a host needs it. Raises DDLError."""
    from ..ddl.choria import ddl_from_json

    name = folder.name
    if (folder / "ddl.yaml").exists() or not (folder / "ddl.json").exists():
        return ddl_from_yaml(_text(folder / "ddl.yaml", name), name)
    return ddl_from_json(_text(folder / "ddl.json", name), name, is_strict=is_strict)


def read_json(file: Path, name: str) -> DDL:
    """The DDL in a JSON file of Choria, as a client needs it. Raises DDLError."""
    from ..ddl.choria import ddl_from_json

    return ddl_from_json(_text(file, name), name, file.name, is_strict=False)


def read_plugin(file: Path, name: str) -> DDL | DataDDL | PluginDDL:
    """The DDL in one file, of Ruby or (its name ends in .json) of Choria, whatever it is of. Raises DDLError."""
    from ..ddl.rubyddl import decode_ruby, plugin_from_ruby

    if file.suffix == ".json":
        return read_json(file, name)
    return plugin_from_ruby(decode_ruby(_content(file, name)), name, file.name)


def _text(file: Path, name: str) -> str:
    try:
        return _content(file, name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DDLError(name, f"{file.name}: cannot be read: {error}") from error


def _content(file: Path, name: str) -> bytes:
    try:
        return read_regular(str(file), _MAX_BYTES)[0]
    except FileNotFoundError as error:
        raise DDLError(name, f"there is no {file.name} in its folder: an RPC agent needs one") from error
    except OSError as error:
        raise DDLError(name, reason_of(error)) from error
