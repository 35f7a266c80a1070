"""Spam in the queues of three relays: whose it is, held back, thrown away, and everybody else's mail still there."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ...errors import NotReady
from . import eximrelay
from .lab import GATEWAY, Lab
from .story import ALL_ALLOWED, Step, Story, StoryHost

_RELAYS = ("mx1", "mx2", "mx3")
SPAM, _OTHERS = 40, ("alice", "bob", "carol")  # messages on each relay
SENDER = "offers@shop.example"
_SENDING = (sys.executable, "-P", "-m", "mcollective_py.cli.stories.mailing")
_ALL_SPAM, _ALL_OTHERS = len(_RELAYS) * SPAM, len(_RELAYS) * len(_OTHERS)


def prepare(lab: Lab, _folder: Path) -> None:
    """An Exim on each relay, and mail in its queue that came by SMTP: much by one login, some by everybody else."""
    spam = [
        {"sender": SENDER, "recipients": [f"somebody{number}@example.com"], "subject": "Cheap watches, today only", "user": "mallory"}
        for number in range(SPAM)
    ]
    others = [{"sender": f"{name}@example.org", "recipients": [f"{name}s-friend@example.com"], "subject": "Hello"} for name in _OTHERS]
    for relay in _RELAYS:
        eximrelay.install(lab, relay, eximrelay.config(relay, GATEWAY))  # nothing is delivered: it only waits
        _done(lab, relay, ("/usr/sbin/exim4", "-bd"))
        _done(lab, relay, _SENDING, json.dumps([*spam, *others]))


def _done(lab: Lab, host: str, command: Sequence[str], given: str | None = None) -> None:
    done = lab.run(host, *command, given=given)
    if done.returncode:
        raise NotReady(f"{host}: {command[0]}: {done.stderr}")


def lacking() -> list[str]:
    """Exim's packages, where they were not fetched."""
    if eximrelay.is_fetched():
        return []
    folder = eximrelay.DEBS
    return [
        f"Debian's packages of Exim in {folder}: mkdir -p {folder}/partial && apt-get install --no-install-recommends "
        f"--download-only -o Dir::Cache::archives={folder} exim4-daemon-light"
    ]


STORY = Story(
    title="It is three in the morning, and the relays fill up.",
    hosts=tuple(StoryHost(name, "relay") for name in _RELAYS),
    policies={"exim": ALL_ALLOWED},
    programs={"dpkg-deb": "dpkg", "tar": "tar", "useradd": "passwd"},
    prepare=prepare,
    lacking=lacking,
    steps=(
        Step("How much waits, and where?", "mco exim size -C role::relay", (rf"total mail: {_ALL_SPAM + _ALL_OTHERS}\b",)),
        Step("Who sends so much?", "mco exim top senders -C role::relay", (rf"^ +{_ALL_SPAM} .* {SENDER}$", r"alice@example\.org")),
        Step(
            "A sender's address proves nothing. Under which login did it come?",
            f"mco exim top auths 'sender={SENDER}' -C role::relay",
            (rf"^ +{_ALL_SPAM} .* mallory$",),
        ),
        Step(
            "What would be frozen? That changes nothing yet.",
            "mco exim freeze 'auth=mallory' -C role::relay --noop",
            (rf"{SPAM} messages",),
        ),
        Step(
            "Freeze it: Exim delivers none of it while we look.",
            "mco exim freeze 'auth=mallory' -C role::relay --yes",
            (rf"{_ALL_SPAM} messages on 3 hosts: {_ALL_SPAM} done, 0 failed",),
        ),
        Step(
            "What is it? A few of them, from one relay.",
            "mco exim list 'auth=mallory' -I mx1 --limit 3 --columns sender,recipients,subject,frozen",
            (r"Cheap watches, today only",),
        ),
        Step(
            "Spam. Remove what is frozen and his, without bounces.",
            "mco exim rm 'auth=mallory and frozen' -C role::relay --yes",
            (rf"{_ALL_SPAM} messages on 3 hosts: {_ALL_SPAM} done, 0 failed",),
        ),
        Step("What is left is everybody else's.", "mco exim size -C role::relay", (rf"total mail: {_ALL_OTHERS}\b",)),
        Step("Exim on mx1 says so too.", "exim4 -bpc", (rf"^{len(_OTHERS)}$",), host="mx1"),
    ),
)
