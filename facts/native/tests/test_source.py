import os
from pathlib import Path

import pytest

from mcollective_py.facttest import FactTest
from mcollective_py.matching.facts import fact_matches
from mcollective_py.matching.regex import Effort
from mcollective_py.node.plainfacts import plain_facts
from mcollective_py.plugins.loader import load_facts_source

FACTS = Path(__file__).parents[2]

# What both must say the same of one host. Left out: what changes from second to second, and what only Facter tells.
SAME = (
    "kernel",
    "kernelrelease",
    "kernelversion",
    "kernelmajversion",
    "os",
    "osfamily",
    "operatingsystem",
    "operatingsystemrelease",
    "operatingsystemmajrelease",
    "architecture",
    "hardwaremodel",
    "lsbdistcodename",
    "lsbdistdescription",
    "identity",
    "timezone",
    "hostname",
    "fqdn",
    "domain",
    "ipaddress",
    "ipaddress6",
    "macaddress",
    "netmask",
    "network",
    "interfaces",
    "processorcount",
    "physicalprocessorcount",
    "memorysize",
    "id",
    "gid",
)


@pytest.fixture(scope="module")
def native():
    return load_facts_source("native", FACTS / "native", {}).load()


def test_the_facts_people_filter_on_are_there(native):
    for name in (
        "osfamily",
        "operatingsystem",
        "kernel",
        "hostname",
        "fqdn",
        "memorysize",
        "memorysize_mb",
        "processorcount",
        "uptime_seconds",
    ):
        assert native[name] not in (None, ""), name
    assert native["osfamily"] == native["os"]["family"]
    assert native["networking"]["interfaces"]["lo"]["ip"] == "127.0.0.1"
    assert native["memory"]["system"]["total_bytes"] > native["memory"]["system"]["used_bytes"] > 0
    assert native["processors"]["count"] == os.cpu_count()
    assert native["is_virtual"] is (native["virtual"] != "physical")


def test_a_filter_of_old_matches(native):
    assert fact_matches(FactTest("osfamily", "==", native["os"]["family"]), native, Effort())
    assert fact_matches(FactTest("system_uptime.seconds", ">=", "0"), native, Effort())


def test_the_facts_are_plain_already(native):
    assert plain_facts(native) == native


@pytest.mark.parts
def test_native_and_the_real_facter_say_the_same():
    if not any(os.path.exists(path) for path in ("/opt/puppetlabs/bin/facter", "/usr/bin/facter")):
        if os.environ.get("CI") == "true":
            pytest.fail("facter is not installed: apt-get install facter")
        pytest.skip("facter is not installed")
    facter = load_facts_source("facter", FACTS / "facter", {}).load()
    native = load_facts_source("native", FACTS / "native", {}).load()
    assert {name: native.get(name) for name in SAME} == {name: facter.get(name) for name in SAME}
    for name in ("ip", "ip6", "mac", "mtu", "netmask", "network", "primary", "hostname", "fqdn"):
        assert native["networking"].get(name) == facter["networking"].get(name), name
    for name in ("count", "models", "physicalcount"):
        assert native["processors"][name] == facter["processors"][name], name
    assert native["memory"]["system"]["total_bytes"] == facter["memory"]["system"]["total_bytes"]
