"""What a story is made of: its hosts, what they must have, and the steps of the tale. Plain values; playing.py plays them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..demosite import OPERATOR
from .lab import Lab

ALL_ALLOWED = f"policy default deny\nallow\tcert={OPERATOR}\t*\t*\t*\n"


@dataclass(frozen=True, slots=True)
class Step:
    """A command, the operator's reason for it, and how it ends.

    host: where it is typed, empty for the operator's own prompt. shows: regular expressions, each found in what it prints.
    """

    remark: str
    command: str
    shows: tuple[str, ...] = ()
    code: int = 0
    host: str = ""


@dataclass(frozen=True, slots=True)
class StoryHost:
    """A host of a story. address: on the lab's network, None for any; has_systemd: run by it, so that it has units."""

    name: str
    role: str
    address: str | None = None
    has_systemd: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """Its Puppet classes."""
        return ("profile::base", f"role::{self.role}")


@dataclass(frozen=True)
class Story:
    """A classic use, to be played. programs: what its hosts run, with the Debian package that has each.

    prepare: makes hosts that are up what the tale finds; its second argument is a folder that all of them see.
    lacking: what else is not there, with what would do, empty where nothing is.
    """

    title: str
    hosts: Sequence[StoryHost]
    policies: Mapping[str, str]
    programs: Mapping[str, str]
    prepare: Callable[[Lab, Path], None]
    steps: Sequence[Step]
    lacking: Callable[[], Sequence[str]] = field(default=tuple)
