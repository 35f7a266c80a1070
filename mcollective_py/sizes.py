"""Numbers of bytes as people read them."""

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def size_words(value: object) -> str:
    """A number of bytes, as `812 B` or `1.5 MiB`; empty for what is none, since hosts send whatever they like."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1024 ** len(_UNITS):
        return ""
    size, unit = float(value), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.0f} B" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
