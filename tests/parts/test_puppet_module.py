"""The Puppet module on a real host: what `puppet apply` makes of it, and that a second run has nothing to do."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.parts.puppetdebs import debs_of, unpack
from tests.parts.require import require_lab, require_programs
from tests.parts.systemdlab import SystemdLab, systemd_lab
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

HOST = "edge1"
MODULE = Path(__file__).parents[2] / "puppet"
LINT = (
    "puppet-lint",
    "metadata-json-lint",
    "ruby-json-schema",
    "ruby-addressable",
    "ruby-public-suffix",
    "ruby-spdx-licenses",
)
CHANGED, SAME, FAILED = 2, 0, 1  # of --detailed-exitcodes
HIERA = """---
version: 5
defaults:
  datadir: /srv/hiera
  data_hash: yaml_data
hierarchy:
  - {name: node, path: node.yaml}
  - {name: common, path: common.yaml}
"""
COMMON = """
mcollective_py::agent::iptables::operators: ['198.51.100.0/24']
mcollective_py::agent::iptables::entries:
  203.0.113.0/24: {reason: 'spam "burst" \\ # no comment', ticket: OPS-7, until: '2030-01-01T00:00:00Z'}
  192.0.2.7: {protocol: tcp, ports: '25,587'}
"""
NODE = """
mcollective_py::agent::iptables::operators: ['2001:db8:9::/48']
mcollective_py::agent::iptables::entries:
  203.0.113.5: {kind: allow}
  2001:db8:bad::/48: {}
mcollective_py::agent::iptables::settings: {cut: false}
"""
TYPES = """
['192.0.2.7', '203.0.113.0/24', '2001:db8::/32', '::1', 'fe80::1'].each |$good| {
  unless $good =~ Mcollective_py::Network { fail("refused: ${good}") }
}
['www.example.net', '192.0.2.300', '',
'010.0.0.1', '192.0.2.0/33', '0.0.0.0/0', '::/0', 'fe80::1%eth0', "192.0.2.7\\n", '-j', 'a:b'].each |$bad| {
  if $bad =~ Mcollective_py::Network { fail("taken: ${bad}") }
}
[{}, { 'reason' => 'a "b"', 'ports' => '25,8000-8010' }, { 'until' => '2030-01-01T00:00:00Z' }].each |$good| {
  unless $good =~ Mcollective_py::Blockentry { fail("refused: ${good}") }
}
[{ 'reason' => "a\\nb" }, { 'until' => '2030-01-01' }, { 'for' => '2h' }, { 'ports' => 'smtp' }, { 'kind' => 'deny' }].each |$bad| {
  if $bad =~ Mcollective_py::Blockentry { fail("taken: ${bad}") }
}
"""


@pytest.fixture(scope="module")
def hosts() -> Iterator[SystemdLab]:
    require_lab()
    require_programs("systemctl", "nft", "puppet")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name, systemd_lab(Path(name), [HOST]) as made:
        made.shell(HOST, "rm -rf /var/cache/puppet/* /var/lib/puppet/*; mkdir -p /etc/puppet/code/modules /srv/hiera")
        made.shell(HOST, f"ln -s {MODULE} /etc/puppet/code/modules/mcollective_py")
        for path, text in (("/etc/puppet/hiera.yaml", HIERA), ("/srv/hiera/common.yaml", COMMON), ("/srv/hiera/node.yaml", NODE)):
            made.lab.write(HOST, path, text)
        yield made


def applied(hosts: SystemdLab, manifest: str = "include mcollective_py::agent::iptables") -> tuple[int, str]:
    """Exit code and output of a run."""
    done = hosts.run(HOST, "puppet", "apply", "--detailed-exitcodes", "--color=false", "--strict_variables", "-e", manifest)
    return done.returncode, done.stdout + done.stderr


def listed(hosts: SystemdLab, kind: str = "block") -> set[str]:
    return set(hosts.rpc(HOST, "iptables", "listblocked", f"kind={kind}")["data"]["blocked"])


def test_it_is_well_formed(hosts: SystemdLab):
    unpack(hosts.lab, HOST, hosts.site.folder / "debs", debs_of(*LINT))
    module = "/etc/puppet/code/modules/mcollective_py"
    checks = (
        f"puppet parser validate {module}/manifests {module}/types {module}/functions",
        f"puppet epp validate $(find {module}/templates/ -name '*.epp')",
        f"puppet-lint --fail-on-warnings {module}/manifests {module}/types {module}/functions",
        f"metadata-json-lint {module}/metadata.json",
    )
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda check: hosts.shell(HOST, check), checks))


def test_settings_table_and_list_are_as_hiera_says_and_a_second_run_changes_nothing(hosts: SystemdLab):
    code, said = applied(hosts)
    assert code == CHANGED, said
    wait_until("the list holds", lambda: "203.0.113.0" in hosts.shell(HOST, "nft list ruleset"), 60)
    wait_until("all of it", lambda: listed(hosts) == {"203.0.113.0/24", "192.0.2.7", "2001:db8:bad::/48"}, 30)
    assert listed(hosts, "allow") == {"203.0.113.5"}
    rows = {row["network"]: row for row in hosts.rpc(HOST, "iptables", "listblocked")["data"]["entries"]}
    assert (rows["203.0.113.0/24"]["reason"], rows["203.0.113.0/24"]["ticket"]) == ('spam "burst" \\ # no comment', "OPS-7")
    assert (rows["192.0.2.7"]["protocol"], rows["192.0.2.7"]["ports"]) == ("tcp", "25,587")
    for operator in ("198.51.100.7", "2001:db8:9::1"):
        refused = hosts.rpc(HOST, "iptables", "block", f"ipaddr={operator}")
        assert "plugin.iptables.operators" in refused["statusmsg"]
    code, said = applied(hosts)
    assert code == SAME, said


def test_what_something_else_took_away_is_back_after_a_run_and_what_an_operator_took_down_stays_down(hosts: SystemdLab):
    hosts.shell(HOST, "nft flush ruleset")
    code, said = applied(hosts)
    assert code == CHANGED, said
    wait_until("the list holds", lambda: "203.0.113.0" in hosts.shell(HOST, "nft list ruleset"), 60)
    assert hosts.rpc(HOST, "iptables", "teardown")["statuscode"] == 0
    code, said = applied(hosts)
    assert code == SAME, said
    assert "mcollective" not in hosts.shell(HOST, "nft list tables")
    assert hosts.rpc(HOST, "iptables", "setup")["statuscode"] == 0


def test_a_list_that_became_another_is_made_true_and_one_that_names_this_host_is_not(hosts: SystemdLab):
    hosts.rpc(HOST, "iptables", "block", "ipaddr=192.0.2.99", "reason=by hand")
    hosts.lab.write(HOST, "/srv/hiera/common.yaml", "mcollective_py::agent::iptables::entries: {192.0.2.8: {}}\n")
    code, said = applied(hosts)
    assert code == CHANGED, said
    wait_until("the list holds", lambda: listed(hosts) == {"192.0.2.8", "192.0.2.99", "2001:db8:bad::/48"}, 60)
    own = hosts.lab.addresses()[HOST]
    hosts.lab.write(HOST, "/srv/own.list", f"192.0.2.9\n{own}\n")
    manifest = "class { 'mcollective_py::agent::iptables': entries => undef, list_source => '/srv/own.list' }"
    hosts.shell(HOST, "rm /srv/hiera/*.yaml")
    code, said = applied(hosts, manifest)
    assert code == CHANGED, said
    wait_until(
        "the daemon has read it",
        lambda: own in hosts.shell(HOST, "journalctl --no-pager | grep 'is an address of this host' || true"),
        60,
    )
    assert listed(hosts) == {"192.0.2.8", "192.0.2.99", "2001:db8:bad::/48"}


def test_what_cannot_be_meant_stops_the_run(hosts: SystemdLab):
    name = "mcollective_py::agent::iptables"
    runs = {
        TYPES: (SAME, ""),
        f"class {{ '{name}': entries => {{}}, list_source => 'puppet:///modules/profile/x' }}": (FAILED, "not both"),
        f"class {{ '{name}': settings => {{ 'backend' => 'nft' }} }}": (FAILED, "this class has parameters of these names"),
    }
    with ThreadPoolExecutor(3) as pool:
        for (code, said), (wanted, because) in zip(pool.map(lambda run: applied(hosts, run), runs), runs.values(), strict=True):
            assert (code, because in said) == (wanted, True), said
