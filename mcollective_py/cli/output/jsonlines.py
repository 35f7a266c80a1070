"""`--jsonl`: one line of JSON for each result as it arrives, and a last one of type `stats`; docs/json-schema/line.json."""

from ...client.results import RPCResult
from ...ddl.model import DDL
from ..render import Style, json_text, result_document
from .base import Ending
from .jsondocument import ending_document


class JSONLines:
    """A stream of lines, each a document of its own; `type` says which kind."""

    def __init__(self, ddl: DDL | None, style: Style) -> None:
        pass

    def result(self, result: RPCResult) -> str:
        """See Output."""
        return json_text({"type": "reply", **result_document(result)}, indent=False) + "\n"

    def end(self, ending: Ending) -> str:
        """See Output."""
        return json_text({"type": "stats", **ending_document(ending)}, indent=False) + "\n"
