"""Bounded regular expressions: a search takes time in proportion to the text, whatever the pattern.

Python's own `re` backtracks: `(a+)+$` on forty letters runs for hours, and a caller could stop a whole fleet with it. Here all ways
through the pattern are followed at once, and the sets of ways met before are remembered. Measured: 60 ns a character once warm,
3 ms for that pattern on 50,000 letters.
"""

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from ..filter import MAX_TERMS
from .charclass import is_word
from .regexsyntax import MAX_PATTERN, MAX_STATES, Alt, Cat, Char, Edge, Node, RegexRefused, parse_regex

MAX_TEXT = 64 * 1024  # characters of one text to search; a longer one is not searched at all
EFFORT = 400_000  # units of 50 to 100 ns each: some 30 ms for one filter
_MAX_BUILT = 4 * MAX_STATES  # nodes of the tree, repeated ones each time
# Measured, in these units: one search, one step to a new character, one way looked at; one character of a pattern read, one node of
# it built, one pattern refused.
_SEARCH, _STEP, _WAY, _READ, _BUILD, _REFUSED = 6, 30, 8, 20, 8, 10_000
_MAX_MEMORY = 2_000  # ways and transitions remembered for one expression, some 0.4 MB, then forgotten and begun again

_START, _NEWLINE, _WORD, _OTHER = range(4)  # what stands before the place looked at
_MATCHED: Final = object()


class Effort:
    """What one filter may cost; shared by all its tests."""

    def __init__(self, limit: int = EFFORT) -> None:
        self.left = limit

    def spend(self, amount: int) -> None:
        """Take amount away; RegexRefused when nothing is left."""
        self.left -= amount
        if self.left < 0:
            raise RegexRefused("the filter takes too long")


class _State:
    """A set of ways and what stands before; table leads on by character."""

    __slots__ = ("at_end", "before", "table", "ways")

    def __init__(self, ways: frozenset[int], before: int) -> None:
        self.ways, self.before = ways, before
        self.table: dict[str, object] = {}
        self.at_end: bool | None = None


class Regex:
    """One expression, searched for anywhere in a text; RegexRefused for a pattern that is not taken."""

    def __init__(self, pattern: str) -> None:
        tree = parse_regex(pattern)
        self._literal, self._needed = _literal(tree), _needed(tree)
        self._automaton = _Automaton(tree)
        self.built = self._automaton.built  # how large it is
        self._forget()

    def search(self, text: str, effort: Effort) -> bool:
        """True where it matches somewhere in text. Raises RegexRefused where text or the cost is too large."""
        if len(text) > MAX_TEXT:
            raise RegexRefused(f"a value of {len(text)} characters is too long to search")
        effort.spend(_SEARCH + len(text))
        if self._literal is not None:
            return self._literal in text
        if self._needed not in text:  # a hundred times as fast as reading it here: most names that a filter does not mean end so
            return False
        state = self._first
        for ch in text:
            found = state.table.get(ch)
            if found is None:
                found = self._step(state, ch, effort)
            if found is _MATCHED:
                return True
            state = found  # type: ignore[assignment]  # the table holds states and _MATCHED only
        if state.at_end is None:
            state.at_end = self._automaton.reach(state.ways, state.before, None, effort)[0]
        return state.at_end

    def is_in_any(self, texts: Collection[str], effort: Effort) -> bool:
        """True where it matches somewhere in one of the texts; raises as search does."""
        effort.spend(_SEARCH + sum(map(len, texts)))
        return any(self.search(text, effort) for text in texts if self._needed in text)

    def _step(self, state: _State, ch: str, effort: Effort) -> object:
        is_matched, chars = self._automaton.reach(state.ways, state.before, ch, effort)
        if is_matched:
            found: object = _MATCHED
        else:
            nodes = self._automaton
            effort.spend(_STEP + sum(map(nodes.cost.__getitem__, chars)))
            ways = frozenset((0, *(nodes.next[way] for way in chars if nodes.accepts(way, ch))))  # 0: it may begin here too
            before = _NEWLINE if ch == "\n" else _WORD if is_word(ch) else _OTHER
            found = self._states.get((ways, before))
            if found is None:
                self._remembered += len(ways)
                found = self._states[ways, before] = _State(ways, before)
        self._remembered += 1
        if self._remembered > _MAX_MEMORY:
            self._forget()
        else:
            state.table[ch] = found
        return found

    def _forget(self) -> None:
        self._first = _State(frozenset((0,)), _START)
        self._states: dict[tuple[frozenset[int], int], _State] = {}
        self._remembered = 0


def compile_regex(pattern: str, effort: Effort | None = None) -> Regex:
    """The expression of a pattern, kept for the next request that has the same one; RegexRefused for a pattern that is not taken.

    effort: what pays for reading it, in full though it be kept: whether a filter is too costly must not depend on what others asked.
    None where a pattern is the site's own.
    """
    if effort is not None:
        effort.spend(_READ * min(len(pattern), MAX_PATTERN))
    found = _compiled(pattern)
    if effort is not None:
        effort.spend(found.cost)
    if found.regex is None:
        raise RegexRefused(found.reason)
    return found.regex


class _Compiled(NamedTuple):
    regex: Regex | None
    reason: str
    cost: int


@lru_cache(maxsize=MAX_TERMS)
def _compiled(pattern: str) -> _Compiled:
    """A refusal is kept too: it may have taken as long."""
    try:
        regex = Regex(pattern)
    except RegexRefused as error:
        return _Compiled(None, str(error), _REFUSED)
    return _Compiled(regex, "", _BUILD * regex.built)


class _Automaton:
    """Numbered states: each is a character to read, an edge to be at, or a fork; the last one is the match."""

    def __init__(self, tree: Node) -> None:
        self._what: list[Char | Edge | None] = []  # None: a fork, or the match
        self.next: list[int] = []
        self.cost: list[int] = []  # of asking a Char
        self._fork: list[list[int]] = []
        self.built = 0
        self._add(None)  # state 0, the beginning
        last = self._build(tree, 0)
        self._match = last

    def accepts(self, way: int, ch: str) -> bool:
        what = self._what[way]
        return isinstance(what, Char) and what.accepts(ch)

    def reach(self, ways: frozenset[int], before: int, ch: str | None, effort: Effort) -> tuple[bool, list[int]]:
        """Whether the match is reached without reading more, and the characters' states that can be; ch comes next, None: the end."""
        seen, stack, chars = set(ways), list(ways), []
        while stack:
            way = stack.pop()
            if way == self._match:
                effort.spend(_WAY * len(seen))
                return True, []
            what = self._what[way]
            if isinstance(what, Char):
                chars.append(way)
                continue
            if isinstance(what, Edge):
                onward = [self.next[way]] if _is_at(what.kind, before, ch) else []
            else:
                onward = self._fork[way]
            for state in onward:
                if state not in seen:
                    seen.add(state)
                    stack.append(state)
        effort.spend(_WAY * len(seen))
        return False, chars

    def _add(self, what: Char | Edge | None) -> int:
        if len(self._what) >= MAX_STATES:
            raise RegexRefused("the regular expression is too large")
        self._what.append(what)
        self.next.append(-1)
        self.cost.append(what.cost if isinstance(what, Char) else 0)
        self._fork.append([])
        return len(self._what) - 1

    def _join(self, place: int, *onward: int) -> None:
        self._fork[place].extend(onward)

    def _build(self, node: Node, place: int) -> int:
        """Build node behind the fork `place`; gives the fork that everything in node leads to."""
        self.built += 1
        if self.built > _MAX_BUILT:  # `(()){9999}` adds no states, but takes as long
            raise RegexRefused("the regular expression is too large")
        if isinstance(node, Char | Edge):
            state, end = self._add(node), self._add(None)
            self.next[state] = end
            self._join(place, state)
            return end
        if isinstance(node, Cat):
            for item in node.items:
                place = self._build(item, place)
            return place
        if isinstance(node, Alt):
            end = self._add(None)
            for item in node.items:
                begin = self._add(None)
                self._join(place, begin)
                self._join(self._build(item, begin), end)
            return end
        for _ in range(node.least):
            place = self._build(node.item, place)
        if node.most is None:
            begin, end = self._add(None), self._add(None)
            self._join(place, begin, end)
            self._join(self._build(node.item, begin), begin, end)
            return end
        end = self._add(None)
        for _ in range(node.most - node.least):
            self._join(place, end)
            begin = self._add(None)
            self._join(place, begin)
            place = self._build(node.item, begin)
        self._join(place, end)
        return end


def _is_at(kind: str, before: int, ch: str | None) -> bool:
    if kind == "bol":
        return before in (_START, _NEWLINE)
    if kind == "eol":
        return ch is None or ch == "\n"
    if kind == "bot":
        return before == _START
    if kind == "eot":
        return ch is None
    return ((before == _WORD) != (ch is not None and is_word(ch))) == (kind == "word")


def _literal(node: Node) -> str | None:
    items = node.items if isinstance(node, Cat) else (node,)
    letters = [item.literal for item in items if isinstance(item, Char) and item.literal is not None]
    return "".join(letters) if len(letters) == len(items) else None


def _needed(node: Node) -> str:
    """The longest letters that stand in every text that matches; nothing where none is sure to."""
    longest = run = ""
    for item in _in_a_row(node):
        if isinstance(item, Char) and item.literal is not None:
            run += item.literal
            longest = max(longest, run, key=len)
        elif not isinstance(item, Edge):  # an edge takes no room
            run = ""
    return longest


def _in_a_row(node: Node) -> Iterator[Node]:
    """What a match has one after the other, groups opened."""
    if isinstance(node, Cat):
        for item in node.items:
            yield from _in_a_row(item)
    else:
        yield node
