"""Answers the request that finds hosts; the filter in front of it has done the work."""

from typing import Any


class Discovery:
    """Says that this host matches: ping is answered with pong."""

    timeout = 5  # seconds
    impact = "read"

    def handlemsg(self, msg: Any) -> str:
        """`pong`, or what was not understood."""
        return "pong" if msg.body == "ping" else f"Unknown Request: {str(msg.body)[:100]}"
