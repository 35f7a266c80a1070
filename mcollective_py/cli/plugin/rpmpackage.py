"""RPM packages of a plugin, by `rpmbuild` and a spec of our own."""

import re
import shutil
from pathlib import Path

from ...errors import UsageError
from .debpackage import forget_caches
from .parcel import Dependency, Parcel, Part, Script, file_mode
from .staging import make, stage, write

_PLAIN = re.compile(r"/[A-Za-z0-9_./+\-]*", re.ASCII)  # rpm reads macros out of everything
_HOW = {"<<": "<", ">>": ">"}


def build_rpms(parcel: Parcel, work: Path) -> list[Path]:
    """One file for each part, in work. Raises UsageError."""
    program = shutil.which("rpmbuild")
    if program is None:
        raise UsageError("there is no rpmbuild here, which makes .rpm files (package rpm-build, Debian's rpm)")
    if not _PLAIN.fullmatch(str(work)):
        raise UsageError(f"rpmbuild cannot work in {work}: set TMPDIR to a folder with a plain name")
    top = work / "rpmbuild"
    for name in ("SOURCES", "SPECS", "BUILD", "BUILDROOT", "RPMS", "SRPMS"):
        (top / name).mkdir(parents=True)
    for part in parcel.parts:
        stage(top / "SOURCES" / part.word, parcel, part)
    spec = top / "SPECS" / "plugin.spec"
    write(spec, spec_file(parcel).encode(), 0o644)
    macros = {
        "_topdir": str(top),
        "_tmppath": str(work),
        "_rpmdir": str(top / "RPMS"),
        "_rpmfilename": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
        "_build_id_links": "none",
        "_buildhost": "localhost",
        "__os_install_post": "%{nil}",
        "debug_package": "%{nil}",
        "use_source_date_epoch_as_buildtime": "1",
        "clamp_mtime_to_source_date_epoch": "1",
        "source_date_epoch_from_changelog": "0",
        "_binary_payload": "w9.gzdio",
    }
    defines = [word for name, value in macros.items() for word in ("--define", f"{name} {value}")]
    make([program, "-bb", *defines, str(spec)], work, parcel)
    made = [top / "RPMS" / f"{part.name}-{parcel.version}-{parcel.revision}.noarch.rpm" for part in parcel.parts]
    if missing := [path.name for path in made if not path.is_file()]:
        raise UsageError(f"{program} made no {', '.join(missing)}")
    return made


def spec_file(parcel: Parcel) -> str:
    """The text of the spec: one package a part, each made of the files that lie in SOURCES/PART."""
    version = f"{parcel.version}-{parcel.revision}"
    head = {
        "Name": f"{parcel.mcname}-{parcel.name}",
        "Summary": parcel.summary,
        "Version": parcel.version,
        "Release": parcel.revision,
        "License": parcel.metadata.license or "unknown",
        "URL": parcel.metadata.url,
        "Vendor": parcel.vendor,
        "Packager": parcel.metadata.author,
        "Group": "System Environment/Daemons",
        "BuildArch": "noarch",
        "AutoReqProv": "no",
    }
    lines = [f"{key}: {_escaped(text)}" for key, text in head.items() if text]
    lines += ["", "%description", _escaped(parcel.summary), "", "%prep", "%build", "%install", 'mkdir -p "%{buildroot}"']
    lines += [f'cp -a "%{{_sourcedir}}/{part.word}/." "%{{buildroot}}/"' for part in parcel.parts]
    common = next((part for part in parcel.parts if part.word == "common"), None)
    for part in parcel.parts:
        needs = [Dependency(parcel.mcname, ">=" if parcel.mcversion else "", parcel.mcversion), *parcel.dependencies]
        if common is not None and part is not common:
            needs.insert(0, Dependency(common.name, "=", version))
        lines += ["", f"%package -n {part.name}", f"Summary: {_escaped(parcel.summary)}", "AutoReqProv: no"]
        lines += [f"Requires: {one.name} {_HOW.get(one.how, one.how)} {one.version}".rstrip() for one in needs]
        lines += [f"%description -n {part.name}", f"{_escaped(parcel.summary)}: {part.what}."]
        for section, script in (("pre", parcel.preinstall), ("post", parcel.postinstall)):
            if script is not None and part.word == parcel.scripted:
                lines += [f"%{section} -n {part.name} -p {script.program}", _body(script, section)]
        if part.folders:
            lines += [f"%preun -n {part.name} -p /bin/sh", forget_caches(parcel, part)]
        lines += [f"%files -n {part.name}", *_files(parcel, part)]
    return "\n".join(lines) + "\n"


def _files(parcel: Parcel, part: Part) -> list[str]:
    folders = [f'%dir %attr(0755, root, root) "{parcel.folder}/{folder}"' for folder in part.folders]
    return [*folders, *(f'%attr({file_mode(file):04o}, root, root) "{parcel.folder}/{name}"' for name, file in part.files.items())]


def _escaped(text: str) -> str:
    """One line, in which rpm finds no macro."""
    return " ".join(text.split()).replace("%", "%%")


def _body(script: Script, section: str) -> str:
    if any(line.startswith("%") for line in script.body.splitlines()):
        raise UsageError(f"--{section}install: a line that begins with % is a section to rpm: put a space before it")
    return script.body.replace("%", "%%")
