"""Debian's tools for Puppet modules, unpacked in a host of a lab: never on the machine."""

from pathlib import Path

from tests.parts.lab import Lab
from tests.parts.require import missing

DEBS = Path("/var/tmp/mcollective-puppet-debs")  # filled by .ci/parts
RSPEC = (
    "ruby-diff-lcs",
    "ruby-rspec",
    "ruby-rspec-core",
    "ruby-rspec-expectations",
    "ruby-rspec-mocks",
    "ruby-rspec-puppet",
    "ruby-rspec-support",
)


def debs_of(*packages: str) -> list[Path]:
    """The files of these packages, the newest of each; the test is skipped where one is missing."""
    found = []
    for package in packages:
        debs = sorted(DEBS.glob(f"{package}_*.deb"))
        if not debs:
            missing(f"{DEBS} has no {package}: sh .ci/parts fetches it")
        found.append(debs[-1])
    return found


def unpack(lab: Lab, host: str, folder: Path, debs: list[Path]) -> None:
    """Unpack them in a host. folder: one that it sees at the same path."""
    folder.mkdir()
    for deb in debs:
        (folder / deb.name.replace("%", "_")).write_bytes(deb.read_bytes())
    text = f"for deb in {folder}/*.deb; do dpkg-deb --fsys-tarfile $deb | tar -x --keep-directory-symlink -C /; done"
    done = lab.run(host, "sh", "-ec", text)
    assert done.returncode == 0, done.stderr
