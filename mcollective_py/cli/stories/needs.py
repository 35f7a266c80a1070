"""What a story needs of this machine, looked at before anything is started: all that is missing, each with what would do."""

import os
import shutil
import subprocess
from pathlib import Path

from .lab import PLAIN_PATH
from .story import Story

CHECKOUT = Path(__file__).parents[3]
LABHOST = CHECKOUT / "tests" / "lab" / "labhost"
_LAB_PROGRAMS = {"ip": "iproute2", "unshare": "util-linux", "mount": "mount"}
_PYTHON = Path("/usr/bin/python3")  # labhost's own
_PROBE = ("unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "true")


def missing(name: str, story: Story, labhost: Path) -> list[str]:
    """One sentence for each thing that is not there; nothing is changed to find out."""
    found = []
    if os.geteuid() != 0:
        found.append(f"root, for hosts with a network of their own: sudo mco demo --story {name}")
    if not os.access(labhost, os.X_OK):
        found.append(f"the program labhost at {labhost}: a checkout has it in tests/lab, and --labhost names another place")
    if not _PYTHON.exists():
        found.append(f"{_PYTHON}, which runs labhost: apt-get install python3")
    found += _packages({**_LAB_PROGRAMS, **story.programs})
    found += story.lacking()
    return found or _namespaces()


def _packages(programs: dict[str, str]) -> list[str]:
    """The programs that are not on the path, with the packages to install."""
    path = f"{os.environ.get('PATH', '')}:{PLAIN_PATH}"
    return [f"{name}: apt-get install {package}" for name, package in programs.items() if not shutil.which(name, path=path)]


def _namespaces() -> list[str]:
    """Whether root may make hosts here: in a container often not."""
    environ = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{PLAIN_PATH}"}
    done = subprocess.run(_PROBE, env=environ, capture_output=True, text=True, timeout=30, check=False)
    if not done.returncode:
        return []
    return [f"namespaces ({done.stderr.strip()}): a virtual machine has them, a container when it is started with --privileged"]
