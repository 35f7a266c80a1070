"""1,000 different compound filters on a host with 5,000 facts, from the value off the wire to yes or no, beside Ruby's evaluator.

python -m tests.benchmarks.bench_compound
"""

import random
import time
from typing import Any

from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import check_expressions, explain
from mcollective_py.node.view import NodeView
from tests.benchmarks.report import figure, ratio
from tests.parts.rubymatcher import RubyMatcher

FILTERS, FACTS, CLASSES, ROUNDS = 1_000, 5_000, 300, 5


def texts() -> list[str]:
    """Different expressions of four to eight terms, as sites write them; about a half of the tests holds."""
    chance = random.Random(1)

    def term() -> str:
        number = chance.randrange(FACTS)
        value = number % 7 if chance.random() < 0.5 else 7
        return chance.choice(
            (
                f"fact{number}=value{value}",
                f"fact{number}!=value{value}",
                f"fact{number}=/^val.*{value}$/",
                f"fact{number}>value{value}",
                f"role::r{chance.randrange(2 * CLASSES)}",
                f"/^role::r{chance.randrange(90)}[0-5]$/",
            )
        )

    def group() -> str:
        return f"({term()} or {term()})" if chance.random() < 0.5 else f"{term()} and not {term()}"

    return list({f"{group()} and ({group()} or {group()})": None for _ in range(2 * FILTERS)})[:FILTERS]


def ours(wires: list[dict[str, Any]], view: NodeView) -> tuple[float, int]:
    """Seconds of CPU for one round, and how many hold."""
    begun, hold = time.process_time(), 0
    for wire in wires:
        filter = Filter.from_wire(wire)
        check_expressions(filter)
        hold += explain(filter, view) is None
    return time.process_time() - begun, hold


def main() -> None:
    facts = {f"fact{number}": f"value{number % 7}" for number in range(FACTS)}
    classes = [f"role::r{number}" for number in range(CLASSES)]
    wires = [Filter.parse(compound=[text]).to_wire() for text in texts()]
    view = NodeView("web1", classes=frozenset(classes), facts=facts)
    first, hold = ours(wires, view)
    again = min(ours(wires, view)[0] for _ in range(ROUNDS))
    figure("filters that hold, of 1,000", hold, "")
    figure("each filter, the first time it is seen", 1e3 * first / len(wires), "ms")
    figure("each filter, again", 1e3 * again / len(wires), "ms")
    ratio("0.2 ms / the first time", 0.2e-3 / (first / len(wires)), wanted=1.0)
    with RubyMatcher() as ruby:
        ruby.become(facts, classes, [])
        stacks = [wire["compound"][0] for wire in wires]
        assert sum(ruby.passes(stack) for stack in stacks) == hold, "Ruby means other hosts"
        rubys = ruby.seconds(stacks, 1)
    figure("Ruby, each filter", 1e3 * rubys / len(wires), "ms")
    ratio("Ruby / ours", rubys / first, wanted=5.0)


if __name__ == "__main__":
    main()
