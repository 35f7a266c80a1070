"""Discovery methods of the site's own: `discovery/NAME/` of a libdir, discovery.py with a class of that name, and a ddl.yaml.

class Racks:
    def __init__(self, options, settings): ...
    def discover(self, question): return ["web1.example.com"]
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ...config import Config
from ...ddl.document import Document, from_yaml
from ...errors import DDLError, DiscoveryError, MCollectiveError, PluginError
from ...matching.nodeset import MAX_NAMES
from ...names import is_identity
from ...plugins.finder import find
from ...plugins.folder import load_plugin
from ...regularfile import read_regular, reason_of
from ...text import printable
from .base import CAPABILITIES, Discovered, Question

_MAX_DDL = 256 * 1024
_METADATA = ("name", "description", "author", "license", "version", "url", "timeout")


class SitePlugin:
    """One such method behind the port: what it gives is checked, and what it raises is said in words."""

    def __init__(self, name: str, capabilities: frozenset[str], plugin: Any) -> None:
        self.name, self.capabilities, self._plugin = name, capabilities, plugin

    def discover(self, question: Question) -> Discovered:
        """The names that the plugin gives. Raises DiscoveryError."""
        began = time.monotonic()
        found = self._called(lambda: list(islice(self._plugin.discover(question), MAX_NAMES + 1)))
        if wrong := [name for name in found if not is_identity(name)]:
            raise DiscoveryError(f"the discovery method {self.name} gave {printable(repr(wrong[0])[:80])}, which is no host name")
        if len(found) > MAX_NAMES:
            raise DiscoveryError(f"the discovery method {self.name} gave more than {MAX_NAMES} hosts")
        return Discovered(tuple(sorted(set(found))), seconds=time.monotonic() - began, method=self.name, ended="source")

    def _called(self, call: Callable[[], list[Any]]) -> list[Any]:
        try:
            return call()
        except MCollectiveError:
            raise
        except Exception as error:
            raise DiscoveryError(f"the discovery method {self.name} failed: {type(error).__name__}: {error}") from error


def site_methods(libdirs: Sequence[Path]) -> Mapping[str, Path]:
    """The folders of the discovery methods in the libdirs, by name."""
    return find("discovery", libdirs)


def site_plugin(name: str, folder: Path, options: Sequence[str], config: Config) -> SitePlugin:
    """The method in a folder, made with the words of --do and its settings, `plugin.NAME.*`. Raises PluginError or DDLError."""
    capabilities = capabilities_in(folder)
    cls = load_plugin("discovery", name, folder)
    if not callable(getattr(cls, "discover", None)):
        raise PluginError(name, f"the class {cls.__name__} has no discover")
    try:
        return SitePlugin(name, capabilities, cls(tuple(options), config.plugin(name)))
    except MCollectiveError:
        raise
    except Exception as error:  # a plugin's load may raise anything
        raise PluginError(name, f"{type(error).__name__}: {error}") from error


def capabilities_in(folder: Path) -> frozenset[str]:
    """What the ddl.yaml of a method says it applies of a filter. Raises DDLError."""
    name = folder.name
    try:
        text = read_regular(str(folder / "ddl.yaml"), _MAX_DDL)[0].decode("utf-8")
    except OSError as error:
        raise DDLError(name, reason_of(error)) from error
    except UnicodeDecodeError as error:
        raise DDLError(name, f"ddl.yaml: cannot be read: {error}") from error
    return frozenset(capabilities_of(from_yaml(text, name)))


def capabilities_of(document: Document) -> tuple[str, ...]:
    """The capabilities that a method's DDL says, in its order; all of the document is checked. Raises DDLError."""
    name = document.plugin
    given = _keys(document, (), document.value, ("metadata", "capabilities", "usage"))
    metadata = _keys(document, ("metadata",), given.get("metadata"), _METADATA)
    if metadata.get("name") != name:
        raise document.error(("metadata", "name"), f"must be {name}, as the folder is called")
    found = given.get("capabilities")
    if not isinstance(found, list) or not found:
        raise document.error(("capabilities",), f"is a list of {', '.join(CAPABILITIES)}; one at least")
    for number, word in enumerate(found):
        if word not in CAPABILITIES:
            raise document.error(("capabilities", number), f"must be one of {', '.join(CAPABILITIES)}")
    return tuple(found)


def _keys(document: Document, place: tuple[str | int, ...], value: Any, known: Iterable[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise document.error(place, "must be a mapping")
    for key in value:
        if key not in known:
            raise document.error((*place, key), f"is not known here: there are {', '.join(known)}")
    return value
