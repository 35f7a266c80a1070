"""What apt printed, recorded in a host of the lab and, where its name says so, on a Debian machine; read into values."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

apttext = load_module("package", Path(__file__).parents[1], "apttext")
Change, Found = apttext.Change, apttext.Found
CASES = Path(__file__).parent / "cases"


def case(name):
    file = CASES / f"apt-{name}.txt"
    return file.read_text() if file.exists() else ""


def plan(name):
    return apttext.parse_simulation(case(f"simulate-{name}"))


def failure(name):
    return apttext.failure_of(case(name), case(f"{name}-stderr"))


def test_a_simulated_install_tells_what_would_come_with_it():
    assert plan("install") == (
        Change("install", "labpkg", "", "1.0", "all", "Lab:lab"),
        Change("install", "labdep", "", "1.0", "all", "Lab:lab"),
    )


def test_a_simulated_upgrade_has_old_and_new_versions():
    assert plan("upgrade") == (
        Change("upgrade", "labother", "1:2.0-1", "1:2.1-1", "all", "Lab:lab"),
        Change("upgrade", "labpkg", "1.0", "1.1", "all", "Lab:lab"),
        Change("upgrade", "labsec", "1.0-1", "1.1-1", "all", "Lab:lab"),
    )


def test_an_older_version_in_the_place_of_a_newer_one_is_a_downgrade():
    assert plan("downgrade") == (Change("downgrade", "labpkg", "1.1", "1.0", "all", "Lab:lab"),)


def test_a_removal_and_a_purge_are_told_apart():
    assert plan("remove") == (Change("remove", "labpkg", "1.1"),)
    assert plan("purge") == (Change("purge", "labpkg", "1.1"),)


def test_a_purge_of_what_has_only_configuration_files_left_is_told():
    assert apttext.parse_simulation("Purg labpkg\n") == (Change("purge", "labpkg"),)


def test_a_package_of_an_earlier_run_that_would_only_be_configured_is_told():
    assert plan("configure")[-1] == Change("configure", "labbroken", "1.0", "1.0", "all", "Lab:lab")


def test_several_sources_and_notes_on_dependencies_are_read():
    found = {change.name: (change.old, change.new, change.repo) for change in plan("debian")}
    assert found["libgcrypt20-dev"] == (
        "1.10.1-3", "1.10.1-3+deb12u1", "Debian:12.15/oldstable, Debian-Security:12/oldstable-security",
    )  # fmt: skip
    assert found["libperl5.36"] == ("5.36.0-7+deb12u2", "5.36.0-7+deb12u4", "Debian-Security:12/oldstable-security")
    assert set(found) == {"bash", "curl", "libgcrypt20", "libgcrypt20-dev", "libperl5.36"}


def test_a_policy_has_the_versions_from_the_newest_on_and_where_they_are():
    labsec = apttext.parse_policy(case("policy-installed"))["labsec"]
    assert (labsec.installed, labsec.candidate) == ("1.0-1", "1.1-1")
    assert [(row.version, row.sources) for row in labsec.versions] == [
        ("1.1-1", ("file:/srv/repo lab/main",)),
        ("1.0-1+deb1", ("file:/srv/repo lab-security/main",)),
        ("1.0-1", ("file:/srv/repo lab/main",)),
    ]


def test_a_package_that_is_not_there_has_no_installed_version_and_one_that_matches_a_pattern_only_its_own_name():
    found = apttext.parse_policy(case("policy-absent"))
    assert found["labpkg"].installed is None
    assert "nosuch" not in found and "lab.ther" not in found


def test_a_glob_means_the_newest_version_that_it_matches():
    labsec = apttext.parse_policy(case("policy-installed"))["labsec"]
    assert [labsec.newest(pattern) for pattern in ("1.0-1", "1.0*", "1.*", "2.*")] == ["1.0-1", "1.0-1+deb1", "1.1-1", None]


def test_the_security_update_is_the_one_of_a_security_source_though_a_newer_one_is_there():
    found = apttext.parse_policy(case("policy-installed"))
    patterns = ["*-security/*", "*://security.*"]
    assert found["labsec"].security_update(patterns).version == "1.0-1+deb1"
    assert found["labpkg"].security_update(patterns) is None
    debian = apttext.parse_policy(case("policy-debian"))
    assert debian["libgcrypt20-dev"].security_update(patterns).version == "1.10.1-3+deb12u1"
    assert debian["bash"].security_update(patterns) is None


def test_names_that_were_found_come_sorted_with_their_summaries():
    found = apttext.parse_search(case("search"))
    assert [one.name for one in found] == sorted(one.name for one in found)
    assert Found("labpkg", "", "lab package labpkg") in found


def test_marks_tell_only_what_was_not_so_before():
    assert apttext.parse_mark(case("mark-hold")) == (Change("hold", "labpkg"),)
    assert apttext.parse_mark(case("mark-hold-again")) == (Change("hold", "labsec"),)
    assert apttext.parse_mark(case("mark-unhold")) == (Change("unhold", "labpkg"), Change("unhold", "labsec"))


def test_a_failure_is_told_in_the_words_of_apt():
    assert failure("downgrade-refused") == "Packages were downgraded and -y was used without --allow-downgrades."
    assert failure("held-refused") == "Held packages were changed and -y was used without --allow-change-held-packages."
    assert failure("gone").startswith("Failed to fetch file:/srv/repo/pool/labgone_1.0_all.deb  File not found")
    assert "Could not connect to 192.0.2.1:80" in failure("no-network")


def test_dependencies_that_cannot_be_met_are_named():
    assert failure("unmet").endswith("labneeds : Depends: labnowhere but it is not installable")


def test_what_a_maintainer_script_said_stands_before_the_error_of_dpkg_and_debconf_is_left_out():
    assert failure("postinst-failed").splitlines() == [
        "no room for labbroken",
        "dpkg: error processing package labbroken (--configure):",
        " installed labbroken package post-installation script subprocess returned error exit status 3",
        "Errors were encountered while processing:",
        " labbroken",
        "Sub-process /usr/bin/dpkg returned an error code (1)",
    ]


@pytest.mark.parametrize("name", ["locked", "lists-locked", "mark-locked"])
def test_a_lock_is_known_and_its_holder_named(name):
    assert apttext.is_locked(case(f"{name}-stderr"))
    assert "held by process" in failure(name) or "process with pid" in failure(name)


def test_another_failure_is_no_lock():
    assert not any(apttext.is_locked(case(f"{name}-stderr")) for name in ("gone", "unmet", "interrupted", "postinst-failed"))


def test_an_interrupted_run_wants_a_repair():
    assert apttext.wants_repair(case("interrupted-stderr"))
    assert not apttext.wants_repair(case("unmet-stderr"))


def test_a_failure_has_a_bound():
    assert len(apttext.failure_of("", "E: no\n" * 10_000)) < 5000
