"""The lock that disables an agent: Puppet's own JSON, with an end and an owner beside its message where it is ours."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

MAX_LOCK = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class DisabledLock:
    """Why an agent is disabled. until: seconds since the epoch, 0 for no end. by: who asked for it. id: of this very lock."""

    message: str = ""
    until: float = 0.0
    by: str = ""
    id: str = ""


def parse_lock(text: bytes) -> DisabledLock:
    """What a lock says; one of an older Puppet is empty, and disables as well."""
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        return DisabledLock()
    if not isinstance(said, dict):
        return DisabledLock()
    ours = said.get("mcollective")
    ours = ours if isinstance(ours, dict) else {}
    until, by, id = ours.get("until"), ours.get("by"), ours.get("id")
    return DisabledLock(
        str(said.get("disabled_message") or ""),
        float(until) if isinstance(until, int | float) and not isinstance(until, bool) else 0.0,
        by if isinstance(by, str) else "",
        id if isinstance(id, str) else "",
    )


def lock_text(lock: DisabledLock) -> str:
    """What Puppet and we read it from. Puppet reads the message alone."""
    ours: dict[str, Any] = {"by": lock.by, "id": lock.id}
    if lock.until:
        ours["until"] = int(lock.until)
    return json.dumps({"disabled_message": lock.message, "mcollective": ours})


def put_lock(file: str, lock: DisabledLock, *, replace: bool = False) -> bool:
    """Put a lock there, whole at once, readable as Puppet's. False where there is one already, unless it may be replaced. OSError."""
    os.makedirs(os.path.dirname(file), exist_ok=True)  # noqa: PTH103, PTH120  it is not there before the first run
    new = f"{file}.{os.urandom(8).hex()}"
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644), "w") as written:
        written.write(lock_text(lock))
    try:
        if replace:
            os.replace(new, file)  # noqa: PTH105
        else:
            os.link(new, file)  # fails where there is one, and two at a time have one winner
    except FileExistsError:
        return False
    finally:
        with suppress(FileNotFoundError):
            os.unlink(new)  # noqa: PTH108
    return True
