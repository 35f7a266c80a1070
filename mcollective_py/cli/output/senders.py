"""`--senders`: the names of the hosts whose results are wanted, one a line, and nothing else."""

from ...client.results import RPCResult
from ...ddl.model import DDL
from ..inert import inert
from ..render import Style
from .base import Ending


class Senders:
    """Names as they arrive."""

    def __init__(self, ddl: DDL | None, style: Style) -> None:
        pass

    def result(self, result: RPCResult) -> str:
        """See Output."""
        return inert(result.sender) + "\n"

    def end(self, ending: Ending) -> str:
        """See Output."""
        return ""
