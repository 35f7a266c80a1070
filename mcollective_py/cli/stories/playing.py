"""`mco demo --story`: looks whether all is there, starts the hosts, tells the tale, and takes everything down, however it ends."""

import importlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from ...errors import NotReady, UsageError
from .needs import LABHOST, missing
from .stage import Stage
from .story import Story
from .tale import tell

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def load(name: str) -> Story:
    """The story of this name, a module beside this one."""
    story: Story = importlib.import_module(f".{name}", __package__).STORY
    return story


def play(name: str, labhost: Path | None, bold: Callable[[str], str]) -> int:
    """Play a story; 0 when every command ended as it says. Raises UsageError, with nothing changed, where something is missing."""
    story, program = load(name), (labhost or LABHOST).absolute()
    lacking = missing(name, story, program)
    if lacking:
        raise UsageError(f"the story {name} needs what is not here; nothing was changed\n" + "\n".join(f"  {each}" for each in lacking))
    _hear_signals()
    with ExitStack() as stack:
        try:
            # Not in /tmp, of which each host has its own.
            folder = Path(tempfile.mkdtemp(prefix="mco-story-", dir="/var/tmp"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            _say(bold(story.title))
            names = [host.name for host in story.hosts]
            _say(f"\nStarting {len(names)} hosts: {', '.join(names)}; their files are in {folder} ...")
            stage = Stage(story, program, folder, stack)
            stage.set_up()
            _say("Each has a mcollectived, connected over TLS to a broker on their network.")
            tell(story.steps, stage.run, _say, bold)
        except subprocess.TimeoutExpired as error:
            raise NotReady(f"{' '.join(map(str, error.cmd))} has not ended after {error.timeout:g} s") from error
        finally:
            _ignore_signals()  # what takes the hosts down is not to be stopped half-way
    _say("\nThe hosts, their broker and their files are gone again.")
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _hear_signals() -> None:
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
            signal.signal(number, _leave)


def _leave(number: int, _frame: object) -> NoReturn:
    _ignore_signals()
    raise SystemExit(128 + number)


def _ignore_signals() -> None:
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
