"""The data plugin puppet: `-S "puppet().enabled=false"`."""

import time
from collections.abc import Mapping
from typing import Any

from mcollective_py.node.data import Data

from ...settings import is_here, places


class Puppet(Data):
    """The state of the Puppet agent on this host."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """Only where there is a Puppet."""
        return is_here(config)

    def query(self, query: Any) -> Mapping[str, Any]:
        from ...status import read_status  # a host that is not asked does without

        found = places(self.config)
        assert found is not None
        outputs = read_status(found, time.time()).to_data()
        del outputs["message"]
        return outputs
