"""Ruby's own compound filters in a process of their own, for tests and benchmarks beside ours; see rubymatcher.rb."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.parts.require import require_programs

MATCHER = "/usr/lib/ruby/vendor_ruby/mcollective/matcher.rb"
AGENT = {
    "license": "ASL 2.0",
    "description": "An agent",
    "url": "https://example.com/",
    "version": "1.0",
    "author": "site",
    "timeout": 5,
}


class RubyMatcher:
    """One Ruby process; it ends with the `with` block."""

    def __enter__(self) -> "RubyMatcher":
        require_programs("ruby", file=MATCHER)
        script = Path(__file__).with_suffix(".rb")
        self._process = subprocess.Popen(
            ["ruby", "-W0", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._process.communicate(timeout=10)  # the end of its input is its own, and it takes its files along
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def parse(self, text: str) -> list[dict[str, Any]] | None:
        """The call stack that Ruby's client makes of an expression, None where it refuses it."""
        stack: list[dict[str, Any]] | None = self._ask({"parse": text}).get("stack")
        return stack

    def become(self, facts: dict[str, Any], classes: list[str], agents: list[str], identity: str | None = None) -> None:
        """What the host is from now on, every agent with AGENT's metadata."""
        self._ask({"facts": facts, "classes": classes, "agents": dict.fromkeys(agents, AGENT), "identity": identity})

    def takes(self, **words: list[str]) -> bool | None:
        """Whether words of -F, -C, -A, -I, -W and -S (fact, cf_class, agent, identity, combined, compound) mean the host.

        None where Ruby fails over them, on its client or on the node: then nobody acts.
        """
        answer = self._ask({"words": words})
        return bool(answer["passes"]) if "passes" in answer else None

    def passes(self, *stacks: list[dict[str, Any]]) -> bool:
        """Whether a request with these call stacks is for the host: an error drops it."""
        return bool(self._ask({"stacks": stacks}).get("passes", False))

    def data(self, plugin: str, query: str | None) -> dict[str, Any] | str:
        """The outputs of a data plugin, or why there are none."""
        answer = self._ask({"data": plugin, "query": query})
        return answer.get("outputs") or str(answer["error"])

    def seconds(self, stacks: list[list[dict[str, Any]]], rounds: int) -> float:
        """What so many rounds over one filter for each call stack take, of CPU."""
        return float(self._ask({"time": stacks, "rounds": rounds})["seconds"])

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
