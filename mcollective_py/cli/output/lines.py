"""Text of the commands of agents: a line a host, as its command words it; nothing of a host of which there is nothing to say."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import StringIO

from ...client.results import RPCResult
from ...matching.nodeset import fold, natural
from ..inert import inert, inert_lines
from ..render import RED, Style, status_word
from .base import Ending, text_of

_MARGIN = 3
_WIDEST = 60  # characters that the names may take; longer ones stand out


@dataclass(frozen=True, slots=True)
class Wording:
    """How a command words what its hosts answer.

    line: of a host that succeeded; None where there is nothing to say of it. closing: lines below all results, of all that came.
    failure: of a host that failed; None for its message. has_summaries: whether what the DDL summarizes follows.
    listing: lines of a host that succeeded which stand as they are, for long ones; None where `line` says it. They are written as they
    come, never folded, and the result is kept for nothing else: closing does not see it.
    All are pure, and give a host's words as they are: they are made inert here.
    """

    line: Callable[[RPCResult], str | None]
    closing: Callable[[Sequence[RPCResult]], Iterable[str]] = lambda results: ()
    failure: Callable[[RPCResult], str | None] = lambda result: None
    has_summaries: bool = True
    listing: Callable[[RPCResult], Iterable[str] | None] = lambda result: None


class Lines:
    """Lines as hosts answer, names to the right of a column. is_folded: at the end instead, equal ones once with the node set."""

    def __init__(self, wording: Wording, style: Style, hosts: Sequence[str], *, is_folded: bool = False) -> None:
        self._wording, self._style, self._is_folded = wording, style, is_folded
        self._width = min(max((len(inert(name)) for name in hosts), default=0), _WIDEST)
        self._results: list[RPCResult] = []

    def result(self, result: RPCResult) -> str:
        """See Output."""
        if result.is_ok and (listed := self._wording.listing(result)) is not None:
            text = StringIO()  # not joined: a hundred thousand lines one by one take several times the memory of their text
            text.writelines(f"{inert(line)}\n" for line in listed)
            return text.getvalue()
        self._results.append(result)
        said = None if self._is_folded else said_of(result, self._wording.line, self._wording.failure)
        return "" if said is None else text_of(_laid_out(inert(result.sender), said, result.is_ok, self._width, self._style))

    def end(self, ending: Ending) -> str:
        """See Output."""
        lines: list[str] = []
        if self._is_folded:
            groups = grouped_lines(self._results, self._wording.line, self._wording.failure)
            heads = [fold(names) + (f" ({len(names)})" if len(names) > 1 else "") for _, _, names in groups]
            width = min(max((len(head) for head in heads), default=0), _WIDEST)
            for head, (is_ok, said, _) in zip(heads, groups, strict=True):
                lines += _laid_out(inert(head), said, is_ok, width, self._style)
        if closing := [inert(line) for line in self._wording.closing(self._results)]:
            lines += ["", *closing]
        return text_of(lines)


def said_of(
    result: RPCResult, line: Callable[[RPCResult], str | None], failure: Callable[[RPCResult], str | None] = lambda result: None
) -> str | None:
    """What there is to say of a host: a failure in the host's own words, or else the command's line; None for nothing."""
    if result.is_ok:
        return line(result)
    if (words := failure(result)) is not None:
        return words
    _, word = status_word(result)
    if result.statusmsg in ("", "OK"):
        return word
    return f"{result.statusmsg} ({word})" if result.refusal else result.statusmsg


def grouped_lines(
    results: Iterable[RPCResult],
    line: Callable[[RPCResult], str | None],
    failure: Callable[[RPCResult], str | None] = lambda result: None,
) -> list[tuple[bool, str, tuple[str, ...]]]:
    """Whether it is well, what is said, and of which hosts: failures first, then the largest group, then by name.

    A host's own name in what it says is shown as `<host>`, so that it does not keep the host apart.
    """
    found: dict[tuple[bool, str], list[RPCResult]] = {}
    for result in results:
        if (said := said_of(result, line, failure)) is not None:
            found.setdefault((result.is_ok, said.replace(result.sender, "<host>")), []).append(result)
    groups = []
    for (is_ok, said), same in found.items():
        alone = said_of(same[0], line, failure) if len(same) == 1 else None
        groups.append((is_ok, alone or said, tuple(sorted((one.sender for one in same), key=natural))))
    return sorted(groups, key=lambda group: (group[0], -len(group[2]), natural(group[2][0])))


def _laid_out(name: str, said: str, is_ok: bool, width: int, style: Style) -> list[str]:
    first, *more = inert_lines(said.rstrip("\n"))
    code, margin = "" if is_ok else RED, " " * (_MARGIN + width + 2)
    lead = f"{'':{_MARGIN}}{name:>{width}}:"
    lines = [f"{lead} {style.paint(code, first)}"] if first else [lead]
    return [line.rstrip() for line in (*lines, *(f"{margin}{style.paint(code, line)}" if line else "" for line in more))]
