"""`--json`: one document with everything in it, written when all is in; docs/json-schema/call.json describes it."""

from collections.abc import Sequence
from typing import Any

from ...client.results import RPCResult
from ...ddl.model import DDL
from ..render import Style, json_text, result_document
from .base import Ending, failures_first

_PLACE = '"replies": []'


class JSONDocument:
    """The document, laid out where a person looks at it. Until it is written, results wait as text: as values they take much memory."""

    def __init__(self, ddl: DDL | None, style: Style) -> None:
        self._is_laid_out = style.is_terminal
        self._replies: list[tuple[bool, str, str]] = []

    def result(self, result: RPCResult) -> str:
        """See Output."""
        text = json_text(result_document(result), indent=self._is_laid_out)
        self._replies.append((result.is_ok, result.sender, text.replace("\n", "\n    ")))
        return ""

    def end(self, ending: Ending) -> str:
        """See Output."""
        head, _, rest = json_text(call_document([], ending), indent=self._is_laid_out).partition(_PLACE)
        before, between, after = ("\n    ", ",\n    ", "\n  ") if self._is_laid_out else ("", ", ", "")
        replies = [text for _, _, text in sorted(self._replies, key=lambda reply: reply[:2])]  # failures first
        self._replies.clear()
        inside = [part for text in replies for part in (between, text)]
        if inside:
            inside[0] = before
            inside.append(after)
        return "".join((head, _PLACE[:-1], *inside, "]", rest, "\n"))


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
