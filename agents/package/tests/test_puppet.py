"""Packages by puppet resource, as recorded runs of Puppet 7 on apt tell of them."""

from pathlib import Path

import pytest

from agents.package import puppet
from agents.package.provider import Change, Options, Order, PackageState, Wanted
from agents.package.versions import compare_dpkg
from mcollective_py.agent.puppetresource import parse_changes, parse_resource
from mcollective_py.errors import RPCAborted

CASES = Path(__file__).parent / "cases"


def case(name):
    stdout, _, rest = (CASES / f"{name}.txt").read_text().partition("--- stderr, exit code ")
    return stdout, rest.partition("\n")[2]


def state(name):
    return puppet.state_of("labpkg", parse_resource(case(name)[0]))


def test_what_puppet_says_becomes_a_state():
    assert state("puppet-installed") == PackageState("labpkg", "1.0", "0", "1.0", "", "", "apt")
    assert state("puppet-absent") == PackageState("labpkg", "purged", provider="puppet")
    assert state("puppet-held").is_held


def test_versions_are_taken_apart_as_the_native_providers_do():
    assert puppet.state_of("x", {"ensure": "1:2.0-3-4"}) == PackageState("x", "1:2.0-3-4", "1", "2.0-3", "4", "", "puppet")


def test_a_change_prints_the_version_that_was_before():
    assert parse_changes(case("puppet-latest")[0]) and state("puppet-latest").ensure == "1.0"


@pytest.mark.parametrize(("name", "promise"), [("puppet-latest-noop", "1.1"), ("puppet-install-version-noop", "1.0")])
def test_a_simulation_promises_a_version(name, promise):
    assert puppet.promised(parse_changes(case(name)[0]), "latest") == promise


def test_changes_are_told_by_what_was_and_is():
    old, new = PackageState("x", "1.0"), PackageState("x", "1.1")
    assert puppet.change_of(old, new, compare_dpkg) == Change("upgrade", "x", "1.0", "1.1")
    assert puppet.change_of(new, old, compare_dpkg) == Change("downgrade", "x", "1.1", "1.0")
    assert puppet.change_of(PackageState("x", "purged"), new, compare_dpkg) == Change("install", "x", "", "1.1")
    assert puppet.change_of(old, PackageState("x", "absent"), compare_dpkg) == Change("remove", "x", "1.0")
    assert puppet.change_of(PackageState("x", "absent"), PackageState("x", "purged"), compare_dpkg) == Change("purge", "x")


def test_a_failure_has_the_words_of_the_package_tool_and_no_progress():
    words = puppet.words_of_failure(case("puppet-install-failing")[1])
    assert words.startswith(
        "Error: Execution of '/usr/bin/apt-get -q -y -o DPkg::Options::=--force-confold install labfail' returned 100"
    )
    assert "the lab says no" in words and "E: Sub-process /usr/bin/dpkg returned an error code (1)" in words
    assert "Reading database" not in words and words.count("the lab says no") == 1
    assert "E: Unable to locate package nosuch" in puppet.words_of_failure(case("puppet-install-no-such-package")[1])
    assert puppet.words_of_failure("") == ""


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order("upgrade"), "one by one"),
        (Order("update", (Wanted("x"),), Options(security=True)), "security updates"),
        (Order("install", (Wanted("x"),), Options(config_files="replace")), "configuration files"),
        (Order("install", (Wanted("x", "1.*"),)), "no globs"),
    ],
)
def test_what_puppet_has_no_word_for_is_refused(order, words):
    with pytest.raises(RPCAborted, match=words):
        puppet.Puppet({"command": "/usr/bin/puppet"}).apply(order)
