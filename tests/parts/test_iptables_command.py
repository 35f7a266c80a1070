"""`mco iptables` on real hosts: lists, differences, reconciling, a change that waits, and bans of fail2ban as one request."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.require import missing, require_lab, require_programs
from tests.parts.systemdlab import SystemdLab, systemd_lab
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

EDGE1, EDGE2, MAIL = "edge1", "edge2", "mail1"
HOSTS = (EDGE1, EDGE2, MAIL)
OWN_LIST = "/etc/mcollective/iptables.list"
SETTINGS = {
    EDGE1: {"plugin.iptables.list": OWN_LIST},
    EDGE2: {"plugin.iptables.protected": "198.51.100.0/24"},
    MAIL: {"plugin.iptables.backend": "ipset"},
}
DEBS = Path("/var/tmp/mcollective-fail2ban-debs")
ACTION = Path(__file__).parents[2] / "agents" / "iptables" / "fail2ban" / "mcollective.conf"


@pytest.fixture(scope="module")
def lab() -> Iterator[SystemdLab]:
    require_lab()
    require_programs("nft", "ipset", "iptables")
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name,
        systemd_lab(Path(name), [], plain=HOSTS, settings=SETTINGS) as made,
    ):
        yield made


@pytest.fixture
def hosts(lab: SystemdLab) -> SystemdLab:
    """The hosts, without any entry."""
    for kind in ("block", "allow"):
        for host in HOSTS:
            assert lab.rpc(host, "iptables", "flush", "all=true", f"kind={kind}")["statuscode"] == 0
    return lab


def mco(hosts: SystemdLab, *words: str, code: int = 0) -> str:
    """What `mco iptables` prints; it must end with this code."""
    done = hosts.mco("iptables", *words)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def kept(hosts: SystemdLab, host: str, kind: str = "block") -> dict[str, dict]:
    """The entries of a host by network."""
    data = hosts.rpc(host, "iptables", "listblocked", f"kind={kind}")["data"]
    return {row["network"]: row for row in data["entries"]}


def listed(hosts: SystemdLab, text: str) -> str:
    file = hosts.site.folder / "desired.list"
    file.write_text(text)
    return str(file)


def test_an_address_is_blocked_everywhere_with_end_and_reason_and_let_go_again(hosts: SystemdLab):
    done = mco(hosts, "block", "192.0.2.7", "--for", "2h", "--reason", "spam burst", "--ticket", "OPS-7", "--yes", "--fold")
    assert "192.0.2.7" in done
    for host in HOSTS:
        row = kept(hosts, host)["192.0.2.7"]
        assert (row["reason"], row["ticket"], row["by"].startswith("cert=")) == ("spam burst", "OPS-7", True)
        assert 7000 < row["remaining"] <= 7200
    assert "left" in mco(hosts, "list", "-I", MAIL) and "spam burst" in mco(hosts, "list", "-I", MAIL)
    found = hosts.mco("find", "-S", "firewall_blocked('192.0.2.7').reason='spam burst'")
    assert sorted(found.stdout.split()) == sorted(HOSTS), found.stdout + found.stderr
    assert "already blocked" in mco(hosts, "block", "192.0.2.7", "-I", EDGE1, code=2)
    mco(hosts, "unblock", "192.0.2.7", "--yes")
    assert [kept(hosts, host) for host in HOSTS] == [{}, {}, {}]
    assert "not blocked" in mco(hosts, "unblock", "192.0.2.7", "-I", MAIL, code=2)
    request_id = mco(hosts, "-s", "block", "192.0.2.8", "-I", EDGE1).strip()
    assert len(request_id) == 32, request_id
    wait_until("it is blocked all the same", lambda: "192.0.2.8" in kept(hosts, EDGE1))


def test_nobody_is_locked_out(hosts: SystemdLab):
    gateway = hosts.lab.addresses()[EDGE1].rpartition(".")[0] + ".1"
    assert "is where you are yourself: it would lock you out" in mco(hosts, "block", gateway, "--yes", code=1)
    own = hosts.lab.addresses()[EDGE2]
    told = mco(hosts, "block", own, "--yes", code=2)
    assert f"{own} is an address of this host: it is never blocked here" in told
    assert [own in kept(hosts, host) for host in HOSTS] == [True, False, True]
    assert "a network of plugin.iptables.protected" in mco(hosts, "block", "198.51.100.9", "-I", EDGE2, code=2)
    refused = hosts.rpc(MAIL, "iptables", "block", f"ipaddr={gateway}")
    assert (refused["statuscode"], "the broker" in refused["statusmsg"] or "gateway" in refused["statusmsg"]) == (4, True)
    spared = hosts.rpc(MAIL, "iptables", "block", "ipaddr=203.0.113.0/24", 'protect=["203.0.113.9"]')
    assert (spared["statuscode"], "203.0.113.9, an address of the operator who asks" in spared["statusmsg"]) == (4, True)
    # The session of the operator, seen from another machine than this one.
    session = ["env", "SSH_CONNECTION=203.0.113.9 50022 192.0.2.1 22", f"XDG_CACHE_HOME={hosts.site.folder}"]
    words = [sys.executable, "-m", "mcollective_py", "iptables", "block", "203.0.113.9", "--yes", "-c", str(hosts.site.client_config)]
    done = hosts.lab.run_outside(*session, *words)
    assert (done.returncode, "203.0.113.9 is where you are yourself" in done.stderr) == (1, True), done.stdout + done.stderr


def test_a_long_list_is_all_or_nothing_and_comes_out_as_it_went_in(hosts: SystemdLab):
    lines = [f"11.{n >> 8}.{n & 255}.1" for n in range(10_000)]
    bad = listed(hosts, "\n".join([*lines[:7000], "www.example.net", *lines[7000:]]))
    assert "line 7001: 'www.example.net' is no address" in mco(hosts, "import", bad, "--yes", code=1)
    at_home = listed(hosts, "\n".join([*lines[:7000], "198.51.100.9", *lines[7000:]]))
    assert "line 7001: 198.51.100.9 lies in 198.51.100.0/24" in mco(hosts, "import", at_home, "-I", EDGE2, code=2)
    assert kept(hosts, EDGE2) == {}
    mco(hosts, "import", listed(hosts, "\n".join(lines)), "--reason", "many", "-I", EDGE1, "-I", EDGE2)
    out = hosts.site.folder / "now.list"
    mco(hosts, "export", "-o", str(out), "-I", EDGE1, "-I", EDGE2)
    assert sorted(line.split()[0] for line in out.read_text().splitlines()) == sorted(lines)
    assert mco(hosts, "diff", "-I", EDGE1, "-I", EDGE2).splitlines()[0] == "2 hosts, all with the same 10000 entries"
    mco(hosts, "unblock", lines[5], "-I", EDGE2)
    told = mco(hosts, "diff", "-I", EDGE1, "-I", EDGE2)
    assert "edge1 (1), not edge2 (1):" in told and f"  {lines[5]} reason=many" in told
    assert "9999 entries on all 2 hosts, 1 entry on some of them" in told
    mco(hosts, "flush", "--reason", "many", "-I", EDGE1, "-I", EDGE2)
    assert (kept(hosts, EDGE1), kept(hosts, EDGE2)) == ({}, {})


def test_a_desired_list_is_made_true_and_what_others_did_stays(hosts: SystemdLab):
    mco(hosts, "block", "192.0.2.99", "--reason", "by hand", "-I", EDGE1)
    file = listed(hosts, "# desired\n192.0.2.7\n203.0.113.0/24 until=2030-01-01T00:00:00Z reason=spam\nallow 203.0.113.5\n")
    trial = mco(hosts, "reconcile", file, "--noop", "--fold")
    assert "+ 203.0.113.0/24 until=2030-01-01T00:00:00Z reason=spam" in trial
    assert "edge2,mail1 (2): 3 to be added" in trial and "1 other is left alone" in trial
    assert kept(hosts, EDGE2) == {}
    mco(hosts, "reconcile", file, "--yes")
    assert "3 as they should be" in mco(hosts, "reconcile", file, "--noop", "-I", MAIL)
    assert sorted(kept(hosts, EDGE1)) == ["192.0.2.7", "192.0.2.99", "203.0.113.0/24"]
    assert list(kept(hosts, EDGE2, "allow")) == ["203.0.113.5"]
    listed(hosts, "192.0.2.7\n")
    mco(hosts, "reconcile", file, "--yes")
    assert sorted(kept(hosts, EDGE1)) == ["192.0.2.7", "192.0.2.99"]
    assert (list(kept(hosts, MAIL)), kept(hosts, MAIL, "allow")) == (["192.0.2.7"], {})
    mco(hosts, "reconcile", file, "--exact", "--yes")
    assert list(kept(hosts, EDGE1)) == ["192.0.2.7"]
    listed(hosts, "# nothing\n")
    assert "--empty where that is meant" in mco(hosts, "reconcile", file, "--yes", code=1)


def test_what_was_changed_by_hand_is_told_and_put_right(hosts: SystemdLab):
    file = listed(hosts, "192.0.2.7\n192.0.2.8\n")
    mco(hosts, "reconcile", file, "-I", EDGE1)
    hosts.shell(EDGE1, "for set in $(nft list sets inet | awk '/set /{print $2}'); do nft flush set inet mcollective $set; done")
    assert "taken away by hand: 192.0.2.7, 192.0.2.8" in mco(hosts, "status", "-I", EDGE1)
    assert "by hand" in mco(hosts, "reconcile", file, "-I", EDGE1)
    assert "192.0.2.8" in hosts.shell(EDGE1, "nft list table inet mcollective")


@pytest.mark.parametrize(
    ("host", "unhook"),
    [
        (EDGE1, "nft flush chain inet mcollective input"),
        (MAIL, "iptables -D INPUT -m comment --comment mcollective -j junk_filter"),
    ],
)
def test_what_nothing_leads_to_any_more_is_not_blocked_and_a_setup_makes_it_so_again(hosts: SystemdLab, host: str, unhook: str):
    mco(hosts, "block", "192.0.2.7", "-I", host)
    assert "blocked by 192.0.2.7" in mco(hosts, "isblocked", "192.0.2.7", "-I", host)
    hosts.shell(host, unhook)
    assert "192.0.2.7 is kept as blocked, but is not" in mco(hosts, "isblocked", "192.0.2.7", "-I", host)
    assert "put right" in mco(hosts, "setup", "-I", host)
    assert "blocked by 192.0.2.7" in mco(hosts, "isblocked", "192.0.2.7", "-I", host)


def test_a_host_that_was_away_has_its_list_when_it_is_back(hosts: SystemdLab):
    hosts.lab.write(EDGE1, OWN_LIST, "192.0.2.7 reason=puppet\n192.0.2.8\n")
    hosts.shell(
        EDGE1, f"chmod 644 {OWN_LIST}; pid=$(cat /run/mcollectived.pid); kill $pid; while kill -0 $pid 2>&-; do sleep 0.05; done"
    )
    hosts.shell(EDGE1, "/usr/bin/mcollectived --daemonize --pid /run/mcollectived.pid")
    wait_until("its list holds", lambda: "192.0.2.7" in hosts.shell(EDGE1, "nft list ruleset"), 60)
    wait_until("it answers", lambda: hosts.mco("ping", "-I", EDGE1, "-t", "2").returncode == 0, 60)
    assert sorted(kept(hosts, EDGE1)) == ["192.0.2.7", "192.0.2.8"]
    hosts.lab.write(EDGE1, OWN_LIST, "192.0.2.7 reason=puppet\n192.0.2.8\n192.0.2.10\n")
    hosts.shell(EDGE1, "kill -HUP $(cat /run/mcollectived.pid)")
    wait_until("what Puppet changed holds after a reload", lambda: "192.0.2.10" in hosts.shell(EDGE1, "nft list ruleset"), 60)
    hosts.lab.write(EDGE1, OWN_LIST, "192.0.2.8\n192.0.2.9\n192.0.2.10\n")
    assert hosts.rpc(EDGE1, "iptables", "reconcile")["data"]["changes"] == ["- 192.0.2.7 reason=puppet", "+ 192.0.2.9"]
    hosts.lab.write(EDGE1, OWN_LIST, "192.0.2.8\n192.0.2.256\n")
    refused = hosts.rpc(EDGE1, "iptables", "reconcile")
    assert (refused["statuscode"], f"{OWN_LIST}: line 2" in refused["statusmsg"]) == (1, True)
    hosts.shell(EDGE1, f"chown nobody {OWN_LIST}")
    assert hosts.rpc(EDGE1, "iptables", "reconcile")["statuscode"] == 1
    assert "no list came with the request" in hosts.rpc(MAIL, "iptables", "reconcile")["statusmsg"]


def test_one_word_confirms_a_change_on_all_hosts_or_takes_it_back(hosts: SystemdLab):
    told = mco(hosts, "block", "192.0.2.7", "192.0.2.8", "--confirm", "1h", "--yes", "--fold")
    assert "edge[1-2],mail1 (3):" in told, told  # one id for all
    id = told.partition("mco iptables confirm ")[2].split()[0]
    assert "unconfirmed" in mco(hosts, "list", "-I", MAIL)
    mco(hosts, "confirm", id)
    assert [sorted(kept(hosts, host)) for host in HOSTS] == [["192.0.2.7", "192.0.2.8"]] * 3
    assert "unconfirmed" not in mco(hosts, "list", "-I", MAIL)
    told = mco(hosts, "flush", "--all", "--confirm", "1h", "--yes")
    assert kept(hosts, MAIL) == {}
    mco(hosts, "undo", told.partition("mco iptables confirm ")[2].split()[0], "--yes")
    assert [sorted(kept(hosts, host)) for host in HOSTS] == [["192.0.2.7", "192.0.2.8"]] * 3


def test_a_burst_of_bans_of_fail2ban_is_few_requests_to_the_fleet(hosts: SystemdLab):
    """fail2ban itself reads a log and calls our action: as many bans as lines, for the hosts that the jail names."""
    debs = sorted(DEBS.glob("fail2ban_*.deb"))
    if not debs:
        missing(f"{DEBS} has no fail2ban")
    folder = hosts.site.folder
    shutil.copy(debs[-1], folder / "fail2ban.deb")
    (folder / "fail2ban.cfg").write_text(f"{hosts.site.client_config.read_text()}plugin.iptables.spool_directory = /run/spool\n")
    program, options = f"{sys.executable} -m mcollective_py", f"-c {folder}/fail2ban.cfg"
    jail = f"""[DEFAULT]
backend = polling
[sshd]
enabled = false
[gate]
enabled = true
filter = gate
logpath = /var/log/gate.log
maxretry = 1
bantime = 600
action = mcollective[mco="{program}", options="{options}", hosts="-I {EDGE1} -I {MAIL}"]
"""
    # The links of a host's root (/lib) stay what they are.
    hosts.shell(EDGE2, f"dpkg-deb --fsys-tarfile {folder}/fail2ban.deb | tar -x --keep-directory-symlink -C /; mkdir -p /run/fail2ban")
    hosts.lab.write(EDGE2, "/etc/fail2ban/jail.local", jail)
    hosts.lab.write(EDGE2, "/etc/fail2ban/filter.d/gate.conf", "[Definition]\nfailregex = ^\\s*refused <HOST>$\n")
    hosts.lab.write(EDGE2, "/etc/fail2ban/action.d/mcollective.conf", ACTION.read_text())
    addresses = [*(f"203.0.113.{n}" for n in range(7)), "2001:db8::7"]
    lines = "".join(f"$(date '+%Y-%m-%d %H:%M:%S') refused {address}\n" for address in addresses)
    hosts.shell(EDGE2, ": > /var/log/gate.log; export XDG_CACHE_HOME=/run/cache; fail2ban-server -b start >/dev/null 2>&1")
    wait_until("fail2ban runs", lambda: hosts.run(EDGE2, "fail2ban-client", "ping").returncode == 0, 60)
    hosts.shell(EDGE2, f'printf "{lines}" >> /var/log/gate.log')
    wait_until("all are blocked", lambda: all({*addresses} == {*kept(hosts, host)} for host in (EDGE1, MAIL)), 90)
    row = kept(hosts, MAIL)["203.0.113.6"]
    assert (row["reason"], row["remaining"] <= 600) == (f"fail2ban gate on {EDGE2}.lab.test", True)
    assert kept(hosts, EDGE2) == {}
    asked = [line for line in hosts.log(MAIL).splitlines() if "iptables ban " in line]
    assert 0 < len(asked) < len(addresses), asked  # one or two, unless a machine takes seconds for each
    # fail2ban lifts all its bans when it stops; the fleet keeps them to their end.
    hosts.shell(EDGE2, "fail2ban-client stop")
    assert {*kept(hosts, EDGE1)} == {*addresses}
