"""The words of zypper's commands, and what recorded runs of zypper 1.14 say."""

from pathlib import Path

import pytest

from agents.package import zypperanswers as answers
from agents.package import zyppercommands as commands
from agents.package.provider import Change, Options, Order, Wanted
from mcollective_py.errors import InvalidRPCData, RPCAborted

CASES = Path(__file__).parent / "cases"


def case(name):
    stdout, _, rest = (CASES / f"{name}.txt").read_text().partition("--- stderr, exit code ")
    code, _, stderr = rest.partition("\n")
    return int(code), stdout, stderr


def failure(name):
    return answers.failure_of(*case(name))


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order("install", (Wanted("x", "1.0"), Wanted("y"))), ["install", "--auto-agree-with-licenses", "--", "x=1.0", "y"]),
        (Order("install", (Wanted("x:i686"),), Options(downgrade=True)),
         ["install", "--auto-agree-with-licenses", "--oldpackage", "--", "x.i686"]),
        (Order("update", (Wanted("x"),)), ["update", "--auto-agree-with-licenses", "--", "x"]),
        (Order("uninstall", (Wanted("x"),)), ["remove", "--", "x"]),
        (Order("upgrade"), ["update", "--auto-agree-with-licenses"]),
        (Order("upgrade", (), Options(security=True)), ["patch", "--category", "security", "--auto-agree-with-licenses"]),
    ],
)  # fmt: skip
def test_each_order_has_its_words(order, words):
    assert commands.zypper_change(None, order, simulates=False) == ["/usr/bin/zypper", "--non-interactive", "--no-color", *words]


def test_another_root_and_a_simulation_come_before_the_names():
    words = commands.zypper_change("/srv/root", Order("uninstall", (Wanted("x"),)), simulates=True)
    assert words[3:] == ["--root", "/srv/root", "--xmlout", "remove", "--dry-run", "--", "x"]


@pytest.mark.parametrize("name", ["-y", "a b", "a;id", "$(id)", "a\n", "", "a*", "pattern:x"])
def test_what_is_no_name_never_becomes_a_word(name):
    with pytest.raises(InvalidRPCData, match="is no name of a package"):
        commands.zypper_spec(Wanted(name))


def test_security_updates_of_single_packages_are_refused():
    with pytest.raises(RPCAborted, match="by whole patches"):
        commands.zypper_change(None, Order("update", (Wanted("x"),), Options(security=True)), simulates=False)


def test_what_an_update_would_change_is_read():
    assert answers.parse_summary(case("zypper-update-simulated")[1]) == (
        Change("upgrade", "labepoch", "2:0.9-1", "2:1.0-1", "noarch"),
        Change("upgrade", "labpkg", "1.0-1", "1.2-1", "noarch"),
        Change("install", "labnew", "", "3.0-1", "noarch"),
        Change("remove", "labother", "2.0-3", "", "noarch"),
    )


def test_of_a_patch_its_packages_are_the_changes():
    assert answers.parse_summary(case("zypper-patch-simulated")[1]) == (Change("upgrade", "labpkg", "1.0-1", "1.2-1", "noarch"),)


def test_downgrades_and_removals_are_read():
    assert answers.parse_summary(case("zypper-downgrade-simulated")[1]) == (Change("downgrade", "labpkg", "1.2-1", "1.0-1", "noarch"),)
    assert answers.parse_summary(case("zypper-remove-simulated")[1]) == (Change("remove", "labpkg", "1.2-1", "", "noarch"),)


def test_updates_are_read_with_their_repository():
    assert answers.parse_updates(case("zypper-list-updates")[1]) == (
        Change("upgrade", "labepoch", "2:0.9-1", "2:1.0-1", "noarch", "lab"),
        Change("upgrade", "labpkg", "1.0-1", "1.2-1", "noarch", "lab"),
    )


def test_found_packages_are_read_with_versions_and_summaries():
    assert answers.parse_search(case("zypper-search")[1])["labpkg"] == ["1.2-1", "1.1-1", "1.0-1"]
    assert answers.parse_summaries(case("zypper-search-summaries")[1])["labpkg"] == "Lab package labpkg"


def test_locks_are_read():
    assert answers.parse_locks((CASES / "zypper-locks.txt").read_text()) == ("labpkg",)
    assert answers.parse_locks("type: patch\nsolvable_name: p\n\nsolvable_name: b\n\nsolvable_name: a\n") == ("a", "b")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("zypper-install-no-such-package", "No provider of 'nosuch' found."),
        ("zypper-install-unmet-dependency", "Problem: nothing provides nosuchthing needed by labunmet-1.0-1.noarch"),
        ("zypper-install-failing-prein", "the lab says no"),
        ("zypper-install-failing-postin", "the post of the lab says no"),
        ("zypper-install-lower-version", "has lower version than the installed one"),
        ("zypper-remove-locked", "remove lock to allow removal of labpkg-1.0-1.noarch"),
        ("zypper-update-locked", "remove lock to allow installation of labpkg-1.2-1.noarch"),
        ("zypper-locked", "System management is locked by the application with pid "),
        ("zypper-unreachable-repository", "Some of the repositories have not been refreshed because of an error."),
        ("zypper-update-with-unreachable-repository", "Some of the repositories have not been refreshed because of an error."),
    ],
)
def test_a_failure_is_told_in_the_words_of_zypper(name, words):
    assert words in failure(name)


@pytest.mark.parametrize("name", ["zypper-install", "zypper-update-locked-newest"])
def test_what_went_well_has_no_failure(name):
    assert failure(name) is None


def test_a_package_on_hold_that_is_the_newest_is_no_failure():
    text = case("zypper-update-locked-newest")[1]
    assert answers.is_newest(text, "labpkg")
    assert "labpkg" in answers.locked_items(text)


def test_a_reboot_that_is_due_is_no_failure():
    assert answers.failure_of(102, "", "") is None
