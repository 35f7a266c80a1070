"""What dpkg says of packages, recorded."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

dpkg = load_module("package", Path(__file__).parents[1], "dpkg")
CASES = Path(__file__).parent / "cases"
QUERY = (CASES / "dpkg-query.txt").read_text()


def state(line, name="labpkg"):
    return dpkg.states_of([name], f"ii |dpkg|1.21.22|amd64\n{line}")[0]


def test_an_installed_package_has_all_parts_of_its_version():
    found = dpkg.states_of(["libc6"], QUERY)[0]
    assert (found.name, found.ensure, found.epoch, found.version, found.release) == (
        "libc6",
        "2.36-9+deb12u14",
        "0",
        "2.36",
        "9+deb12u14",
    )
    assert (found.arch, found.provider, found.is_installed, found.trouble) == ("amd64", "apt", True, "")


def test_a_package_that_failed_to_be_configured_is_there_and_says_so():
    found = dpkg.states_of(["labbroken"], QUERY)[0]
    assert (found.ensure, found.trouble) == ("1.0", "half-configured")


def test_one_that_dpkg_does_not_know_is_purged_and_one_with_configuration_files_left_absent():
    assert dpkg.states_of(["nosuch"], QUERY)[0].ensure == "purged"
    assert state("rc |labpkg|1.1|all").ensure == "absent"
    assert state("un |labpkg||").ensure == "purged"


@pytest.mark.parametrize(
    ("status", "ensure", "trouble"),
    [
        ("iU ", "1.1", "unpacked"),
        ("iF ", "1.1", "half-configured"),
        ("iW ", "1.1", "triggers-awaited"),
        ("iHR", "1.1", "reinst-required"),
    ],
)
def test_what_is_wrong_with_a_package_is_told(status, ensure, trouble):
    found = state(f"{status}|labpkg|1.1|all")
    assert (found.ensure, found.trouble) == (ensure, trouble)


def test_a_package_of_which_nothing_is_in_place_yet_is_absent_and_half_installed():
    found = state("iH |labpkg||all")
    assert (found.ensure, found.trouble) == ("absent", "half-installed")


def test_a_hold_is_seen():
    assert state("hi |labpkg|1.1|all").is_held
    assert dpkg.held_names(dpkg.parse_query("hi |b|1|all\nii |c|1|all\nhi |a|1|all\nhi |a|1|i386\n")) == ("a", "b")


def test_of_several_architectures_the_machines_own_is_meant_and_another_where_it_is_named():
    lines = "ii |labpkg|1.0|i386\nii |labpkg|1.1|amd64"
    assert state(lines).ensure == "1.1"
    assert state(lines, "labpkg:i386").ensure == "1.0"
    assert state("ii |labpkg|1.0|i386").ensure == "1.0"
    assert state(lines, "labpkg:arm64").ensure == "purged"


@pytest.mark.parametrize(
    ("version", "parts"),
    [
        ("1:2.0-3", ("1", "2.0", "3")),
        ("1.0", ("0", "1.0", "")),
        ("5.2-15-2+b8", ("0", "5.2-15", "2+b8")),
        ("2:1.0~rc1", ("2", "1.0~rc1", "")),
    ],
)
def test_a_version_has_three_parts(version, parts):
    assert dpkg.parts_of(version) == parts


def test_the_historic_list_is_of_what_is_installed_and_well():
    lines = dpkg.parse_list((CASES / "dpkg-list.txt").read_text()).split("\n")
    assert all(line.startswith("ii") for line in lines)
    assert [line.split()[1] for line in lines if "lab p" in line] == ["labpkg", "labsec"]
