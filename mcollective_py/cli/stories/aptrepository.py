"""A little Debian repository: packages made from nothing, and the indexes that apt reads."""

import hashlib
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import NotReady
from .lab import Lab

_TOOL = {"SOURCE_DATE_EPOCH": "1700000000", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
_KEPT = {"Package: dpkg", "Package: base-files", "Package: tzdata"}


@dataclass(frozen=True)
class Deb:
    """One package. scripts: name -> text of a maintainer script. conffile: the text of /etc/NAME.conf, None for none.

    is_there: False for one that is listed, and cannot be fetched.
    """

    name: str
    version: str
    suite: str = "lab"
    depends: str = ""
    conffile: str | None = None
    scripts: Mapping[str, str] = field(default_factory=dict)
    is_there: bool = True


def build_repository(folder: Path, debs: Sequence[Deb]) -> None:
    """The packages and the indexes of all suites below a folder."""
    pool = folder / "pool"
    pool.mkdir(parents=True)
    entries: dict[str, list[str]] = {}
    for deb in debs:
        file, control = _build(deb, pool)
        content = file.read_bytes()
        where = f"Filename: pool/{file.name}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
        entries.setdefault(deb.suite, []).append(control + where)
        if not deb.is_there:
            file.unlink()
    architecture = subprocess.run(["/usr/bin/dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    for suite, texts in entries.items():
        index = folder / "dists" / suite / "main" / f"binary-{architecture}" / "Packages"
        index.parent.mkdir(parents=True)
        index.write_text("\n".join(texts))
        digest, size = hashlib.sha256(index.read_bytes()).hexdigest(), index.stat().st_size
        name = index.relative_to(folder / "dists" / suite)
        (folder / "dists" / suite / "Release").write_text(
            f"Origin: Lab\nLabel: Lab\nSuite: {suite}\nCodename: {suite}\nDate: Tue, 14 Nov 2023 22:13:20 UTC\n"
            f"Architectures: {architecture}\nComponents: main\nSHA256:\n {digest} {size} {name}\n"
        )


def use_repository(lab: Lab, host: str, folder: Path, suites: Sequence[str] = ("lab",)) -> None:
    """Let a host's apt know the repository and nothing else. folder: one that the host sees."""
    lab.run(host, "cp", "-r", str(folder), "/srv/repo")  # where apt's own user may read it
    lab.run(host, "sh", "-c", "rm -f /etc/apt/sources.list.d/* /etc/apt/preferences.d/*")
    lab.write(host, "/etc/apt/sources.list", "".join(f"deb [trusted=yes] file:/srv/repo {suite} main\n" for suite in suites))
    lab.write(host, "/etc/apt/apt.conf.d/99lab", 'Acquire::Retries "0";\n')  # else it waits between them
    lab.write(host, "/var/lib/dpkg/status", few_packages(lab.run(host, "cat", "/var/lib/dpkg/status").stdout))
    updated = lab.run(host, "apt-get", "update")
    if updated.returncode:
        raise NotReady(f"{host}: apt-get update: {updated.stderr}")


def few_packages(status: str) -> str:
    """dpkg's status file with a few packages that need no others: apt and dpkg read it whole, many times a test."""
    kept = [stanza for stanza in status.split("\n\n") if stanza.partition("\n")[0] in _KEPT]
    return "".join(re.sub(r"(?m)^(Pre-)?Depends: .*\n?", "", stanza).rstrip("\n") + "\n\n" for stanza in kept)


def _build(deb: Deb, pool: Path) -> tuple[Path, str]:
    root = pool / "root"
    (root / "DEBIAN").mkdir(parents=True)
    control = f"Package: {deb.name}\nVersion: {deb.version}\nArchitecture: all\nMaintainer: Lab <lab@lab.test>\n"
    control += (f"Depends: {deb.depends}\n" if deb.depends else "") + f"Description: lab package {deb.name}\n"
    (root / "DEBIAN" / "control").write_text(control)
    share = root / "usr" / "share" / deb.name
    share.mkdir(parents=True)
    (share / "version").write_text(deb.version)
    if deb.conffile is not None:
        (root / "etc").mkdir()
        (root / "etc" / f"{deb.name}.conf").write_text(deb.conffile)
        (root / "DEBIAN" / "conffiles").write_text(f"/etc/{deb.name}.conf\n")
    for name, text in deb.scripts.items():
        (root / "DEBIAN" / name).write_text(text)
        (root / "DEBIAN" / name).chmod(0o755)
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    file = pool / f"{deb.name}_{deb.version.replace(':', '%3a')}_all.deb"
    subprocess.run(
        ["/usr/bin/dpkg-deb", "--root-owner-group", "-Znone", "-b", str(root), str(file)], env=_TOOL, check=True, capture_output=True
    )
    subprocess.run(["/bin/rm", "-r", "--", str(root)], check=True)
    return file, control
