"""A plain agent, which has no DDL, as far as its source tells; none of it is run."""

import ast
from dataclasses import dataclass
from pathlib import Path

from ..ddl.model import PLAIN_TIMEOUT

_MAX_SOURCE = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class PlainAgent:
    """description: the class's docstring. timeout: seconds; None where the source computes it. folder: where it stands."""

    name: str
    description: str
    timeout: float | None
    folder: str

    def lines(self) -> list[str]:
        """As `mco plugin doc` prints it."""
        title = f"{self.name} agent"
        facts = {"Timeout": "" if self.timeout is None else f"{self.timeout:g} s", "Source": self.folder}
        return [
            *(title, "=" * len(title), ""),
            *([*self.description.splitlines(), ""] if self.description else []),
            *(f"   {label:>12}: {text}" for label, text in facts.items() if text),
            *("", f"A plain agent, without actions: `mco rpc {self.name} --body VALUE` sends it a message, JSON or text."),
        ]


def read_plain_agent(folder: Path) -> PlainAgent:
    """What agent.py says of itself; nothing but the name and place where it cannot be read."""
    name, found = folder.name, None
    try:
        with (folder / "agent.py").open("rb") as file:
            tree = ast.parse(file.read(_MAX_SOURCE))
        wanted = "".join(part.capitalize() for part in name.split("_"))
        found = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == wanted), None)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        pass
    if found is None:
        return PlainAgent(name, "", None, str(folder))
    return PlainAgent(name, ast.get_docstring(found) or "", _timeout(found), str(folder))


def _timeout(agent: ast.ClassDef) -> float | None:
    for node in agent.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id == "timeout" for target in targets):
            value = getattr(node, "value", None)
            number = value.value if isinstance(value, ast.Constant) else None
            return float(number) if isinstance(number, int | float) else None
    return PLAIN_TIMEOUT
