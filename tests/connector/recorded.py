"""The headers of the recorded frames, and what we would send in their place."""

import re
from collections.abc import Iterator

from mcollective_py.connector.targets import Targets
from mcollective_py.message import Destination, Kind, Publication
from tests.wire.recorded import index

_PLACES = (
    (re.compile(r"/topic/(.+)\.(.+)\.agent|/exchange/(.+)_broadcast/(.+)"), Kind.AGENT),
    (re.compile(r"/exchange/(.+)_directed/(.+)"), Kind.NODE),
)


def recorded_headers(name: str, when: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Name and headers of every frame of a set. when: `sent`, or `delivered` where somebody received it."""
    for vector in index(name)["vectors"]:
        if vector[when] is not None:
            yield vector["name"], dict(vector[when]["headers"])


def ours(recorded: dict[str, str], targets: Targets) -> dict[str, str]:
    """The headers that we send with a message of the same meaning; the recorded fleet had a ttl of 60 s."""
    destination = _meant(recorded)
    time = int(recorded.get("timestamp", "0")) // 1000
    return targets.send_headers(Publication(b"", destination, recorded["mc_sender"], time, 60, recorded.get("reply-to")))


def theirs(recorded: dict[str, str]) -> dict[str, str]:
    """The recorded headers without what the frame itself brings along."""
    return {name: value for name, value in recorded.items() if name not in ("content-length", "content-type")}


def _meant(recorded: dict[str, str]) -> Destination:
    if "mc_identity" in recorded:
        return Destination(Kind.NODE, recorded["destination"][len("/queue/") : -len(".nodes")], recorded["mc_identity"])
    for pattern, kind in _PLACES:
        if found := pattern.fullmatch(recorded["destination"]):
            collective, name = (word for word in found.groups() if word is not None)
            return Destination(kind, collective, name)
    return Destination(Kind.REPLY, "mcollective", recorded["destination"])
