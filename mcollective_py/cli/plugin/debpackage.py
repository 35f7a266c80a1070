"""Debian packages of a plugin, by `dpkg-deb`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from ...errors import UsageError
from .parcel import Dependency, Parcel, Part, Script
from .staging import make, settle, stage, write


def build_debs(parcel: Parcel, work: Path) -> list[Path]:
    """One file for each part, in work. Raises UsageError."""
    program = shutil.which("dpkg-deb")
    if program is None:
        raise UsageError(
            "there is no dpkg-deb here, which makes .deb files (Debian's package dpkg): --format modulepackage needs nothing"
        )
    made = []
    for part in parcel.parts:
        root = work / part.name
        stage(root, parcel, part)
        control = root / "DEBIAN"
        control.mkdir()
        write(control / "control", control_file(parcel, part).encode(), 0o644)
        for name, text in scripts(parcel, part):
            write(control / name, text.encode(), 0o755)
        settle(root, parcel.time)
        target = work / f"{part.name}_{parcel.version}-{parcel.revision}_all.deb"
        make([program, "-Zgzip", "--root-owner-group", "--build", str(root), str(target)], work, parcel)
        made.append(target)
    return made


def control_file(parcel: Parcel, part: Part) -> str:
    """The text of a part's control file."""
    version = f"{parcel.version}-{parcel.revision}"
    needs = [Dependency(parcel.mcname, ">=" if parcel.mcversion else "", parcel.mcversion), *parcel.dependencies]
    common = next((other for other in parcel.parts if other.word == "common"), None)
    if common is not None and part is not common:
        needs.insert(0, Dependency(common.name, "=", version))
    size = sum(len(file.content) for file in part.files.values()) // 1024 + 1
    rows = {
        "Package": part.name,
        "Version": version,
        "Architecture": "all",
        "Maintainer": parcel.vendor,
        "Installed-Size": str(size),
        "Depends": ", ".join(f"{one.name} ({one.how} {one.version})" if one.how else one.name for one in needs),
        "Section": "admin",
        "Priority": "optional",
        "Homepage": parcel.metadata.url,
        "Description": parcel.summary,
    }
    lines = [f"{key}: {_line(text)}" for key, text in rows.items() if text]
    return "\n".join([*lines, f" This package has {part.what} of the plugin {parcel.metadata.name}.", ""])


def scripts(parcel: Parcel, part: Part) -> Iterator[tuple[str, str]]:
    """The maintainer scripts of a part, by name."""
    for name, script in (("preinst", parcel.preinstall), ("postinst", parcel.postinstall)):
        if script is not None and part.word == parcel.scripted:
            yield name, _text(script)
    if part.folders:
        yield "prerm", f"#!/bin/sh\n{forget_caches(parcel, part)}"


def forget_caches(parcel: Parcel, part: Part) -> str:
    """Shell lines that take away what Python keeps beside the sources, which no package knows of; names have no odd characters."""
    return "".join(f'rm -rf "{parcel.folder}/{folder}/__pycache__"\n' for folder in part.folders)


def _text(script: Script) -> str:
    return f"#!{script.program}\n{script.body}"


def _line(text: str) -> str:
    return " ".join(text.split())
