"""Somebody tries passwords at the edge: his address is blocked there, shown to be, and let go again."""

import sys
from pathlib import Path

from .lab import Lab
from .story import ALL_ALLOWED, Step, Story, StoryHost

GUEST = "10.77.0.66"
_SERVERS = ("edge1", "edge2", "mail1")
_PORT = 8080
_TRY = f"mco nettest connect edge1:{_PORT} edge2:{_PORT} mail1:{_PORT} -I guest"
_OPEN = r"guest( +[\d.]+ ms){3}"


def prepare(lab: Lab, _folder: Path) -> None:
    """Something to connect to on each server."""
    for name in _SERVERS:
        lab.start(name, sys.executable, "-m", "http.server", str(_PORT), "--directory", "/usr/share")


STORY = Story(
    title=f"{GUEST} tries one password after the other at the edge.",
    hosts=(StoryHost("edge1", "edge"), StoryHost("edge2", "edge"), StoryHost("mail1", "mail"), StoryHost("guest", "guest", GUEST)),
    policies={"iptables": ALL_ALLOWED, "nettest": ALL_ALLOWED},
    programs={"nft": "nftables"},
    prepare=prepare,
    steps=(
        Step("Can that host connect? It is one of ours today, so it tells itself.", _TRY, (_OPEN,)),
        Step(
            "Block it on the edge for two hours, and say why. Without --for it would be for good.",
            f"mco iptables block {GUEST} --for 2h --reason 'password guessing' --ticket OPS-7 -C role::edge",
            (r"2 / 2 hosts",),
        ),
        Step(
            "Its packets are dropped there, so that its connections time out. The mail server was not meant, and answers.",
            _TRY,
            (r"guest +Connection Timeout +Connection Timeout +[\d.]+ ms",),
            code=2,
        ),
        Step(
            "What is blocked, by whom, why, and how many packets did it stop?",
            "mco iptables list -C role::edge",
            (rf"edge1: {GUEST}", rf"edge2: {GUEST}", r"password guessing", r"[1-9]\d* hits"),
        ),
        Step("Is it blocked everywhere?", f"mco iptables isblocked {GUEST} -C /^role::/", (r"edge1", r"mail1")),
        Step("It was a colleague, with an old script. Let it go.", f"mco iptables unblock {GUEST} -C role::edge", (r"2 / 2 hosts",)),
        Step("And it connects again, to all three.", _TRY, (_OPEN,)),
    ),
)
