"""The kinds of plugins that have no DDL here, unlike Ruby's: what there is of each, for who looks for their documentation."""

from typing import NamedTuple


class Kind(NamedTuple):
    """One kind. names: those that are there. what: said of them."""

    names: tuple[str, ...]
    what: str


def other_kinds() -> dict[str, Kind]:
    """The kinds by the word that Ruby's `mco plugin doc KIND/NAME` has for them."""
    from ..client.aggregate.load import OURS
    from ..connector.factory import FAMILIES
    from ..ddl.validators import VALIDATORS

    validators = tuple(sorted(VALIDATORS))
    return {
        "aggregate": Kind(OURS, f"there are the aggregates {', '.join(OURS)}"),
        "connector": Kind(FAMILIES, f"there are the connectors {', '.join(FAMILIES)}; `mco config check` says which is in use"),
        "discovery": Kind(("mc",), "there is one discovery method, mc, which asks the hosts"),
        "validator": Kind(validators, f"there are the validators {', '.join(validators)}"),
    }


def undocumented(kind: str, name: str) -> str | None:
    """What to say where somebody asks for KIND/NAME, or for NAME with an empty kind; None for what may be an agent's name."""
    kinds = other_kinds()
    if not kind:
        kind = next((word for word, known in kinds.items() if name in known.names), "")
    if kind not in kinds:
        return None
    beside = f"`mco plugin doc FILE` shows a Ruby plugin's {name}.ddl"
    return f"no documentation of {kind}/{name} here: {kinds[kind].what}; {beside}"
