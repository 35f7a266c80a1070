"""Discovery by an inventory file, without asking anybody: hosts with their facts, classes, agents and collectives, and groups."""

import time
from collections.abc import Sequence
from pathlib import Path

from ...config import Config
from ...ddl.document import from_json, from_yaml
from ...errors import DDLError, DiscoveryError, UsageError
from ...regularfile import read_regular, reason_of
from .base import CAPABILITIES, Discovered, Question
from .inventoryfile import Inventory as InventoryFile
from .inventoryfile import inventory_of

SETTING = "plugin.discovery.inventory.file"
MAX_BYTES = 64 * 1024 * 1024
_MAX_VALUES = 5_000_000


class Inventory:
    """The hosts of an inventory file that a filter means. options: the file, where it is another than the configured one."""

    name = "inventory"
    capabilities = frozenset(CAPABILITIES)

    def __init__(self, options: Sequence[str], config: Config) -> None:
        if len(options) > 1:
            raise UsageError("the discovery method inventory takes one option, the file: --do FILE")
        file = Path(options[0]).expanduser() if options else config.path(SETTING)
        if file is None:
            raise UsageError(f"the discovery method inventory needs a file: --do FILE, or {SETTING} in the configuration")
        self._file = file

    def discover(self, question: Question) -> Discovered:
        """The hosts that the file says are meant. Raises DiscoveryError that names file, line and key."""
        began = time.monotonic()
        nodes = self.read().meant(question.filter, question.collective)
        return Discovered(tuple(sorted(nodes)), seconds=time.monotonic() - began, method=self.name, ended="source")

    def members(self, group: str) -> tuple[str, ...]:
        """The hosts of a group. Raises DiscoveryError."""
        return self.read().members(group)

    def read(self) -> InventoryFile:
        """The file as it is now."""
        try:
            text = read_regular(str(self._file), MAX_BYTES)[0].decode("utf-8-sig")
        except OSError as error:
            raise DiscoveryError(f"the inventory {reason_of(error)}") from error
        except UnicodeDecodeError as error:
            raise DiscoveryError(f"the inventory {self._file} is no text: byte {error.start} is no UTF-8") from error
        name = str(self._file)
        try:
            # Any JSON is YAML as well, and as such takes ten times as long.
            if text.lstrip().startswith("{") and self._file.suffix.lower() not in (".yaml", ".yml"):
                return inventory_of(from_json(text, self.name, name, max_text=MAX_BYTES))
            return inventory_of(from_yaml(text, self.name, name, max_text=MAX_BYTES, max_values=_MAX_VALUES))
        except DDLError as error:
            raise DiscoveryError(error.reason) from error
