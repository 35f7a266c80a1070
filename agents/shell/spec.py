"""What a supervisor is told to run, as one JSON document; pure, and of the standard library alone, as the supervisor is."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Spec:
    """One command and its limits.

    words: the program first. script: text for a file, whose name becomes the word at `place`. uid, gid, groups: who it runs as,
    groups None where that stays as it is. environment: all of it. stdin: what it reads, None for nothing. timeout: seconds, None
    for no end; grace: those between TERM and KILL. memory: bytes and cpu: seconds, of each process, None for no limit. max_output:
    bytes kept of each stream.
    """

    words: tuple[str, ...]
    uid: int
    gid: int
    groups: tuple[int, ...] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    cwd: str = "/"
    umask: int = 0o022
    script: str | None = None
    place: int = 0
    stdin: str | None = None
    timeout: float | None = None
    grace: float = 5.0
    memory: int | None = None
    cpu: int | None = None
    max_output: int = 1 << 20

    def to_json(self) -> str:
        """As read_spec reads it."""
        return json.dumps(asdict(self))


def read_spec(text: str) -> Spec:
    """The spec of a document that to_json wrote."""
    read: dict[str, Any] = json.loads(text)
    read["words"] = tuple(read["words"])
    read["groups"] = None if read["groups"] is None else tuple(read["groups"])
    return Spec(**read)
