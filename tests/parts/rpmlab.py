"""A root of rpm's own in a folder, with a repository of packages in several versions: real dnf and rpm, and nothing of this machine."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mcollective_py.testing import AgentHarness

AGENT = Path(__file__).parents[2] / "agents" / "package"
_TOOL = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1700000000", "HOME": "/root"}
_SPEC = """Name: {name}
Version: {version}
Release: 1
Summary: Lab package {name}
License: MIT
BuildArch: noarch
{tags}
%description
A package of the lab.
%install
mkdir -p %{{buildroot}}/usr/share/{name} %{{buildroot}}/etc
echo {version} >%{{buildroot}}/usr/share/{name}/version
echo v={version} >%{{buildroot}}/etc/{name}.conf
{scriptlets}
%files
/usr/share/{name}
%config(noreplace) /etc/{name}.conf
"""
# labpkg 1.1 mends what is insecure, 1.2 has something new.
_ADVISORY = """<?xml version="1.0" encoding="UTF-8"?>
<updates><update from="lab@lab.test" status="final" type="security" version="1"><id>LAB-1</id><title>labpkg</title>
<issued date="2026-01-01 00:00:00"/><updated date="2026-01-01 00:00:00"/><severity>Important</severity><summary>s</summary>
<description>d</description><references/><pkglist><collection short="lab"><name>lab</name>
<package name="labpkg" version="1.1" release="1" epoch="0" arch="noarch" src="labpkg-1.1-1.src.rpm">
<filename>labpkg-1.1-1.noarch.rpm</filename></package></collection></pkglist></update></updates>
"""


@dataclass(frozen=True)
class Rpm:
    """One package. tags: further lines of its head. scriptlets: in Lua, so that the root needs no shell."""

    name: str
    version: str
    tags: str = ""
    scriptlets: str = ""


RPMS = (
    Rpm("labpkg", "1.0"),
    Rpm("labpkg", "1.1"),
    Rpm("labpkg", "1.2"),
    Rpm("labneeds", "1.0", "Requires: labpkg >= 1.1"),
    Rpm("labunmet", "1.0", "Requires: labnowhere"),
    Rpm("labepoch", "0.9", "Epoch: 2"),
    Rpm("labepoch", "1.0", "Epoch: 2"),
    Rpm("labbroken", "1.0", scriptlets='%pre -p <lua>\nerror("no room for labbroken")'),
    Rpm("labpost", "1.0", scriptlets='%post -p <lua>\nerror("labpost cannot start")'),
)


def build_repository(folder: Path, rpms: Sequence[Rpm] = RPMS) -> None:
    """The packages and their index in a folder."""
    folder.mkdir(parents=True)
    work = folder.parent / "rpmbuild"
    building = []
    for rpm in rpms:  # all at once: most of the time goes into starting rpmbuild
        home = work / f"{rpm.name}-{rpm.version}"
        home.mkdir(parents=True)
        (home / "x.spec").write_text(_SPEC.format(name=rpm.name, version=rpm.version, tags=rpm.tags, scriptlets=rpm.scriptlets))
        words = ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {home}", "--define", f"_rpmdir {folder}", "--define",
                 "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm", str(home / "x.spec")]  # fmt: skip
        building.append(subprocess.Popen(words, env=_TOOL, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
    for process in building:
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()
    _tool("createrepo_c", "--quiet", str(folder))
    (work / "updateinfo.xml").write_text(_ADVISORY)
    _tool("modifyrepo_c", "--mdtype=updateinfo", str(work / "updateinfo.xml"), str(folder / "repodata"))


@dataclass
class RpmRoot:
    """A root in a folder, and the agent that works there. repository: where the packages are."""

    folder: Path
    repository: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plugins, repos = self.folder / "etc/dnf/plugins", self.folder / "etc/yum.repos.d"
        for place in (plugins, repos):
            place.mkdir(parents=True)
        (plugins / "versionlock.conf").write_text(f"[main]\nenabled = 1\nlocklist = {plugins}/versionlock.list\n")
        (plugins / "versionlock.list").touch()
        self.use(f"file://{self.repository}")

    def use(self, url: str, *, is_skipped: bool = False) -> None:
        """Take packages from there. is_skipped: where it cannot be read, dnf goes on without."""
        text = f"[lab]\nname=lab\nbaseurl={url}\ngpgcheck=0\nskip_if_unavailable={int(is_skipped)}\nmetadata_expire=0\n"
        (self.folder / "etc/yum.repos.d/lab.repo").write_text(text)

    @property
    def config(self) -> dict[str, str]:
        """The settings `plugin.package.*` that make the agent work here."""
        return {
            "provider": "dnf",
            "dnf.installroot": str(self.folder),
            "dnf.releasever": "1",
            "dnf.setopt": f"reposdir={self.folder}/etc/yum.repos.d",
            "dnf.disableplugin": "local",
            **self.settings,
        }

    def agent(self, **settings: str) -> AgentHarness:
        """The agent."""
        return AgentHarness(AGENT, config={**self.config, **settings})

    def installed(self) -> list[str]:
        """What rpm itself says is installed, sorted."""
        return sorted(_tool("rpm", "--root", str(self.folder), "-qa").split())

    def reset(self) -> None:
        """Nothing installed, nothing on hold, the repository as it was."""
        if names := self.installed():
            _tool("rpm", "--root", str(self.folder), "-e", "--nodeps", *names)
        (self.folder / "etc/dnf/plugins/versionlock.list").write_text("")
        self.lock.unlink(missing_ok=True)
        self.use(f"file://{self.repository}")

    @property
    def lock(self) -> Path:
        """The file of dnf's lock: it is locked while it has the number of a process that runs."""
        return self.folder / "var/lib/dnf/rpmdb_lock.pid"


def _tool(*words: str) -> str:
    done = subprocess.run(
        words, env={**os.environ, **_TOOL}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
