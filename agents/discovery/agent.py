"""Answers the request that finds hosts; the filter in front of it has done the work."""

from typing import Any


class Discovery:
    """Says that this host matches: ping is answered with pong."""

    timeout = 5  # seconds
    impact = "read"

    def handlemsg(self, msg: Any) -> str:
        """`pong`, or what was not understood."""
        if msg.body in ("ping", b"ping"):  # some clients of Ruby's wire do not say that their bytes are text
            return "pong"
        return f"Unknown Request: {str(msg.body)[:100]}"
