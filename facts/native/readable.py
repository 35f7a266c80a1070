"""Small files of the system as text, and amounts as Facter writes them."""

from pathlib import Path

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_MAX = 1024 * 1024  # characters of one file: /proc/cpuinfo of a host with 256 processors has 400 KB


def text_of(path: str) -> str:
    """A file's text, empty where it cannot be read."""
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(_MAX)
    except OSError:
        return ""


def pairs(text: str, separator: str) -> dict[str, str]:
    """`NAME=value` lines by name, quotes around values taken off."""
    lines = (line.partition(separator) for line in text.splitlines() if separator in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in lines}


def amount(size: float) -> str:
    """`23.54 GiB`."""
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.2f} {_UNITS[unit]}" if unit else f"{int(size)} bytes"


def share(part: float, whole: float) -> str:
    """`1.81%`."""
    return f"{100 * part / whole:.2f}%" if whole else "0%"
