"""Another version of this program: a wheel built from a tag (or from what is here), in a virtual environment of its own."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.parts.require import missing

CHECKOUT = Path(__file__).parents[2]
HERE = "HEAD"
_TAG = re.compile(r"v(\d+)\.(\d+)\.(\d+)", re.ASCII)
_LEFT_OVER = (".git", ".venv", "build", "dist", "*.egg-info", "__pycache__", ".*cache", ".hypothesis")
# What pip says where it has nowhere to get what builds a wheel from: a desk without a network.
_NOTHING_TO_BUILD_WITH = ("Could not find a version that satisfies the requirement", "No matching distribution found")


@dataclass(frozen=True)
class OtherVersion:
    """An installed one. revision: what it was built from. folder: of its virtual environment."""

    revision: str
    folder: Path

    @property
    def mco(self) -> str:
        """The client's program."""
        return str(self.folder / "bin" / "mco")

    @property
    def mcollectived(self) -> str:
        """The daemon's program."""
        return str(self.folder / "bin" / "mcollectived")

    @property
    def version(self) -> str:
        """As it says itself."""
        ended = subprocess.run([self.mcollectived, "--version"], env=environ(), capture_output=True, text=True, timeout=30, check=True)
        return ended.stdout.split()[-1]

    @property
    def package(self) -> Path:
        """Where its own interpreter finds mcollective_py."""
        command = [str(self.folder / "bin" / "python"), "-P", "-c", "import mcollective_py; print(mcollective_py.__file__)"]
        return Path(subprocess.run(command, env=environ(), capture_output=True, text=True, timeout=30, check=True).stdout.strip())


def environ() -> dict[str, str]:
    """This process' environment without what would lead another version's interpreter to this tree."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}


def released() -> list[str]:
    """The tags of the last two released versions, the older one first; none in a clone without tags, or without git."""
    try:
        ended = subprocess.run(["git", "tag", "--list", "v*"], cwd=CHECKOUT, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return latest(ended.stdout.split())


def latest(tags: list[str]) -> list[str]:
    """The last two by version; what is tagged for something else, or is no final version, does not count."""
    found = sorted((tuple(map(int, match.groups())), match[0]) for tag in tags if (match := _TAG.fullmatch(tag)) is not None)
    return [tag for _, tag in found[-2:]]


def build(revision: str, folder: Path) -> OtherVersion:
    """Build and install a revision below an empty folder. HERE is the last commit, or the files themselves where there is no git."""
    source = folder / "source"
    source.mkdir()
    _unpack(revision, source)
    wheel = _wheel(source, folder)
    shutil.rmtree(source)
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=120)
    _pip("--python", str(venv / "bin" / "python"), "install", "--no-deps", "--no-index", str(wheel))
    # What it needs of others is what this interpreter has: a site's folder named in a .pth comes behind the environment's own.
    (own,) = venv.glob("lib/python*/site-packages")
    (own / "others.pth").write_text("".join(f"{path}\n" for path in dict.fromkeys(map(sysconfig.get_path, ("purelib", "platlib")))))
    return OtherVersion(revision, venv)


def _unpack(revision: str, source: Path) -> None:
    try:
        command = ["git", "archive", "--format=tar", revision]
        content = subprocess.run(command, cwd=CHECKOUT, capture_output=True, timeout=120, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        if revision != HERE:
            raise
        shutil.copytree(CHECKOUT, source, ignore=shutil.ignore_patterns(*_LEFT_OVER), dirs_exist_ok=True)
        return
    subprocess.run(["tar", "-x", "-C", str(source)], input=content, timeout=120, check=True)


def _wheel(source: Path, folder: Path) -> Path:
    isolation = ["--no-build-isolation"] if _can_build() else []
    try:
        _pip("wheel", "--no-deps", *isolation, "--wheel-dir", str(folder), str(source))
    except subprocess.CalledProcessError as error:
        if any(words in error.stderr for words in _NOTHING_TO_BUILD_WITH):
            missing("there is nothing to build a wheel with: neither here nor at a package index")
        pytest.fail(f"no wheel can be built:\n{error.stderr[-3000:]}")
    (wheel,) = folder.glob("*.whl")
    return wheel


def _can_build() -> bool:
    """Whether this interpreter has what builds a wheel: setuptools, with `wheel` beside it or (since 70.1) in it."""
    try:
        found = tuple(int(part) for part in version("setuptools").split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return False
    return found >= (70, 1) or find_spec("wheel") is not None


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    subprocess.run(command, env=environ(), check=True, capture_output=True, text=True, timeout=300)
