"""Which provider a host has."""

from pathlib import Path

import pytest

from mcollective_py.agent import RPCAborted
from mcollective_py.plugins.modules import load_module

choice = load_module("package", Path(__file__).parents[1], "choice")


def machine(root, *programs, dpkg_status=""):
    for program in programs:
        file = root / program
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    if dpkg_status:
        (root / "var/lib/dpkg").mkdir(parents=True)
        (root / "var/lib/dpkg/status").write_text(dpkg_status)
    return root


def test_a_debian_machine_with_dnf_for_building_packages_has_apt(tmp_path):
    assert choice.native_name(machine(tmp_path, "usr/bin/dnf", "usr/bin/apt-get", dpkg_status="Package: bash\n")) == "apt"


def test_a_machine_of_rpm_has_dnf_or_zypper(tmp_path):
    assert choice.native_name(machine(tmp_path / "a", "usr/bin/yum")) == "dnf"
    assert choice.native_name(machine(tmp_path / "b", "usr/bin/zypper")) == "zypper"


def test_a_machine_without_any_says_what_would_do(tmp_path):
    with pytest.raises(RPCAborted, match=r"plugin\.package\.provider = puppet"):
        choice.native_name(tmp_path)


def test_the_configured_provider_is_taken_and_an_unknown_one_named():
    assert [choice.provider_name({"provider": name}) for name in ("puppet", "yum", " APT ")] == ["puppet", "dnf", "apt"]
    with pytest.raises(RPCAborted, match="pacman: it can be auto, apt, dnf, puppet, zypper"):
        choice.provider_name({"provider": "pacman"})
