"""The line that a shell is editing -> its words, and a word as the shell takes it back; pure."""

from collections.abc import Iterable

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")


def words_of(text: str) -> list[str]:
    """The words up to the cursor, quotes taken off; the last one is being written, and empty after a blank."""
    words, word, quote, is_open = [], "", "", False
    at = 0
    while at < len(text):
        sign = text[at]
        at += 1
        if quote:
            if sign == quote:
                quote = ""
            elif sign == "\\" and quote == '"' and text[at : at + 1] in ('"', "\\", "$", "`"):
                word += text[at]
                at += 1
            else:
                word += sign
        elif sign in "'\"":
            quote, is_open = sign, True
        elif sign == "\\":
            word += text[at : at + 1]
            at, is_open = at + 1, True
        elif sign.isspace():
            if is_open:
                words.append(word)
            word, is_open = "", False
        elif sign in ";|&":  # another command begins
            words, word, is_open = [], "", False
        else:
            word += sign
            is_open = True
    return [*words, word]


def for_bash(found: Iterable[str], current: str, breaks: str) -> list[str]:
    """What bash puts in place of the piece of the current word that it knows. breaks: its COMP_WORDBREAKS.

    A word is a piece for each of those signs, so that of `fact=os` the piece is `os`.
    """
    cut = max((current.rfind(sign) for sign in breaks if sign in "=:@"), default=-1) + 1
    return [quoted(word[cut:]) for word in found]


def quoted(word: str) -> str:
    """A word with a backslash before each sign that a shell would take for its own."""
    return "".join(sign if sign in _PLAIN or ord(sign) > 0x7F else f"\\{sign}" for sign in word)
