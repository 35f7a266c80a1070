"""The four relays of docs/exim-story.md, and the commands of the page run there.

Also a program: python -m tests.parts.eximstory 12500 writes the page's outputs anew, of a run with so many messages a relay.
"""

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.parts.eximfleet import ACL, BLOCKLIST, EximFleet, exim_fleet

PAGE = Path(__file__).parents[2] / "docs" / "exim-story.md"
RELAYS = ("mx1", "mx2", "mx3", "mx4")
SENDER = "offers@shop.example"
_SUBJECT = "Cheap watches, today only"
_ANSWERING = Path(__file__).with_name("answering.py")
_ID = re.compile(r"\b[0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}\b")
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_NUMBER = re.compile(r"\b\d{4}-\d\d-\d\dT[\d:]+Z|\b\d[\d.:]*(?:[smhdKM]|ms)?\b")
_DAY = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b|[+-]N\b")
_OTHERS = ("alice", "bob", "carol", "dave", "erin", "frank")
OTHERS = len(_OTHERS)  # messages of everybody else on a relay


@dataclass(frozen=True)
class Step:
    """A command of the page, as it is typed, and what the page shows below it."""

    command: str
    shown: str


def steps(text: str) -> list[Step]:
    """The commands of a page, in their order."""
    found = []
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append(Step(command, shown))
    return found


@contextmanager
def story_fleet(spam: int) -> Iterator[EximFleet]:
    """Four relays with that much spam each, and mail of others."""
    with exim_fleet(RELAYS, acl=ACL, settings={"plugin.exim.blocklist": BLOCKLIST}) as fleet:

        def fill(host: str) -> None:
            models = [
                {
                    "sender": SENDER,
                    "recipients": [f"{name}{host}@example.{top}"],
                    "subject": _SUBJECT,
                    "user": "mallory",
                }
                for name, top in (("defer1", "com"), ("defer2", "net"), ("u3", "com"))
            ]
            fleet.exim.send(host, *models)
            fleet.exim.multiply(host, spam - len(models), 2400)
            fleet.exim.send(
                host,
                *(
                    {"sender": f"{name}@example.org", "recipients": [f"{name}s-friend@example.com"], "subject": f"From {name}"}
                    for name in _OTHERS
                ),
            )

        fleet.on_all(fill)
        yield fleet


class Story:
    """The page, told again on the fleet."""

    def __init__(self, fleet: EximFleet) -> None:
        self.fleet, self.known = fleet, dict[str, str]()
        self.refused = ""  # what mallory was told after he was blocked

    def run(self, step: Step) -> tuple[str, int]:
        """What comes of a command, and its exit code; where the page shows a question, its answer is given."""
        words = shlex.split(self.own(step.command))
        assert words[:2] == ["mco", "exim"], step.command
        command = [sys.executable, "-m", "mcollective_py", "exim", "--no-progress", "--config", str(self.fleet.site.client_config)]
        command += words[2:]
        asks = re.search(r"\(y/N\) (y)$", step.shown, re.MULTILINE)
        if asks:
            command = [sys.executable, str(_ANSWERING), asks[1], *command]
        done = self.fleet.exim.lab.run_outside("env", "NO_COLOR=1", f"XDG_CACHE_HOME={self.fleet.site.folder}", *command)
        lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", f"{done.stdout}\n{done.stderr}").split("\n")
        came = "\n".join(line.rstrip() for line in lines if not line.startswith("Discovering")).strip("\n") + "\n"
        self.known |= dict(zip(_ID.findall(step.shown), _ID.findall(came), strict=False))
        if words[2] == "block":
            self.refused = self.attempt()
        return came, done.returncode

    def own(self, command: str) -> str:
        """The command with the ids that these relays gave, where the page has those of another run."""
        return _ID.sub(lambda found: self.known.get(found[0], found[0]), command)

    def attempt(self, user: str = "mallory") -> str:
        """Somebody who has the password sends a message more; what the relay answers."""
        return self.fleet.exim.offer("mx1", {"sender": SENDER, "recipients": ["u4@example.com"], "subject": _SUBJECT, "user": user})


def stable(text: str) -> list[str]:
    """The words of an output: without numbers, ids, times and order."""
    text = _DAY.sub("N", _NUMBER.sub("N", _ID.sub("ID", text)))
    return sorted({" ".join(line.split()) for line in text.split("\n")} - {""})


def main(spam: int) -> None:
    """Write the page's outputs anew."""
    text = PAGE.read_text()
    with story_fleet(spam) as fleet:
        story = Story(fleet)

        def told(block: re.Match[str]) -> str:
            lines = [f"$ {story.own(step.command)}\n{story.run(step)[0]}" for step in steps(block[0])]
            return "```console\n" + "\n".join(lines) + "```"

        PAGE.write_text(_BLOCK.sub(told, text))


if __name__ == "__main__":
    main(int(sys.argv[1]))
