"""A regular expression that others search for anywhere in a value -> one that matches the same values as a whole."""

from ..matching.regexsyntax import Alt, Cat, Edge, Node, RegexRefused, Repeat, parse_regex
from ..wire.symbol import Regexp
from .validate import is_validator_name

_ANY = "(?m:.*)"  # any text, line ends too
_FLAGS = ((1, "i"), (4, "m"), (2, "x"))


def searched(pattern: str | Regexp) -> str | None:
    """The `validation` of a ddl.yaml that takes what a search for the pattern finds; None where that is every text.

    Where the pattern begins with ^ or ends with $ that end stays as it is. Ruby lets such a line stand among others; here it must be
    the whole text, which is what its author meant. Gives the pattern unchanged where our engine does not take it.
    """
    source, flags = (pattern.source, pattern.options) if isinstance(pattern, Regexp) else (pattern, 0)
    if not source:
        return None
    if letters := "".join(letter for bit, letter in _FLAGS if flags & bit):
        source = f"(?{letters}:{source})"
    try:
        tree = parse_regex(source)
    except RegexRefused:
        return _no_name(source)
    if _takes_nothing(tree):
        return None
    begins, ends = _begins(tree), _ends(tree)
    if begins and ends:
        return _no_name(source)
    inner = source if letters or _is_sequence(tree, source) else f"(?:{source})"
    return f"{'' if begins else _ANY}{inner}{'' if ends else _ANY}"


def _no_name(source: str) -> str:
    """The same expression, so written that it cannot be taken for a validator's name."""
    return f"(?:{source})" if is_validator_name(source) else source


def _takes_nothing(node: Node) -> bool:
    """True where the empty text at any place matches: a search then finds it in every text."""
    if isinstance(node, Cat):
        return all(map(_takes_nothing, node.items))
    if isinstance(node, Alt):
        return any(map(_takes_nothing, node.items))
    return isinstance(node, Repeat) and (node.least == 0 or _takes_nothing(node.item))


def _begins(node: Node) -> bool:
    """True where it can only begin at the start of a line."""
    return _is_held(node, ("bol", "bot"), 0)


def _ends(node: Node) -> bool:
    """True where it can only end at the end of a line."""
    return _is_held(node, ("eol", "eot"), -1)


def _is_held(node: Node, edges: tuple[str, ...], at: int) -> bool:
    if isinstance(node, Edge):
        return node.kind in edges
    if isinstance(node, Cat):
        items = [item for item in node.items if not (isinstance(item, Cat) and not item.items)]
        return bool(items) and _is_held(items[at], edges, at)
    if isinstance(node, Alt):
        return all(_is_held(item, edges, at) for item in node.items)
    return isinstance(node, Repeat) and node.least > 0 and _is_held(node.item, edges, at)


def _is_sequence(tree: Node, source: str) -> bool:
    """True where something may stand before and behind it without a group: nothing binds looser than its parts."""
    return not isinstance(tree, Alt) and "(?" not in source and "|" not in source
