"""`mco plugin`: documentation, lists, checks and packages of plugins; each verb has its file in cli/plugin/."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...config import Config
from ...errors import ConfigError, UsageError
from ..application import Application
from ..session import read_config

# What each verb takes beside the options of all; what it is for, and how it is called.
_METADATA = ("name", "description", "author", "license", "pluginversion", "url")
_TAKES: Mapping[str, tuple[str, ...]] = {
    "doc": ("markdown", "template"),
    "info": (),
    "list": (),
    "validate": ("load",),
    "schema": (),
    "generate": (*_METADATA, "plugin_timeout", "actions", "outputs", "external", "output"),
    "package": (
        *_METADATA,
        *("format", "postinstall", "preinstall", "revision", "iteration", "vendor", "pluginpath", "mcname", "mcversion", "dependency"),
        *("sign", "keep_artifacts", "module_template", "output"),
    ),
    "convert": ("output", "force"),
}
_CALLS = {
    "doc": "mco plugin doc [KIND/NAME|NAME|FILE.ddl]",
    "info": "mco plugin info [PATH]",
    "list": "mco plugin list [KIND]",
    "validate": "mco plugin validate [PATH...]",
    "schema": "mco plugin schema AGENT [ACTION]",
    "generate": "mco plugin generate KIND NAME [--actions a,b] [--outputs x,y]",
    "package": "mco plugin package [PATH]",
    "convert": "mco plugin convert FILE.ddl",
}
_MOST = {"doc": 1, "info": 1, "list": 1, "schema": 2, "convert": 1}  # words after the verb


class Plugin(Application):
    """Everything about plugins but running them; only `validate --load` runs code of one, in a process of its own."""

    description = "Document, list, check, make and pack plugins: mco plugin doc [NAME]"
    usage = "doc|info|list|validate|schema|generate|package|convert [NAME|PATH]"
    sections = ("common", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("verb", metavar="|".join(_TAKES), help="what to do")
        parser.add_argument("names", nargs="*", metavar="NAME|PATH", help="a plugin's name, KIND/NAME or folder, as the verb says")
        add = parser.add_argument_group("doc, validate, convert").add_argument
        add("--markdown", action="store_true", help="doc: as a page of Markdown")
        add("--load", action="store_true", help="validate: also run the plugin's code as a host does, in a process of its own")
        add("--force", action="store_true", help="convert: write over a ddl.yaml that is there")
        add("-o", "--output", metavar="DIR", help="generate, package, convert: where to write (default: .); convert: - prints")
        add("--template", help=argparse.SUPPRESS)
        add = parser.add_argument_group("generate").add_argument
        add("--actions", metavar="A,B", help="an agent's actions; actions=A,B will do, too")
        add("--outputs", metavar="A,B", help="a data plugin's outputs; outputs=A,B will do, too")
        add("--external", choices=("sh", "perl"), help="an agent whose actions a program in this language answers")
        add = parser.add_argument_group("generate, package").add_argument
        add("-n", "--name", metavar="NAME", help="the plugin's name")
        add("--description", metavar="TEXT", help="what it is for; plugin.metadata.description and so on are the defaults of generate")
        add("--author", metavar="TEXT", help="who made it")
        add("--license", metavar="TEXT", help="its license, as Apache-2.0")
        add("--pluginversion", metavar="VERSION", help="its version")
        add("--url", metavar="URL", help="where more is told of it")
        add("--timeout", dest="plugin_timeout", metavar="SECONDS", help="generate: how long an action of it may take")
        add = parser.add_argument_group("package").add_argument
        add("--format", metavar="FORMAT", help="ospackage (default: what this system has), debpackage, rpmpackage or modulepackage")
        add("--revision", metavar="WORD", help="of the package (default: 1)")
        add("--iteration", help=argparse.SUPPRESS)
        add("--vendor", metavar="TEXT", help="who maintains the packages (default: the author)")
        add("--pluginpath", metavar="DIR", help="the libdir that they install into (default: /usr/share/mcollective/plugins)")
        add("--mcname", metavar="NAME", help="the package that they need, and what their names begin with (default: mcollective-py)")
        add("--mcversion", metavar="VERSION", help="the least version of it (default: what the DDL requires)")
        add(
            "--dependency",
            action="append",
            metavar="PACKAGE",
            help="another package they need, as foo or 'foo (>= 1.2)'; more than once",
        )
        add("--preinstall", metavar="SCRIPT", help="a file or words for a shell, run before the agent's package is installed")
        add("--postinstall", metavar="SCRIPT", help="the same, run afterwards: 'systemctl try-reload-or-restart mcollectived'")
        add("--keep-artifacts", action="store_true", help="keep the folder that the packages are made in")
        add("--sign", action="store_true", help=argparse.SUPPRESS)
        add("--module-template", help=argparse.SUPPRESS)

    def run(self, options: argparse.Namespace) -> int:
        verb, names = options.verb, list(options.names)
        if verb not in _TAKES:
            raise UsageError(_unknown(verb))
        _check(verb, names, options)
        return _VERBS[verb](names, options)


def _unknown(verb: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(verb, _TAKES, 1)
    hint = f"did you mean `mco plugin {near[0]}`?" if near else "there are " + "; ".join(f"`{call}`" for call in _CALLS.values())
    return f"there is no `mco plugin {verb}`: {hint}"


def _check(verb: str, names: Sequence[str], options: argparse.Namespace) -> None:
    """No option of another verb, which would be passed over; no word too many. Raises UsageError."""
    for other in sorted({option for taken in _TAKES.values() for option in taken} - set(_TAKES[verb])):
        if getattr(options, other):
            word = {"output": "-o", "plugin_timeout": "--timeout"}.get(other, f"--{other.replace('_', '-')}")
            able = [f"`mco plugin {one}`" for one, taken in _TAKES.items() if other in taken]
            raise UsageError(f"{word} is for {' and '.join(able)}")
    if len(names) > _MOST.get(verb, len(names)):
        raise UsageError(f"{names[_MOST[verb]]!r} is a word too many: {_CALLS[verb]}")
    for option, what in (("template", "--template: pages have one form here, and --markdown or --json for others"),
                         ("module_template", "--module-template: a module is written as it is; unpack it to change it")):  # fmt: skip
        if getattr(options, option):
            raise UsageError(what)


def _doc(names: Sequence[str], options: argparse.Namespace) -> int:
    from ..plugin.doc import doc, doc_file

    if names and names[0].endswith((".ddl", ".json")):
        return doc_file(Path(names[0]), options)
    return doc(names[0] if names else None, read_config(options), options)


def _info(names: Sequence[str], options: argparse.Namespace) -> int:
    from ..plugin.info import info

    return info(names[0] if names else ".", options)


def _list(names: Sequence[str], options: argparse.Namespace) -> int:
    from ..plugin.listing import list_plugins

    return list_plugins(names[0] if names else None, read_config(options), options)


def _validate(names: Sequence[str], options: argparse.Namespace) -> int:
    from ..plugin.validating import validate

    config = _config(options)
    return validate(names, () if config is None else config.paths("libdir"), options)


def _schema(names: Sequence[str], options: argparse.Namespace) -> int:
    from ...plugins.ddlfiles import agent_ddl
    from ..plugin.schema import agent_schema
    from ..session import print_json

    if not names:
        raise UsageError(f"which agent? {_CALLS['schema']}")
    ddl = agent_ddl(names[0], read_config(options).paths("libdir"))
    if len(names) > 1 and names[1] not in ddl.actions:
        raise UsageError(f"{names[0]} has no action {names[1]!r}: there are {', '.join(sorted(ddl.actions))}")
    print_json(agent_schema(ddl, names[1] if len(names) > 1 else None))
    return 0


def _generate(names: Sequence[str], options: argparse.Namespace) -> int:
    from ..plugin.generating import generate

    return generate(names, _config(options), options)


def _package(names: Sequence[str], options: argparse.Namespace) -> int:
    from ..plugin.packaging import package

    return package(names, options)


def _convert(names: Sequence[str], options: argparse.Namespace) -> int:
    from ..conversion import convert

    if not names:
        raise UsageError("which file? mco plugin convert FILE.ddl, or Choria's FILE.json")
    return convert(Path(names[0]), options.output or ".", force=options.force, is_json=options.json)


def _config(options: argparse.Namespace) -> Config | None:
    """The configuration for verbs that work without one; one that is named must be good."""
    if options.config is not None:
        return read_config(options)
    try:
        return Config.find("client")
    except ConfigError:
        return None


_VERBS: Mapping[str, Callable[[Sequence[str], argparse.Namespace], int]] = {
    "doc": _doc,
    "info": _info,
    "list": _list,
    "validate": _validate,
    "schema": _schema,
    "generate": _generate,
    "package": _package,
    "convert": _convert,
}
