"""Operating system, kernel, identity and time zone."""

import grp
import os
import platform
import pwd
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .readable import pairs, text_of

# os-release's ID -> Facter's name and family. An ID that is not here: its own name with a capital, the family by ID_LIKE.
_NAMES = {
    "debian": ("Debian", "Debian"),
    "ubuntu": ("Ubuntu", "Debian"),
    "linuxmint": ("LinuxMint", "Debian"),
    "raspbian": ("Raspbian", "Debian"),
    "devuan": ("Devuan", "Debian"),
    "kali": ("Kali", "Debian"),
    "rhel": ("RedHat", "RedHat"),
    "centos": ("CentOS", "RedHat"),
    "fedora": ("Fedora", "RedHat"),
    "rocky": ("Rocky", "RedHat"),
    "almalinux": ("AlmaLinux", "RedHat"),
    "ol": ("OracleLinux", "RedHat"),
    "amzn": ("Amazon", "RedHat"),
    "scientific": ("Scientific", "RedHat"),
    "sles": ("SLES", "Suse"),
    "sled": ("SLED", "Suse"),
    "opensuse": ("OpenSuSE", "Suse"),
    "opensuse-leap": ("OpenSuSE", "Suse"),
    "opensuse-tumbleweed": ("OpenSuSE", "Suse"),
    "suse": ("SLES", "Suse"),
    "arch": ("Archlinux", "Archlinux"),
    "gentoo": ("Gentoo", "Gentoo"),
    "alpine": ("Alpine", "Alpine"),
}


def system_facts() -> dict[str, Any]:
    """os, kernel*, identity, timezone of this host."""
    uname = platform.uname()
    release = text_of("/etc/os-release") or text_of("/usr/lib/os-release")
    return {
        "os": {
            **os_facts(release, text_of("/etc/debian_version"), uname.machine),
            "selinux": {"enabled": Path("/sys/fs/selinux/enforce").exists()},
        },
        **kernel_facts(uname.system, uname.release),
        "identity": identity_facts(os.geteuid(), os.getegid()),
        "timezone": time.strftime("%Z"),
    }


def os_facts(os_release: str, debian_version: str, machine: str) -> dict[str, Any]:
    """The fact `os` from the texts of /etc/os-release and /etc/debian_version and the machine's name."""
    said = pairs(os_release, "=")
    id = said.get("ID", "linux")
    like = next((word for word in said.get("ID_LIKE", "").split() if word in _NAMES), None)
    name, family = _NAMES.get(id) or (id.capitalize(), _NAMES[like][1] if like else id.capitalize())
    version = debian_version.strip() if name == "Debian" and debian_version.strip() else said.get("VERSION_ID", "")
    release = release_facts(version, name)
    facts: dict[str, Any] = {
        "name": name,
        "family": family,
        "hardware": machine,
        "architecture": _architecture(machine, family),
        "distro": {
            "id": name,
            "description": said.get("PRETTY_NAME", name),
            **({"codename": said["VERSION_CODENAME"]} if said.get("VERSION_CODENAME") else {}),
            **({"release": release} if release else {}),
        },
    }
    return {**facts, "release": release} if release else facts


def release_facts(version: str, name: str) -> dict[str, str]:
    """full, major and minor; Ubuntu's major is `22.04`, as in Facter."""
    if not version:
        return {}
    words = version.split(".")
    if name == "Ubuntu":
        return {"full": version, "major": ".".join(words[:2])}
    return {"full": version, "major": words[0], **({"minor": words[1]} if len(words) > 1 else {})}


def kernel_facts(system: str, release: str) -> dict[str, str]:
    """kernel, kernelrelease, kernelversion (without what a distribution adds) and kernelmajversion."""
    found = re.match(r"\d+(?:\.\d+)*", release)
    version = found[0] if found else release
    return {
        "kernel": system,
        "kernelrelease": release,
        "kernelversion": version,
        "kernelmajversion": ".".join(version.split(".")[:2]),
    }


def identity_facts(uid: int, gid: int) -> Mapping[str, Any]:
    """Who the daemon runs as."""
    facts: dict[str, Any] = {"uid": uid, "gid": gid, "privileged": uid == 0}
    try:
        facts["user"] = pwd.getpwuid(uid).pw_name
        facts["group"] = grp.getgrgid(gid).gr_name
    except KeyError:
        pass  # a number without a name, as in many containers
    return facts


def _architecture(machine: str, family: str) -> str:
    if family not in ("Debian", "Gentoo"):
        return "i386" if re.fullmatch(r"i[3456]86", machine) else machine
    return {"x86_64": "amd64", "i686": "i386", "i586": "i386", "i486": "i386"}.get(machine, machine)
