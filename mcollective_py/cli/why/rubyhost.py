"""What can be known of a host that cannot explain: its own inventory against the filter, judged here. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...expression import DataTest, leaves
from ...matching.matcher import explain
from ...node.view import NodeView
from .question import Hypothesis
from .verdict import Verdict


def from_inventory(found: Verdict, inventory: Mapping[str, Any] | None, asked: Hypothesis) -> Verdict:
    """The verdict on a host that cannot explain, with what its `rpcutil inventory` tells; None where that failed too."""
    if inventory is None:
        return replace(found, notes=("it answers, and does not tell its inventory: ask its log",))
    view = view_of(found.host, inventory)
    meant = asked.filter if asked.agent is None else asked.filter.with_agent(asked.agent)
    notes = []
    if asked.collective not in view.collectives:
        notes.append(f"it is not in the collective {asked.collective}; it is in {', '.join(view.collectives)}")
    if any(isinstance(test, DataTest) for tree in meant.expressions for test in leaves(tree)):
        notes.append("data functions of -S are asked on the host alone: what they give there cannot be judged here")
    condition = explain(meant, view)
    if condition is not None:
        notes.append(f"by its inventory the filter does not mean it: {condition}")
    else:
        notes.append(
            "by its inventory the filter means it" + ("" if asked.agent is None else f", and the agent {asked.agent} is active")
        )
    notes.append("clocks, policy and inputs are judged there: `mco rpc` shows its own words, its log the rest")
    return replace(found, notes=(*found.notes, *notes))


def view_of(host: str, inventory: Mapping[str, Any]) -> NodeView:
    """The host as its inventory describes it; whatever has another shape is left out."""
    facts = inventory.get("facts")
    collectives = _names(inventory.get("collectives"))
    return NodeView(
        host,
        collectives=collectives or ("mcollective",),
        agents=frozenset(_names(inventory.get("agents"))),
        classes=frozenset(_names(inventory.get("classes"))),
        facts={str(name): value for name, value in facts.items()} if isinstance(facts, Mapping) else {},
    )


def _names(value: object) -> tuple[str, ...]:
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list | tuple) else ()
