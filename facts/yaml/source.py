"""Facts from YAML or JSON files, as Puppet, cron or a person writes them."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from mcollective_py.errors import PluginError
from mcollective_py.node.factsource import Settling, Stamp, read_regular, reason_of

from .rubyish import OddYAML, read_yaml

MAX_BYTES = 8 * 1024 * 1024  # facter's own output has some 20 KB

_RESTLESS = "is being written all the time"


class Yaml:
    """`plugin.yaml`: one file or several with `:` between them; of a fact in several files the last counts.

    A file that is not there is passed over, as long as another one is and it was never seen; every other trouble with one file
    makes the whole load fail, since what an earlier file says would not be true without the later one.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._paths: Sequence[str] = [path for path in settings.get("", "").split(":") if path]
        self._files = {path: _File(path) for path in self._paths}

    def fingerprint(self) -> object:
        """The version of every file; one that is just being written still counts as the version before."""
        now = time.time()
        return tuple(file.version(now) for file in self._files.values())

    def load(self) -> Mapping[str, Any]:
        """The facts of all files; a file that did not change is not read again."""
        if not self._paths:
            raise PluginError("yaml", "no file is set: plugin.yaml = /etc/mcollective/facts.yaml")
        facts: dict[str, Any] = {}
        missing, now = [], time.time()
        for path in self._paths:
            try:
                facts |= self._files[path].facts(now)
            except FileNotFoundError:
                if self._files[path].is_known:
                    raise PluginError("yaml", f"{path} is gone") from None
                missing.append(path)
            except OSError as error:
                raise PluginError("yaml", reason_of(error)) from error
        if len(missing) == len(self._paths):
            raise PluginError("yaml", f"no such file: {' or '.join(missing)}")
        if not facts:
            raise PluginError("yaml", f"there are no facts in {' or '.join(self._paths)}")
        return facts


class _File:
    """One file and what was last read from it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._stamp: Stamp | None = None
        self._facts: Mapping[str, Any] = {}
        self._settling = Settling()

    @property
    def is_known(self) -> bool:
        return self._stamp is not None

    def version(self, now: float) -> object:
        """The file's stamp, the one before while it is being written, or the reason in words why it has none."""
        try:
            stamp = Stamp.of(self._path)
        except OSError as error:
            return error.strerror
        if self._stamp is None or not self._settling.is_unsettled(self._stamp, stamp, now):
            return stamp
        return _RESTLESS if self._settling.never_rests(now) else self._stamp

    def facts(self, now: float) -> Mapping[str, Any]:
        """The facts in it; OSError or PluginError where it cannot be used."""
        version = self.version(now)
        if version == _RESTLESS:
            raise PluginError("yaml", f"{self._path} {_RESTLESS}")
        if self._stamp is not None and version == self._stamp:
            return self._facts
        content, stamp = read_regular(self._path, MAX_BYTES)
        try:
            facts = parse_facts(content)
        except OddYAML as error:
            raise PluginError("yaml", f"{self._path}: {error}") from error
        self._stamp, self._facts = stamp, facts
        return facts


def parse_facts(content: bytes) -> dict[str, Any]:
    """The facts in a file's content, JSON where it is, else YAML; OddYAML with the reason where there are none."""
    text = content.decode("utf-8-sig", "replace")
    if text.lstrip().startswith("{"):
        try:
            facts = json.loads(text, parse_constant=str)
        except RecursionError as error:
            raise OddYAML("it is nested too deep") from error
        except ValueError:
            facts = read_yaml(text)  # a YAML mapping may begin with a brace too
    else:
        facts = read_yaml(text)
    if not isinstance(facts, dict):
        raise OddYAML("it holds no mapping of facts")
    if not facts:
        raise OddYAML("it is empty")
    return facts
