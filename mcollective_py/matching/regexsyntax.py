"""Regular expressions as Ruby writes them -> a small automaton; what cannot run in linear time is refused by name.

Taken: literals, classes with ranges and POSIX names, `. ^ $ \\A \\z \\Z \\b \\B`, groups, `(?imx)`, alternation, greedy and lazy
quantifiers. As in Ruby `^` and `$` are the edges of a line, and `\\d \\w \\s` are ASCII. Refused: back-references, look-around,
atomic groups, possessive quantifiers, `\\p{}`, `&&` in a class.
"""

import re
import string
from dataclasses import dataclass

from .charclass import ESCAPES, POSIX, CharacterClass, Predicate, cases_of

MAX_PATTERN = 1000  # characters
MAX_STATES = 1000  # of the automaton: `(a{1000}){1000}` ends here
_MAX_DEPTH = 20  # groups in groups
_MAX_CLASS_DEPTH = 8  # classes in classes


class RegexRefused(ValueError):
    """A regular expression that is not run: wrong, outside what is taken, or too costly on this text. Nothing matches it then."""


@dataclass(frozen=True, slots=True)
class Char:
    """One character for which accepts is true; literal where that is one certain character.

    cost: of asking for one character, in units of regex.Effort.
    """

    accepts: Predicate
    literal: str | None = None
    cost: int = 1


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between characters: bol, eol, bot, eot, word or nonword."""

    kind: str


@dataclass(frozen=True, slots=True)
class Cat:
    """One after the other."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Alt:
    """One of several."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """An item at least least times, at most most times (None: without end)."""

    item: "Node"
    least: int
    most: int | None


Node = Char | Edge | Cat | Alt | Repeat

_EDGES = {"A": "bot", "z": "eot", "b": "word", "B": "nonword"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b", "0": "\0"}
_COUNT = re.compile(r"\{([0-9]*)(,?)([0-9]*)\}")


def parse_regex(pattern: str) -> Node:
    """The tree of a regular expression; RegexRefused with the reason for one that is not taken."""
    if len(pattern) > MAX_PATTERN:
        raise RegexRefused(f"a regular expression may have {MAX_PATTERN} characters, this one has {len(pattern)}")
    if not pattern:
        raise RegexRefused("an empty regular expression would match every host")
    parser = _Parser(pattern)
    tree = parser.alternation(0)
    if not parser.at_end:
        raise RegexRefused("there is a ) too many")
    return tree


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.text, self.pos = pattern, 0
        self.ignore_case = self.dot_all = self.extended = False

    @property
    def at_end(self) -> bool:
        return self.pos >= len(self.text)

    def peek(self, length: int = 1) -> str:
        return self.text[self.pos : self.pos + length]

    def take(self) -> str:
        if self.at_end:
            raise RegexRefused("it ends too early")
        self.pos += 1
        return self.text[self.pos - 1]

    def skip(self, word: str) -> bool:
        if self.text.startswith(word, self.pos):
            self.pos += len(word)
            return True
        return False

    def alternation(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise RegexRefused(f"groups are nested deeper than {_MAX_DEPTH} levels")
        branches = [self.sequence(depth)]
        while self.skip("|"):
            branches.append(self.sequence(depth))
        return branches[0] if len(branches) == 1 else Alt(tuple(branches))

    def sequence(self, depth: int) -> Node:
        items: list[Node] = []
        while not self.at_end and self.peek() not in "|)":
            if self.extended and self.peek() in " \t\n\r":
                self.take()
            elif self.extended and self.peek() == "#":
                while not self.at_end and self.take() != "\n":
                    pass
            else:
                items.append(self.quantified(self.atom(depth)))
        return items[0] if len(items) == 1 else Cat(tuple(items))

    def quantified(self, item: Node) -> Node:
        count = 0
        while (bounds := self.quantifier()) is not None:
            item, count = Repeat(item, *bounds), count + 1
            if count > 3:
                raise RegexRefused("too many quantifiers follow each other")
            if self.skip("+"):
                raise RegexRefused("possessive quantifiers are not taken")
            self.skip("?")  # lazy: where it stops makes no difference to whether it matches
        return item

    def quantifier(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.skip(sign):
                return bounds
        found = _COUNT.match(self.text, self.pos)
        if found is None or not (found[1] or found[3]):
            return None  # a brace that is only a brace
        least, comma, most = found.groups()
        if max(len(least), len(most)) > 4:
            raise RegexRefused("a repetition count is too large")
        self.pos = found.end()
        low = int(least or 0)
        high = (int(most) if most else None) if comma else low
        if high is not None and high < low:
            raise RegexRefused(f"the repetition {{{low},{high}}} runs backwards")
        return low, high

    def atom(self, depth: int) -> Node:
        ch = self.take()
        if ch == "(":
            return self.group(depth)
        if ch == "[":
            found = self.character_class()
            return Char(found.accepts, cost=found.cost)
        if ch == ".":
            return Char((lambda c: True) if self.dot_all else (lambda c: c != "\n"))
        if ch == "^":
            return Edge("bol")
        if ch == "$":
            return Edge("eol")
        if ch == "\\":
            return self.escape()
        if ch in "*+?":
            raise RegexRefused(f"there is nothing before {ch} that it could repeat")
        return self.one(ch)

    def one(self, ch: str) -> Node:
        if self.ignore_case and ch.lower() != ch.upper():
            return Char(frozenset(cases_of(ch)).__contains__)
        return Char(ch.__eq__, literal=ch)

    def group(self, depth: int) -> Node:
        flags = self.ignore_case, self.dot_all, self.extended
        if self.skip("?#"):
            while self.take() != ")":
                pass
            return Cat(())
        if self.peek(2) in ("?=", "?!") or self.peek(3) in ("?<=", "?<!"):
            raise RegexRefused("look-ahead and look-behind are not taken")
        if self.peek(2) == "?>":
            raise RegexRefused("atomic groups are not taken")
        if self.skip("?<") or self.skip("?'"):
            while self.take() not in ">'":
                pass
        elif self.skip("?") and not self.skip(":") and self.flags():
            return Cat(())  # `(?i)`: for the rest of the enclosing group
        tree = self.alternation(depth + 1)
        if not self.skip(")"):
            raise RegexRefused("a ) is missing")
        self.ignore_case, self.dot_all, self.extended = flags
        return tree

    def flags(self) -> bool:
        """Set the flags of `(?i-m:` or `(?i)`; True for the second."""
        on = True
        while (ch := self.take()) not in ":)":
            if ch == "-":
                on = False
            elif ch == "i":
                self.ignore_case = on
            elif ch == "m":
                self.dot_all = on
            elif ch == "x":
                self.extended = on
            else:
                raise RegexRefused(f"(?{ch} is not taken")
        return ch == ")"

    def escape(self) -> Node:
        ch = self.take()
        if ch == "Z":  # at the end, or before a newline at the end
            return Cat((Repeat(Char("\n".__eq__), 0, 1), Edge("eot")))
        if ch in _EDGES:
            return Edge(_EDGES[ch])
        found = self.escaped(ch)
        return self.one(found) if isinstance(found, str) else Char(found)

    def escaped(self, ch: str) -> str | Predicate:
        """What `\\` and ch mean inside and outside classes: one character, or a set."""
        if ch in ESCAPES:
            return ESCAPES[ch]
        if ch == "x":
            return self.code(2)
        if ch == "u":
            if self.skip("{"):
                return self.code(6, "}")
            return self.code(4)
        if ch in _CONTROLS:
            return _CONTROLS[ch]
        if ch in string.digits or ch == "k":
            raise RegexRefused("back-references are not taken")
        if ch in string.ascii_letters:
            raise RegexRefused(f"\\{ch} is not taken")
        return ch

    def code(self, digits: int, end: str = "") -> str:
        text = ""
        while len(text) < digits and self.peek() and self.peek() in string.hexdigits:
            text += self.take()
        if not text or (end and not self.skip(end)) or int(text, 16) > 0x10FFFF:
            raise RegexRefused("a character code is wrong")
        return chr(int(text, 16))

    def character_class(self, depth: int = 0) -> CharacterClass:
        ranges: list[tuple[str, str]] = []
        predicates: list[Predicate] = []
        nested: list[CharacterClass] = []
        is_negative = self.skip("^")
        self.members(ranges, predicates, nested, depth)
        return CharacterClass(ranges, predicates, nested, is_negative=is_negative, ignores_case=self.ignore_case)

    def members(self, ranges: list[tuple[str, str]], predicates: list[Predicate], nested: list[CharacterClass], depth: int) -> None:
        """What stands in a class, up to its ]; a class in it adds to it, one with ^ is a class of its own."""
        if depth > _MAX_CLASS_DEPTH:
            raise RegexRefused(f"classes are nested deeper than {_MAX_CLASS_DEPTH} levels")
        is_first = True
        while (ch := self.take()) != "]" or is_first:
            is_first = False
            if self.text.startswith("&&", self.pos - 1):
                raise RegexRefused("&& in a class is not taken")
            if ch == "[":
                if self.skip(":"):
                    predicates.append(self.posix())
                elif self.peek() == "^":
                    nested.append(self.character_class(depth + 1))
                else:
                    self.members(ranges, predicates, nested, depth + 1)
                continue
            low = "\b" if (ch, self.peek()) == ("\\", "b") and self.take() else self.escaped(self.take()) if ch == "\\" else ch
            if not isinstance(low, str):
                predicates.append(low)
            elif self.peek() == "-" and self.peek(2)[1:] not in ("]", ""):
                self.take()
                high = self.take()
                if high == "\\":
                    high = str(self.escaped(self.take()))
                if len(high) != 1 or high < low:
                    raise RegexRefused(f"the range from {low} runs backwards")
                ranges.append((low, high))
            else:
                ranges.append((low, low))

    def posix(self) -> Predicate:
        end = self.text.find(":]", self.pos)
        name = self.text[self.pos : end] if end >= 0 else ""
        if name not in POSIX:
            raise RegexRefused(f"[:{name[:20]}:] is no class of characters")
        self.pos = end + 2
        return POSIX[name]
