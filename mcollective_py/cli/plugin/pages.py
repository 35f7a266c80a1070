"""Every plugin that can be documented, by its kind: ours and those of the libdirs; no code of a libdir is run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...config import Config
from ...ddl.dataddl import builtin_data_ddls
from ...ddl.doc import any_doc
from ...ddl.model import DDL, DataDDL, PluginDDL
from ...errors import MCollectiveError, UsageError
from ...plugins.ddlfiles import data_ddl, is_plain, read_ddl
from ...plugins.finder import KINDS, find, survey_data_ddls, survey_ddls
from ...plugins.modules import class_name
from ...regularfile import read_regular, reason_of
from ...shipped import shipped_libdir
from ..plainagent import read_plain_agent
from .markdown import markdown, plain_page
from .metadata import SaidByClass, discovery_ddl, said_by_class

_PACKAGE = Path(__file__).parents[2]
_MAX_TEXT = 1024 * 1024

TITLES = {
    "agent": "Agents",
    "data": "Data plugins",
    "aggregate": "Aggregates",
    "validator": "Validators",
    "discovery": "Discovery methods",
    "facts": "Facts sources",
    "connector": "Connectors",
    "security": "Security plugins",
    "application": "Applications",
}
"""The kinds, by the word that stands before a name: `mco plugin doc KIND/NAME`."""

_WORDS = {"data": "data plugin", "discovery": "discovery method", "facts": "facts source", "security": "security plugin"}
_SECURITY = {"x509": "x509.py", "psk": "psk.py", "ssl": "ssl.py", "aes_security": "aes.py"}
_DISCOVERY = ("mc", "flatfile", "stdin", "puppetdb", "inventory", "external")
_FOLDERS = {"validator": "validators", "aggregate": "aggregates", "discovery": "discovery", "facts": "facts"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One plugin in a list. place: its folder or file, None for what is part of this program. broken: why it cannot be used."""

    kind: str
    name: str
    description: str | None
    version: str | None = None
    place: str | None = None
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What is told of one plugin: as text, as Markdown, and as JSON."""

    text: str
    markdown: str
    document: Mapping[str, Any]


def names_of(kind: str, config: Config) -> Mapping[str, Path | None]:
    """Name -> place of every plugin of a kind, None for what is part of this program."""
    libdirs = config.paths("libdir")
    if kind == "agent":
        return dict(survey_ddls(libdirs).found)
    if kind == "data":
        return {**survey_data_ddls(libdirs).found, **dict.fromkeys(builtin_data_ddls())}
    if kind == "application":
        from ..commands import application_files

        return {name: Path(file) for name, file in application_files(None if config.file is None else str(config.file)).items()}
    ours: Mapping[str, Path | None] = dict.fromkeys(_ours(kind))
    site = {} if kind not in _FOLDERS else find(_FOLDERS[kind], libdirs)
    # Only aggregates of ours can be replaced by a site's.
    return {**ours, **site} if kind in ("aggregate", "facts") else {**site, **ours}


def refused_of(kind: str, config: Config) -> list[str]:
    """What lies where plugins of the kind do, and cannot be one."""
    from ...plugins.finder import survey

    libdirs = config.paths("libdir")
    if kind == "agent":
        return [str(error) for error in survey_ddls(libdirs).refused]
    if kind == "data":
        return [str(error) for error in survey_data_ddls(libdirs).refused]
    return [str(error) for error in survey(_FOLDERS[kind], libdirs).refused] if kind in _FOLDERS else []


def entries(kind: str, config: Config) -> list[Entry]:
    """The plugins of a kind, sorted, broken ones with the reason."""
    found = []
    for name, place in sorted(names_of(kind, config).items()):
        try:
            description, version = _summary(kind, name, place, config)
            found.append(Entry(kind, name, description, version, _shown(place)))
        except MCollectiveError as error:
            found.append(Entry(kind, name, None, None, _shown(place), str(error)))
    return found


def page(kind: str, name: str, config: Config) -> Page:
    """All that is known of one. Raises UsageError where there is none, DDLError for a broken one."""
    known = names_of(kind, config)
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known)) or 'none'}; libdir says where more are"
        raise UsageError(f"no such {_WORDS.get(kind, kind)} here: {hint}")
    place = known[name]
    if kind == "agent" and place is not None and is_plain(place):
        plain = read_plain_agent(place)
        facts = {"Timeout": "" if plain.timeout is None else f"{plain.timeout:g} s", "Source": plain.folder}
        return Page("\n".join(plain.lines()) + "\n", plain_page(f"{name} agent", plain.description, facts), asdict(plain))
    ddl = _ddl(kind, name, place, config)
    if ddl is not None:
        word = _WORDS.get(kind, kind)
        text = any_doc(ddl) if isinstance(ddl, DDL | DataDDL) else any_doc(ddl).replace(f"{name} plugin", f"{name} {word}", 1)
        if isinstance(ddl, PluginDDL):  # its heading is longer now
            head, _, rest = text.partition("\n")
            text = f"{head}\n{'=' * len(head)}\n{rest.partition(chr(10))[2]}"
        return Page(text, markdown(ddl, word), plain_value(ddl))
    description = _said(kind, name, place).description
    capabilities = _capabilities(name) if kind == "discovery" and place is None else ()
    title = f"{name} {_WORDS.get(kind, kind)}"
    facts = {"Finds hosts by": ", ".join(capabilities), "Source": _shown(place) or "part of mcollective_py"}
    if kind == "application":
        facts["More"] = f"mco help {name}"
    lines = [title, "=" * len(title), "", *(description or "It says nothing of itself.").splitlines(), ""]
    width = max(map(len, facts))
    lines += [f"   {label:>{width}}: {text}" for label, text in facts.items() if text]
    document = {"kind": kind, "name": name, "description": description, "place": _shown(place)}
    return Page(
        "\n".join(lines) + "\n",
        plain_page(title, description, facts),
        document | ({"capabilities": list(capabilities)} if capabilities else {}),
    )


def kinds_of(name: str, config: Config) -> list[str]:
    """The kinds that have a plugin of this name, in the order of TITLES."""
    return [kind for kind in TITLES if name in names_of(kind, config)]


def plain_value(value: Any) -> Any:
    """Values of a DDL as JSON has them."""
    from dataclasses import fields, is_dataclass

    if is_dataclass(value):
        found = {one.name: plain_value(getattr(value, one.name)) for one in fields(value)}
        if isinstance(value, DDL) and not value.notes:
            del found["notes"]  # a ddl.yaml never has any
        return found
    if isinstance(value, Mapping):
        return {str(name): plain_value(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain_value(item) for item in value]
    return value


def _summary(kind: str, name: str, place: Path | None, config: Config) -> tuple[str, str | None]:
    if kind == "agent" and place is not None and is_plain(place):
        said = _said(kind, name, place)
        return f"(a plain agent: `mco rpc {name} --body VALUE`)", said.texts.get("version")
    ddl = _ddl(kind, name, place, config)
    if isinstance(ddl, DataDDL):
        return ddl.description, ddl.metadata.version if place is not None else None
    if ddl is not None:
        return ddl.metadata.description, ddl.metadata.version or None
    if kind == "application" and place is not None:
        from ..commands import description_of

        return description_of(str(place)), None
    said = _said(kind, name, place)
    return said.description.partition("\n")[0], said.texts.get("version")


def _ddl(kind: str, name: str, place: Path | None, config: Config) -> DDL | DataDDL | PluginDDL | None:
    if kind == "agent" and place is not None:
        return read_ddl(place)
    if kind == "data":
        return data_ddl(name, config.paths("libdir"))
    if place is None or not place.is_dir() or not (place / "ddl.yaml").exists():
        return None
    from ...ddl.dataload import plugin_ddl_from_yaml

    read: Callable[[str, str], PluginDDL] = discovery_ddl if kind == "discovery" else plugin_ddl_from_yaml
    return read(_text(place / "ddl.yaml", name), name)


def _ours(kind: str) -> Sequence[str]:
    if kind == "aggregate":
        from ...client.aggregate.load import OURS

        return OURS
    if kind == "validator":
        from ...ddl.validators import VALIDATORS

        return tuple(VALIDATORS)
    if kind == "connector":
        from ...connector.factory import FAMILIES

        return FAMILIES
    return {"discovery": _DISCOVERY, "security": tuple(_SECURITY)}.get(kind, ())


def _said(kind: str, name: str, place: Path | None) -> SaidByClass:
    """Its docstring and attributes, from its source."""
    if place is not None:
        main = {"agent": "agent.py", **{one: KINDS[folder][0] for one, folder in _FOLDERS.items()}}.get(kind)
        file = place / main if main is not None and place.is_dir() else place
        return said_by_class(_text(file, name), class_name(name))
    if kind == "validator":
        from ...ddl.validators import VALIDATORS

        return SaidByClass(" ".join((VALIDATORS[name].__doc__ or "").split()), {}, 0.0)
    folder = {"aggregate": "client/aggregate", "discovery": "client/discovery", "connector": "connector", "security": "security"}[kind]
    file = _PACKAGE / folder / (_SECURITY[name] if kind == "security" else f"{name}.py")
    wanted = class_name(name) if kind == "aggregate" else None
    return said_by_class(_text(file, name), wanted)


def _capabilities(name: str) -> Sequence[str]:
    from ...client.discovery.base import CAPABILITIES
    from ...client.discovery.methods import all_capabilities

    found = all_capabilities(()).get(name, frozenset())
    return [word for word in CAPABILITIES if word in found]


def _text(file: Path, name: str) -> str:
    from ...errors import DDLError

    try:
        return read_regular(str(file), _MAX_TEXT)[0].decode("utf-8")
    except OSError as error:
        raise DDLError(name, reason_of(error)) from error
    except UnicodeDecodeError as error:
        raise DDLError(name, f"{file.name}: cannot be read: {error}") from error


def _shown(place: Path | None) -> str | None:
    if place is None:
        return None
    is_plugin = any(place.is_relative_to(shipped_libdir() / kind) for kind in ("agents", "facts"))  # of an installed copy: within it
    return None if place.is_relative_to(_PACKAGE) and not is_plugin else str(place)
