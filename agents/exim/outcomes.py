"""What became of messages, in words: a line a host, its exceptions each with the reason, and where messages are before the question."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .sent import as_text, mappings, number
from .shown import table_lines

_MOST_LINES = 20  # of a host, for messages that were not done
_MOST_HOSTS = 8  # that a question names
_NAMED = 5  # ids that are nowhere, or hosts that are silent
NOWHERE = 2  # exit code of a command about a message that no host has
WELL = ("done", "unchanged", "gone", "would")  # of what was to be changed


def many(count: int) -> str:
    """`1 message`, `400 messages`."""
    return "1 message" if count == 1 else f"{count} messages"


def whereabouts(counts: Mapping[str, int]) -> str:
    """`mx1`, or `4 hosts (mx1 400, mx2 212, mx3 100, mx4 100)`, those with the most first."""
    if len(counts) == 1:
        return next(iter(counts))
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    named = [f"{name} {counts[name]}" for name in ordered[:_MOST_HOSTS]]
    more = f", and {len(ordered) - _MOST_HOSTS} more" if len(ordered) > _MOST_HOSTS else ""
    return f"{len(ordered)} hosts ({', '.join(named)}{more})"


def outcome_lines(data: Mapping[str, Any], said: str = "", *, untold: Collection[str] = WELL) -> list[str]:
    """What a host did, in its own sentence, then messages one by one with what became of them.

    said: the sentence, that of `status` without it. untold: outcomes that need no words of their own.
    """
    rows = mappings(data.get("outcomes"))
    lines = [said or as_text(data.get("status")) or "no message is meant"]
    if len(rows) == 1 and as_text(rows[0].get("msgid")) in lines[0]:
        return lines  # the sentence is about it
    # A message that bounced is done with, and yet not what anybody hoped for.
    shown = [row for row in rows if row.get("outcome") not in untold or "bounced" in as_text(row.get("text"))]
    lines += [f"{as_text(row.get('msgid'))}: {as_text(row.get('text')) or as_text(row.get('outcome'))}" for row in shown[:_MOST_LINES]]
    return [*lines, f"... and {len(shown) - _MOST_LINES} more: -v has them all"] if len(shown) > _MOST_LINES else lines


def sum_line(hosts: Sequence[Mapping[str, Any]], *, is_trial: bool = False) -> str:
    """All hosts together: `812 messages on 4 hosts: 809 done, 3 failed`."""
    matched, done, failed = (sum(number(data.get(name)) for data in hosts) for name in ("matched", "done", "failed"))
    parts = [f"{done} would be done" if is_trial else f"{done} done"]
    parts += [f"{rest} needed nothing or had gone"] if (rest := matched - done - failed) > 0 else []
    return f"{many(matched)} on {len(hosts)} hosts: {', '.join([*parts, f'{failed} failed'])}"


def sample_lines(samples: Sequence[tuple[str, Mapping[str, Any]]], total: int) -> list[str]:
    """The first messages that are meant, host and message each."""
    rows = [{"host": host, **{name: value for name, value in row.items() if name != "host"}} for host, row in samples]
    more = total - len(rows)
    return [*table_lines(rows), *([f"... and {more} more"] if rows and more > 0 else [])]


def nowhere(ids: Sequence[str], *, is_sure: bool = True) -> str:
    """That no host has these messages, and what tells more. is_sure: every host has said so."""
    named = ", ".join(ids[:_NAMED]) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")
    who = "no host" if is_sure else "no host that could say it"
    return f"mco exim: {who} has a message {named}: mco exim trace {ids[0]} tells what became of it"


def left_out(silent: Sequence[str]) -> str:
    """Which hosts may have messages too, and did not say so."""
    more = f" and {len(silent) - _NAMED} more" if len(silent) > _NAMED else ""
    return f"left out, for want of an answer: {', '.join(silent[:_NAMED])}{more}"


def present_ids(data: Mapping[str, Any]) -> list[str]:
    """The messages of a trial that a host has."""
    return [as_text(row.get("msgid")) for row in mappings(data.get("outcomes")) if row.get("outcome") not in ("unknown", "gone")]
