"""`mco plugin doc`: which agents there are, and what their actions take and give."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

from ...client.rpcclient import agent_ddl
from ...ddl.doc import agent_doc
from ...errors import MCollectiveError, UsageError
from ...plugins.finder import find, survey
from ...plugins.loader import load_ddl
from ..application import Application
from ..inert import inert
from ..plainagent import PlainAgent, is_plain, read_plain_agent
from ..session import print_json, read_config


class Plugin(Application):
    """Documentation of plugins, made from their DDLs."""

    description = "Show the documentation of agents: mco plugin doc [NAME]"
    usage = "doc [NAME]"
    sections = ("common", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("verb", metavar="doc", help="what to do")
        parser.add_argument("name", nargs="?", metavar="NAME", help="an agent, also written agent/NAME")

    def run(self, options: argparse.Namespace) -> int:
        if options.verb != "doc":
            raise UsageError(f"there is no `mco plugin {options.verb}`: `mco plugin doc` lists agents, with a NAME it explains one")
        libdirs = read_config(options).paths("libdir")
        if options.name is None:
            return _list(libdirs, options)
        kind, _, name = options.name.rpartition("/")
        if kind not in ("", "agent"):
            raise UsageError(f"there is no documentation of the kind {kind!r}: write `mco plugin doc NAME` or agent/NAME")
        folder = find("agents", libdirs).get(name)
        if folder is not None and is_plain(folder):
            return _plain_doc(read_plain_agent(folder), options)
        ddl = agent_ddl(name, libdirs)
        if options.json:
            print_json(_plain(ddl))
        else:
            print(inert(agent_doc(ddl), keep_lines=True), end="")
        return 0


def _plain_doc(agent: PlainAgent, options: argparse.Namespace) -> int:
    if options.json:
        print_json(asdict(agent))
    else:
        print(inert("\n".join(agent.lines()), keep_lines=True))
    return 0


def _list(libdirs: tuple[Path, ...], options: argparse.Namespace) -> int:
    found = survey("agents", libdirs)
    agents: list[dict[str, Any]] = []
    for name, folder in sorted(found.found.items()):
        if is_plain(folder):
            plain = f"(a plain agent: `mco rpc {name} --body VALUE`)"
            agents.append({"name": name, "description": plain, "version": None, "broken": None})
            continue
        try:
            metadata = load_ddl(folder).metadata
            agents.append({"name": name, "description": metadata.description, "version": metadata.version, "broken": None})
        except MCollectiveError as error:
            agents.append({"name": name, "description": None, "version": None, "broken": str(error)})
    refused = [str(error) for error in found.refused]
    if options.json:
        print_json({"agents": agents, "refused": refused})
        return 0
    print("Agents: `mco plugin doc NAME` says what each can do\n")
    for agent in agents:
        print(f"  {agent['name']:<20} {inert(agent['description'] or 'BROKEN: ' + str(agent['broken']))}")
    for problem in refused:
        print(f"  not used: {inert(problem)}")
    return 0


def _plain(value: Any) -> Any:
    """Values of the DDL as JSON has them."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
