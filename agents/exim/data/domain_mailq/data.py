"""domain_mailq('example.com').size in filters."""

from collections.abc import Mapping
from typing import Any

from mcollective_py.node.data import Data


class DomainMailq(Data):
    """Mail that waits for a domain."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """Only where there is an Exim."""
        from ...places import program_of

        return program_of(config) is not None

    def query(self, query: str) -> Mapping[str, Any]:
        """See Data."""
        from ...layout import domain_of
        from ...reader import Reader

        wanted = query.lower()
        found = Reader(self.config).listing({}).messages
        meant = [mail for mail in found if any(domain_of(address) == wanted for address in mail.recipients)]
        return {"size": len(meant), "frozen": sum(mail.is_frozen for mail in meant)}
