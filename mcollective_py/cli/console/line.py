"""What a line of the console means; pure."""

import shlex
from collections.abc import Collection, Sequence

from ...errors import UsageError

# The console's own commands, each with what it does.
BUILTINS = {
    "filter": "filter -C web -F country=uk: whom all that follows is for; `filter none`: every host; alone: say it",
    "discover": "find out again who that is",
    "hosts": "their names",
    "doc": "doc AGENT: its actions and their inputs",
    "last": "what the last command printed, once more",
    "stats": "numbers and times of the last call",
    "help": "this; `help COMMAND` explains one of mco's",
    "quit": "leave, as Ctrl-D does",
}
NO_FILTER = ("none", "reset", "off")


def words_of_line(text: str) -> list[str]:
    """The words of a line, quotes taken off; empty for a blank line and for a remark after `#`. Raises UsageError."""
    text = text.strip()
    if text.startswith("#"):
        return []
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"the line cannot be read: {error}") from None


def is_call(words: Sequence[str], agents: Collection[str], actions: Collection[str], commands: Collection[str]) -> bool:
    """Whether a line calls an agent. actions: those of the agent that is its first word.

    Where a command of mco has an agent's name, the second word tells: an action of the agent is one.
    """
    if words[0] not in agents:
        return False
    named = next((word for word in words[1:] if not word.startswith("-")), "")
    return words[0] not in commands or named in actions


def prompt(filter: Sequence[str], hosts: int | None) -> str:
    """`mco> `, or with a filter `mco -C web (12)> `. hosts: how many it means, None where nobody asked yet."""
    if not filter and hosts is None:
        return "mco> "
    count = "?" if hosts is None else str(hosts)
    shown = f" {shlex.join(filter)}" if filter else ""
    return f"mco{shown if len(shown) <= 60 else shown[:59] + '…'} ({count})> "


def without_secrets(words: Sequence[str], secret: Collection[str]) -> list[str]:
    """The words as a history may keep them: inputs of these names, also those written `name:=JSON`, lose their value."""
    kept = []
    for word in words:
        lead = next((lead for lead in ("--arg=", "--argument=") if word.startswith(lead)), "")
        name, is_pair, _ = word.removeprefix(lead).partition("=")
        kept.append(f"{lead}{name}=" if is_pair and name.removesuffix(":") in secret else word)
    return kept
