"""Where the shipped plugin folders are: inside the installed package, or at the top of a checkout."""

from pathlib import Path


def shipped_libdir() -> Path:
    """The folder that holds agents/ and facts/; always the last libdir."""
    here = Path(__file__).parent
    return here if (here / "agents").is_dir() else here.parent.parent
