"""The pure readers of the native source, by recorded texts."""

import importlib
import sys
from pathlib import Path

import pytest

from mcollective_py.plugins.loader import load_facts_source

FOLDER = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def part():
    source = load_facts_source("native", FOLDER, {})
    package = sys.modules[type(source).__module__].__package__
    return lambda name: importlib.import_module(f"{package}.{name}")


DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
UBUNTU = "PRETTY_NAME='Ubuntu 22.04.4 LTS'\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"22.04\"\nVERSION_CODENAME=jammy\n"
ROCKY = 'PRETTY_NAME="Rocky Linux 9.3 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"\n'


@pytest.mark.parametrize(
    ("text", "debian_version", "name", "family", "release", "architecture"),
    [
        (DEBIAN, "12.11\n", "Debian", "Debian", {"full": "12.11", "major": "12", "minor": "11"}, "amd64"),
        (DEBIAN, "", "Debian", "Debian", {"full": "12", "major": "12"}, "amd64"),
        (UBUNTU, "bookworm/sid\n", "Ubuntu", "Debian", {"full": "22.04", "major": "22.04"}, "amd64"),
        (ROCKY, "", "Rocky", "RedHat", {"full": "9.3", "major": "9", "minor": "3"}, "x86_64"),
        ("ID=nobara\nID_LIKE='nosuch fedora'\nVERSION_ID=40\n", "", "Nobara", "RedHat", {"full": "40", "major": "40"}, "x86_64"),
        ("ID=void\n", "", "Void", "Void", None, "x86_64"),
        ("", "", "Linux", "Linux", None, "x86_64"),
    ],
)
def test_the_operating_system_is_named_as_facter_does(part, text, debian_version, name, family, release, architecture):
    facts = part("system").os_facts(text, debian_version, "x86_64")
    assert (facts["name"], facts["family"], facts.get("release"), facts["architecture"]) == (name, family, release, architecture)


@pytest.mark.parametrize(
    ("release", "version", "major"),
    [
        ("6.1.0-18-amd64", "6.1.0", "6.1"),
        ("5.14.0-362.el9.x86_64", "5.14.0", "5.14"),
        ("6.18.44-fc-v669", "6.18.44", "6.18"),
        ("odd", "odd", "odd"),
    ],
)
def test_the_kernel_version_is_without_what_a_distribution_adds(part, release, version, major):
    facts = part("system").kernel_facts("Linux", release)
    assert (facts["kernelrelease"], facts["kernelversion"], facts["kernelmajversion"]) == (release, version, major)


@pytest.mark.parametrize(
    ("hostname", "hosts", "resolv", "fqdn"),
    [
        ("web1.example.com", "", "", "web1.example.com"),
        ("web1", "127.0.0.1 localhost\n10.0.0.1 web1.example.com web1\n", "search other.net\n", "web1.example.com"),
        ("web1", "10.0.0.1 web1 web1.example.com # web1.no.net\n", "", "web1.example.com"),
        ("web1", "# 10.0.0.1 web1.no.net web1\n", "nameserver 10.0.0.1\nsearch example.com b.net\n", "web1.example.com"),
        ("web1", "", "search a.net\ndomain example.com\n", "web1.example.com"),
        ("web1", "10.0.0.2 web10.example.com web10\n", "", "web1"),
        ("web1", "", "search .\n", "web1"),
    ],
)
def test_the_full_name_is_told_without_asking_the_network(part, hostname, hosts, resolv, fqdn):
    facts = part("network").host_names(hostname, hosts, resolv)
    assert (facts["hostname"], facts["fqdn"]) == ("web1", fqdn)
    assert facts.get("domain", "") == fqdn.partition(".")[2]


ROUTES = """Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth1\t00000000\t0100000A\t0003\t0\t0\t200\t00000000\t0\t0\t0
eth0\t00000000\t0200000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth2\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""


@pytest.mark.parametrize(
    ("routes", "interfaces", "primary"),
    [
        (ROUTES, {}, "eth0"),
        ("", {"lo": {"ip": "127.0.0.1"}, "eth5": {"ip": "10.0.0.1"}}, "eth5"),
        ("", {"lo": {"ip": "127.0.0.1"}, "eth5": {}}, None),
        ("garbage\nx\n", {}, None),
    ],
)
def test_the_primary_interface_is_that_of_the_default_route(part, routes, interfaces, primary):
    assert part("network").primary_interface(routes, interfaces) == primary


def test_addresses_are_told_with_network_and_scope(part):
    network = part("network")
    assert network.binding("10.1.2.3", "255.255.255.0") == {"address": "10.1.2.3", "netmask": "255.255.255.0", "network": "10.1.2.0"}
    assert network.binding6("fe80::1%eth0", "ffff:ffff:ffff:ffff::")["scope6"] == "link"
    assert network.binding6("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")["scope6"] == "host"
    assert network.binding6("2001:db8:1::5", "ffff:ffff:ffff:ffff::") == {
        "address": "2001:db8:1::5",
        "netmask": "ffff:ffff:ffff:ffff::",
        "network": "2001:db8:1::",
        "scope6": "global",
    }


CPUINFO = """processor\t: 0
model name\t: AMD EPYC
physical id\t: 0
flags\t\t: fpu hypervisor

processor\t: 1
model name\t: AMD EPYC
physical id\t: 1
"""


def test_processors_are_counted(part):
    facts = part("machine").processor_facts(CPUINFO, 2, 2)
    assert facts == {"count": 2, "models": ["AMD EPYC", "AMD EPYC"], "physicalcount": 2, "cores": 1, "threads": 1}
    assert part("machine").processor_facts("", 4, None) == {"count": 4, "models": [], "physicalcount": 1}


@pytest.mark.parametrize(("seconds", "words"), [(59, "0:00 hours"), (3900, "1:05 hours"), (90_000, "1 day"), (200_000, "2 days")])
def test_uptime_is_told_in_facters_words(part, seconds, words):
    assert part("machine").uptime_facts(seconds)["uptime"] == words


@pytest.mark.parametrize(
    ("vendor", "product", "cpuinfo", "kind"),
    [
        ("QEMU", "Standard PC", "", "kvm"),
        ("VMware, Inc.", "VMware Virtual Platform", "", "vmware"),
        ("innotek GmbH", "VirtualBox", "", "virtualbox"),
        ("Microsoft Corporation", "Virtual Machine", "", "hyperv"),
        ("Xen", "HVM domU", "", "xenhvm"),
        ("Amazon EC2", "t3.micro", "", "kvm"),
        ("Dell Inc.", "PowerEdge R640", "", "physical"),
        ("", "", CPUINFO, "unknown"),
        ("", "", "", "physical"),
    ],
)
def test_a_virtual_machine_is_known_by_its_firmware(part, tmp_path, vendor, product, cpuinfo, kind):
    (tmp_path / "sys_vendor").write_text(f"{vendor}\n")
    (tmp_path / "product_name").write_text(f"{product}\n")
    machine = part("machine")
    assert machine.virtual_kind(machine.dmi_facts(str(tmp_path)), cpuinfo, str(tmp_path)) == kind


def test_a_container_is_known_by_its_traces(part, tmp_path):
    kind = part("machine").virtual_kind
    (tmp_path / "proc/1").mkdir(parents=True)
    (tmp_path / "proc/1/environ").write_bytes(b"PATH=/bin\0container=systemd-nspawn\0")
    assert kind({}, "", str(tmp_path)) == "systemd_nspawn"
    (tmp_path / "run").mkdir()
    (tmp_path / "run/.containerenv").touch()
    assert kind({}, "", str(tmp_path)) == "podman"
    (tmp_path / ".dockerenv").touch()
    assert kind({}, "", str(tmp_path)) == "docker"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.00 KiB"), (25276502016, "23.54 GiB"), (2**70, "1024.00 EiB")]
)
def test_amounts_are_written_as_facter_does(part, size, text):
    assert part("readable").amount(size) == text
