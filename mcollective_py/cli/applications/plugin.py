"""`mco plugin`: what agents and data plugins take and give, and a Ruby or Choria DDL as a ddl.yaml."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

from ...config import Config
from ...ddl.dataddl import builtin_data_ddls
from ...ddl.doc import any_doc
from ...ddl.model import DDL
from ...errors import MCollectiveError, UsageError
from ...plugins.ddlfiles import agent_ddl, data_ddl, is_plain, read_ddl
from ...plugins.finder import survey_data_ddls, survey_ddls
from ..application import Application
from ..conversion import convert, read_file
from ..inert import inert
from ..otherplugins import undocumented
from ..plainagent import PlainAgent, read_plain_agent
from ..session import print_json, read_config

_VERBS = (
    "`mco plugin doc` lists agents, with a NAME it explains one; `mco plugin convert FILE.ddl` writes the ddl.yaml for a DDL of Ruby "
    "or Choria"
)


class Plugin(Application):
    """Documentation of plugins, made from their DDLs; and DDLs of other systems made ours."""

    description = "Show the documentation of agents, convert Ruby DDLs: mco plugin doc [NAME]"
    usage = "doc [NAME|FILE]  |  convert FILE [-o DIR]"
    sections = ("common", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("verb", metavar="doc|convert", help="what to do")
        parser.add_argument("name", nargs="?", metavar="NAME|FILE", help="an agent; data/NAME; a file NAME.ddl or NAME.json")
        parser.add_argument("-o", "--output", metavar="DIR", help="convert: the folder of agents or NAME's own; - prints (default: .)")
        parser.add_argument("--force", action="store_true", help="convert: write over a ddl.yaml that is there")

    def run(self, options: argparse.Namespace) -> int:
        if options.verb == "convert":
            if options.name is None:
                raise UsageError("which file? mco plugin convert FILE.ddl, or Choria's FILE.json")
            return convert(Path(options.name), options.output or ".", force=options.force, is_json=options.json)
        if options.verb != "doc":
            raise UsageError(f"there is no `mco plugin {options.verb}`: {_VERBS}")
        if options.output is not None or options.force:
            raise UsageError("-o and --force are for `mco plugin convert`")
        if options.name is not None and options.name.endswith((".ddl", ".json")):
            found = read_file(Path(options.name))
            return _print(_plain(found), any_doc(found), options)
        config = read_config(options)
        return _list(config, options) if options.name is None else _doc(config, options)


def _doc(config: Config, options: argparse.Namespace) -> int:
    kind, _, name = options.name.rpartition("/")
    libdirs = config.paths("libdir")
    place = survey_ddls(libdirs).found.get(name)
    if kind == "data" or (kind == "" and place is None and name in _data_names(libdirs)):
        data = data_ddl(name, libdirs)
        return _print(_plain(data), any_doc(data), options)
    if (kind or place is None) and (reason := undocumented(kind, name)):
        raise UsageError(reason)
    if kind not in ("", "agent"):
        raise UsageError(
            f"there is no documentation of the kind {kind!r}: write `mco plugin doc NAME`, agent/NAME, or data/NAME for a data plugin"
        )
    if place is not None and is_plain(place):
        plain: PlainAgent = read_plain_agent(place)
        return _print(asdict(plain), "\n".join(plain.lines()) + "\n", options)
    ddl = agent_ddl(name, libdirs)
    return _print(_plain(ddl), any_doc(ddl), options)


def _data_names(libdirs: Sequence[Path]) -> set[str]:
    return {*builtin_data_ddls(), *survey_data_ddls(libdirs).found}


def _print(document: Mapping[str, Any], text: str, options: argparse.Namespace) -> int:
    if options.json:
        print_json(document)
    else:
        print(inert(text, keep_lines=True), end="")
    return 0


def _list(config: Config, options: argparse.Namespace) -> int:
    found, data = survey_ddls(config.paths("libdir")), survey_data_ddls(config.paths("libdir"))
    agents = [_entry(name, place) for name, place in sorted(found.found.items())]
    plugins = [{"name": name, "description": ddl.description, "broken": None} for name, ddl in builtin_data_ddls().items()]
    plugins += [_data_entry(name, config) for name in data.found if name not in builtin_data_ddls()]
    refused = [str(error) for error in (*found.refused, *data.refused)]
    if options.json:
        print_json({"agents": agents, "data": plugins, "refused": refused})
        return 0
    print("Agents: `mco plugin doc NAME` says what each can do\n")
    for entry in agents:
        _print_entry(entry)
    print("\nData plugins: `mco plugin doc data/NAME` says what each tells\n")
    for entry in sorted(plugins, key=lambda entry: str(entry["name"])):
        _print_entry(entry)
    if refused:
        print()
    for problem in refused:
        print(f"  not used: {inert(problem)}")
    return 0


def _print_entry(entry: Mapping[str, Any]) -> None:
    print(f"  {entry['name']:<20} {inert(entry['description'] if entry['broken'] is None else 'BROKEN: ' + str(entry['broken']))}")


def _entry(name: str, place: Path) -> dict[str, Any]:
    if is_plain(place):
        plain = f"(a plain agent: `mco rpc {name} --body VALUE`)"
        return {"name": name, "description": plain, "version": None, "broken": None}
    try:
        metadata = read_ddl(place).metadata
    except MCollectiveError as error:
        return {"name": name, "description": None, "version": None, "broken": str(error)}
    return {"name": name, "description": metadata.description, "version": metadata.version, "broken": None}


def _data_entry(name: str, config: Config) -> dict[str, Any]:
    try:
        return {"name": name, "description": data_ddl(name, config.paths("libdir")).description, "broken": None}
    except MCollectiveError as error:
        return {"name": name, "description": None, "broken": str(error)}


def _plain(value: Any) -> Any:
    """Values of the DDL as JSON has them."""
    if is_dataclass(value):
        found = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, DDL) and not value.notes:
            del found["notes"]  # a ddl.yaml never has any
        return found
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
