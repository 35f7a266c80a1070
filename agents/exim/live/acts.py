"""What can be done to messages: the question before it, what is sent to whom, and what came of it; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..bounds import MAX_IDS
from ..outcomes import many, whereabouts
from ..sent import mappings, number

EVERYTHING = "recipients>=0"  # a selection that every message fulfils, for an action that wants one
_WAIT = 20  # seconds that hosts wait for what a delivery gives


@dataclass(frozen=True, slots=True)
class Act:
    """key: on the keyboard. action: of the agent. verb: as the question begins. waits: deliveries are waited for."""

    key: str
    action: str
    verb: str
    waits: bool = False


ACTS = (
    Act("f", "freeze", "Freeze"),
    Act("t", "thaw", "Thaw"),
    Act("r", "retrymsg", "Retry", waits=True),
    Act("g", "giveup", "Give up"),
    Act("x", "rm", "Remove"),
)


@dataclass(frozen=True, slots=True)
class Aim:
    """What an act is for: messages by host, or a selection with the number of messages that each host counted for it."""

    ids: Mapping[str, Sequence[str]]
    select: str = ""
    counts: Mapping[str, int] | None = None

    @property
    def by_host(self) -> dict[str, int]:
        """How many messages on which host; none without any."""
        told = {host: len(ids) for host, ids in self.ids.items()} if self.counts is None else self.counts
        return {host: count for host, count in told.items() if count}

    @property
    def total(self) -> int:
        """Messages in all."""
        return sum(self.by_host.values())

    def requests(self, act: Act, *, noop: bool) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
        """Hosts and inputs of each request.

        A selection is evaluated on the host when it acts: where it means notably more by then than was asked about, the host refuses.
        """
        more: dict[str, Any] = {"wait": _WAIT} if act.waits else {}
        if noop:
            more["noop"] = True
        if self.counts is None:
            return [((host,), {"msgids": [*ids], "max_messages": len(ids), **more}) for host, ids in self.ids.items() if ids]
        return [
            ((host,), {"select": self.select or EVERYTHING, "max_messages": count + count // 10 + 10, **more})
            for host, count in self.by_host.items()
        ]


def question(act: Act, aim: Aim, *, noop: bool) -> str:
    """What is asked before anything is sent."""
    verb = f"Say what would come of it: {act.verb.lower()}" if noop else act.verb
    return f"{verb} {many(aim.total)} on {whereabouts(aim.by_host)}?"


def refusal(act: Act, aim: Aim, most: int) -> str:
    """Why nothing is sent, and what would allow it; empty where it may be."""
    if not aim.total:
        return f"there is no message to {act.verb.lower()}"
    if aim.total > most:
        told = f"{many(aim.total)} on {whereabouts(aim.by_host)}"
        return f"{told} are more than {most}: nothing was sent. Narrow the filter, or begin with --max-messages {aim.total}"
    if aim.counts is None and any(len(ids) > MAX_IDS for ids in aim.ids.values()):
        return f"at most {MAX_IDS} marked messages of one host at a time: mean them by a filter"
    return ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message, or of a host's whole request where there is no id."""

    host: str
    id: str
    outcome: str
    text: str

    @property
    def is_trouble(self) -> bool:
        """Whether it needs a look: it was not done, and not because there was nothing to do."""
        return self.outcome not in ("done", "would", "unchanged", "gone")


class Outcomes:
    """What came back of one act, host by host."""

    def __init__(self, act: Act, hosts: Sequence[str], *, noop: bool = False) -> None:
        self.act, self.noop = act, noop
        self.due = dict.fromkeys(hosts)
        self._found: list[Outcome] = []

    def take(self, host: str, data: Mapping[str, Any], words: str) -> None:
        """A host's reply. words: why it failed, empty where it did not."""
        self.due.pop(host, None)
        rows = mappings(data.get("outcomes"))
        for row in rows:
            outcome = str(row.get("outcome") or "")
            self._found.append(Outcome(host, str(row.get("msgid") or ""), outcome, str(row.get("text") or "")))
        if not rows:
            status = data.get("status")
            said = words or (status if isinstance(status, str) else "")
            self._found.append(Outcome(host, "", "failed" if words else "done", said))
        self._count(host, data, rows)

    def _count(self, host: str, data: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """A host may name fewer than it did."""
        left = number(data.get("matched")) - len(rows)
        if rows and left > 0:
            self._found.append(Outcome(host, "", "done", f"{left} more, not named one by one"))

    def silent(self, host: str, reason: str) -> None:
        """It gave no answer; nobody knows whether it acted."""
        if host in self.due:
            del self.due[host]
            self._found.append(Outcome(host, "", "silent", reason))

    @property
    def rows(self) -> list[Outcome]:
        """All, what needs a look first."""
        return sorted(self._found, key=lambda one: (not one.is_trouble, one.host, one.id))

    @property
    def summary(self) -> str:
        """One line: `Remove: 810 done, 2 locked; waiting for mx3`."""
        counts: dict[str, int] = {}
        for one in self._found:
            if one.id or one.is_trouble:
                counts[one.outcome] = counts.get(one.outcome, 0) + 1
        order = sorted(counts.items(), key=lambda one: (one[0] not in ("done", "would"), -one[1]))
        told = ", ".join(f"{count} {name}" for name, count in order) or ("nothing was done" if not self.due else "asked")
        waiting = f"; waiting for {', '.join([*self.due][:3])}{' ...' if len(self.due) > 3 else ''}" if self.due else ""
        return f"{self.act.verb}{' (only what would be done)' if self.noop else ''}: {told}{waiting}"
