"""Text that hosts sent, made harmless for a terminal; pure."""

from collections.abc import Iterable

_MAX_VALUE = 1024 * 1024  # characters of one value as text; JSON is never cut
_LAYOUT = {0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029, 0xFEFF}


def inert(text: str, *, keep_lines: bool = False) -> str:
    r"""Text that cannot move a cursor, set a title or turn writing around: such characters are shown as `\x1b` or `\u202e`."""
    if len(text) > _MAX_VALUE:
        text = f"{text[:_MAX_VALUE]}... ({len(text) - _MAX_VALUE} more characters)"
    if text.isprintable():
        return text
    keep = "\n\t" if keep_lines else "\t"
    if text.translate(dict.fromkeys(map(ord, keep))).isprintable():  # the most there is, and it takes a tenth of the time
        return text
    return text.translate(_Escapes(map(ord, keep)))


class _Escapes(dict[int, str]):
    """What each character is shown as, found out when it first comes: a text of nothing but escapes takes no longer."""

    def __init__(self, keep: Iterable[int]) -> None:
        super().__init__((code, chr(code)) for code in keep)

    def __missing__(self, code: int) -> str:
        char = chr(code)
        shown = self[code] = char if char.isprintable() else _escaped(char)
        return shown


def _escaped(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    if char.isspace() and code not in _LAYOUT:
        return char  # a space of another width
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def inert_lines(text: str) -> list[str]:
    """The lines of a value, each inert."""
    return inert(text.replace("\r\n", "\n"), keep_lines=True).split("\n")
