"""Whether the kernel's rules are as we left them, told without reading them; what is kept of that lies beside the store.

A change of one entry among 10,000 need not compare all of them where nobody else has changed anything since.
"""

import json
import os
from contextlib import suppress
from typing import Any, NamedTuple

from .generation import Generation, generation

FILE = "seen.json"
INEXACT_FOR = 600.0  # seconds: what marks cannot tell is looked for as often
_LIMIT = 65536  # bytes


class Mark(NamedTuple):
    """What elements are known by again: how many there are, and the sum of what each is known by, in whatever order they come."""

    size: int = 0
    sum: int = 0

    def changed(self, came: "Mark", went: "Mark") -> "Mark":
        """That of all after some came and others went."""
        return Mark(self.size + came.size - went.size, self.sum + came.sum - went.sum)


class Sight(NamedTuple):
    """What is seen of the kernel at a glance. elements: of our sets, where no generation counts them, else None."""

    generation: Generation
    elements: Mark | None = None

    @property
    def is_exact(self) -> bool:
        """Whether two that are equal leave no room for a change. Marks do: they say nothing of the ends of elements."""
        return self.elements is None


class Seen(NamedTuple):
    """A sight, and what belonged to it. settings: what the rules are made by. store: which text was kept. looked: when all was read."""

    sight: Sight
    settings: str
    store: tuple[int, ...]
    boot: str
    looked: float

    def is_still(self, sight: Sight | None, settings: str, store: tuple[int, ...], boot: str, now: float) -> bool:
        """Whether what was kept then holds now, and nothing else."""
        if (self.sight, self.settings, self.store, self.boot) != (sight, settings, store, boot):
            return False
        return self.sight.is_exact or 0.0 <= now - self.looked < INEXACT_FOR


def boot_id() -> str:
    """What tells one boot of this host from another."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


def glance() -> Sight | None:
    """What is seen where the generation says it all; None where it is not to be had."""
    found = generation()
    return None if found is None else Sight(found)


def uses_nf_tables(*programs: str) -> bool:
    """Whether these iptables change rules that the generation counts: the legacy ones do not."""
    return all("nft" in os.path.basename(os.path.realpath(program)) for program in programs)  # noqa: PTH119  pathlib takes longer


def read_seen(folder: str) -> Seen | None:
    """What was kept last, None where nothing was, or nothing that can be read."""
    try:
        with open(os.path.join(folder, FILE), "rb") as file:  # noqa: PTH118
            return parse_seen(file.read(_LIMIT))
    except (OSError, ValueError):
        return None


def keep_seen(folder: str, seen: Seen) -> None:
    """Keep it; where that cannot be the next change looks at everything."""
    new = os.path.join(folder, f".{FILE}-{os.getpid()}")  # noqa: PTH118
    with suppress(OSError):
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "w") as file:
            file.write(seen_text(seen))
        os.replace(new, os.path.join(folder, FILE))  # noqa: PTH105, PTH118


def seen_text(seen: Seen) -> str:
    """As it is kept."""
    (space, number), elements = seen.sight
    row = {"namespace": space, "generation": number, "elements": elements, "settings": seen.settings, "store": seen.store}
    return json.dumps(row | {"boot": seen.boot, "looked": seen.looked})


def parse_seen(text: str | bytes) -> Seen:
    """What seen_text made. Raises ValueError for what is none."""
    try:
        row: Any = json.loads(text)
        elements = None if row["elements"] is None else Mark(*map(int, row["elements"]))
        sight = Sight(Generation(int(row["namespace"]), int(row["generation"])), elements)
        return Seen(sight, str(row["settings"]), tuple(map(int, row["store"])), str(row["boot"]), float(row["looked"]))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"what was seen last cannot be read: {error}") from error
