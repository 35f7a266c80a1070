"""`--json`: one document with everything in it, made when all is in; docs/json-schema/call.json describes it."""

from collections.abc import Sequence
from typing import Any

from ...client.results import RPCResult
from ...ddl.model import DDL
from ..render import Style, json_text, result_document
from .base import Ending, failures_first


class JSONDocument:
    """The document, laid out where a person looks at it."""

    def __init__(self, ddl: DDL | None, style: Style) -> None:
        self._style = style
        self._results: list[RPCResult] = []

    def result(self, result: RPCResult) -> str:
        """See Output."""
        self._results.append(result)
        return ""

    def end(self, ending: Ending) -> str:
        """See Output."""
        return json_text(call_document(self._results, ending), indent=self._style.is_terminal) + "\n"


def call_document(results: Sequence[RPCResult], ending: Ending) -> dict[str, Any]:
    """What is said of a call: its results, failures first, and all that is known of it."""
    head = ending_document(ending)
    stats, summaries = head.pop("stats"), head.pop("summaries")
    replies = [result_document(result) for result in failures_first(results)]
    return {**head, "replies": replies, "summaries": summaries, "stats": stats}


def ending_document(ending: Ending) -> dict[str, Any]:
    """The same without the results."""
    stats = ending.stats
    return {
        "request_id": stats.request_id,
        "agent": stats.agent,
        "action": stats.action,
        "interrupted": ending.is_interrupted,
        "summaries": [one.to_dict() for one in ending.summaries],
        "stats": stats.to_dict(),
    }
