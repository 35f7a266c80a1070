"""The package agent with real dnf and rpm, in a root of their own: what it changes, what it refuses, and what goes wrong."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.node.view import DataSource
from mcollective_py.plugins.sitedata import load_one
from mcollective_py.testing import assert_aborted, assert_failed, assert_ok
from tests.parts.require import missing, require_programs
from tests.parts.rpmlab import AGENT, RpmRoot, build_repository

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module")
def lab() -> Iterator[RpmRoot]:
    require_programs("dnf", "rpm", "rpmbuild", "createrepo_c")
    if os.geteuid() != 0:
        missing("dnf wants root for a root of its own")
    # In memory: dnf waits for the disk at each step of a transaction.
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="mco-lab-") as name:
        build_repository(Path(name) / "repo")
        yield RpmRoot(Path(name) / "root", Path(name) / "repo")


@pytest.fixture
def root(lab: RpmRoot) -> RpmRoot:
    lab.reset()
    return lab


def told(reply):
    return [(change["action"], change["name"], change.get("old", ""), change.get("new", "")) for change in reply.data["changes"]]


def test_noop_says_what_then_happens_and_a_second_time_nothing(root: RpmRoot):
    agent = root.agent()
    tried = agent.call("install", packages="labpkg=1.0,labepoch=2:0.9", noop=True)
    assert_ok(tried, changed=True)
    assert root.installed() == []
    done = agent.call("install", packages="labpkg=1.0,labepoch=2:0.9")
    assert told(tried) == told(done) == [("install", "labepoch", "", "2:0.9-1"), ("install", "labpkg", "", "1.0-1")]
    assert root.installed() == ["labepoch-0.9-1.noarch", "labpkg-1.0-1.noarch"]
    assert_ok(
        agent.call("status", package="labepoch"),
        name="labepoch", ensure="2:0.9-1", epoch="2", version="0.9", release="1", arch="noarch", provider="dnf",
    )  # fmt: skip
    again = agent.call("install", packages="labpkg=1.0,labepoch=2:0.9")
    assert_ok(again, changed=False, changes=[])
    assert_failed(root.agent(strict="1").call("install", package="labpkg"), message="Package is already installed")


def test_updates_are_found_security_updates_apart_and_taken(root: RpmRoot):
    agent = root.agent()
    agent.call("install", packages="labpkg=1.0,labepoch=2:0.9")
    offered = agent.call("yum_checkupdates")
    assert_ok(offered, exitcode=100, package_manager="yum")
    rows = [(row["package"], row["version"], row["repo"]) for row in offered.data["outdated_packages"]]
    assert rows == [("labepoch", "2:1.0-1", "lab"), ("labpkg", "1.2-1", "lab")]
    assert told(agent.call("upgrade", security=True)) == [("upgrade", "labpkg", "1.0-1", "1.2-1")]
    assert told(agent.call("update", package="labepoch")) == [("upgrade", "labepoch", "2:0.9-1", "2:1.0-1")]
    assert_ok(agent.call("update", package="labepoch"), changed=False)
    assert_failed(agent.call("update", package="labneeds"), message="Package is not present on the system")


def test_a_downgrade_must_be_asked_for(root: RpmRoot):
    agent = root.agent()
    agent.call("install", package="labpkg")
    refused = agent.call("install", package="labpkg", version="1.0")
    assert_aborted(refused, r"packages would be downgraded: labpkg from 1\.2-1 to 1\.0-1")
    assert root.installed() == ["labpkg-1.2-1.noarch"]
    assert told(agent.call("install", package="labpkg", version="1.0", downgrade=True)) == [("downgrade", "labpkg", "1.2-1", "1.0-1")]
    assert told(agent.call("update", packages="labpkg=1.1*")) == [("upgrade", "labpkg", "1.0-1", "1.1-1")]


def test_a_package_on_hold_stays_until_it_is_released_or_that_is_allowed(root: RpmRoot):
    agent = root.agent()
    agent.call("install", package="labpkg", version="1.0")
    held = agent.call("hold", package="labpkg")
    assert_ok(held, changed=True, held=["labpkg"])
    assert_ok(agent.call("hold", package="labpkg"), changed=False)
    for action in ("update", "uninstall"):
        assert_aborted(agent.call(action, package="labpkg"), "packages on hold would be changed: labpkg")
    assert_ok(agent.call("upgrade"), changed=False)
    assert told(agent.call("update", package="labpkg", change_held=True)) == [("upgrade", "labpkg", "1.0-1", "1.2-1")]
    assert_ok(agent.call("held"), held=["labpkg"])
    assert_ok(agent.call("unhold", package="labpkg"), changed=True, held=[])


def test_what_needs_a_removed_package_goes_with_it_and_noop_says_so(root: RpmRoot):
    agent = root.agent()
    agent.call("install", package="labneeds")
    gone = [("remove", "labneeds"), ("remove", "labpkg")]
    tried = agent.call("uninstall", package="labpkg", noop=True)
    assert sorted(change[:2] for change in told(tried)) == gone
    assert len(root.installed()) == 2
    assert sorted(change[:2] for change in told(agent.call("uninstall", package="labpkg"))) == gone
    assert root.installed() == []
    assert_ok(agent.call("uninstall", package="labpkg"), changed=False, ensure="absent")
    assert_failed(root.agent(strict="1").call("purge", package="labpkg"), message="Package is not present on the system")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"package": "nosuch"}, "Unable to find a match: nosuch"),
        ({"package": "labpkg", "version": "9.9"}, "Unable to find a match: labpkg-9.9"),
        ({"package": "labunmet"}, "nothing provides labnowhere needed by labunmet-1.0-1.noarch"),
        ({"package": "labbroken"}, "no room for labbroken"),
    ],
)
def test_what_cannot_be_installed_fails_in_the_words_of_dnf(root: RpmRoot, inputs, words):
    reply = root.agent().call("install", **inputs)
    assert_aborted(reply, words)
    assert reply.data["changed"] is False
    assert root.installed() == []


def test_a_package_that_is_there_but_whose_script_failed_is_a_failure_with_its_change(root: RpmRoot):
    reply = root.agent().call("install", package="labpost")
    assert_aborted(reply, "labpost cannot start")
    assert told(reply) == [("install", "labpost", "", "1.0-1")]


def test_a_repository_that_cannot_be_reached_is_a_failure_even_where_dnf_skips_it(root: RpmRoot):
    agent = root.agent()
    root.use("http://127.0.0.1:9/nothing")
    assert_failed(agent.call("checkupdates"), message="Failed to download metadata for repo 'lab'")
    root.use("http://127.0.0.1:9/nothing", is_skipped=True)
    for action in ("refresh", "upgrade"):
        assert_failed(agent.call(action), message="Failed to download metadata for repo 'lab'")


def test_another_program_with_the_lock_is_named(root: RpmRoot):
    agent = root.agent()
    agent.call("install", package="labpkg")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        root.lock.write_text(str(other.pid))
        reply = agent.call("uninstall", package="labpkg", lock_wait="0")
    assert_failed(reply, message=f"RPMDB already locked by {other.pid}")
    assert root.installed() == ["labpkg-1.2-1.noarch"]


def test_lists_digests_and_comparisons_are_those_of_rpm(root: RpmRoot):
    agent = root.agent()
    empty = agent.call("digest").data["digest"]
    agent.call("install", packages="labpkg=1.0,labepoch=2:0.9")
    assert_ok(agent.call("count"), output="2", exitcode=0)
    assert agent.call("digest").data["digest"] != empty
    assert agent.call("list", pattern="labe*").data["package_count"] == 1
    assert_ok(agent.call("compare", package="labepoch", version="1.0"), relation="newer", older=False)
    assert_ok(agent.call("compare", package="labpkg", version="1.0.1"), relation="older", older=True)
    assert [row["name"] for row in agent.call("search", package="labp").data["available_packages"]] == ["labpkg", "labpost"]
    plugin = load_one(DataSource("package", AGENT / "data" / "package", root.config, ()))
    answers = {
        query: plugin.query(query, None)["matches"] for query in ("labepoch<2:1.0", "labepoch>1.0", "labepoch=2:0.9", "nosuch<1")
    }
    assert answers == {"labepoch<2:1.0": True, "labepoch>1.0": True, "labepoch=2:0.9": True, "nosuch<1": False}
    assert plugin.query("labepoch", None)["status"] == "2:0.9-1"


def test_caches_are_cleaned_in_the_historic_modes_and_repair_finds_nothing(root: RpmRoot):
    agent = root.agent()
    for mode in ("expire-cache", "headers"):
        assert_ok(agent.call("yum_clean", mode=mode), exitcode=0)
    assert_ok(agent.call("repair"), changed=False)
