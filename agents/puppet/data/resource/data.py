"""The data plugin resource: `-S "resource('file[/etc/motd]').managed=true"`."""

import time
from collections.abc import Mapping
from typing import Any

from mcollective_py.node.data import Data

from ...settings import is_here, places


class Resource(Data):
    """What Puppet manages on this host, and how its last run went."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """Only where there is a Puppet."""
        return is_here(config)

    def query(self, query: Any) -> Mapping[str, Any]:
        # A host that is not asked does without.
        from ...lastrun import NUMBERS
        from ...resources import MAX_RESOURCES, is_managed, parse_resources
        from ...status import read_file, read_lastrun

        found = places(self.config)
        assert found is not None
        run, managed = read_lastrun(found), read_file(found.resources, MAX_RESOURCES)
        resources = [] if managed is None else parse_resources(managed[0].decode(errors="replace"))
        return {
            "managed": query is not None and is_managed(resources, query),
            **{output: run.number(part, name) for output, (part, name) in NUMBERS.items()},
            "lastrun": run.lastrun,
            "since_lastrun": int(time.time()) - run.lastrun,
            "config_version": run.config_version,
        }
