"""A host's own side: its daemon in /proc, and agents, classes, facts and policies broken on purpose."""

import os
import socket
import time
from contextlib import closing

import pytest

from mcollective_py.cli.demosite import Site, SiteBroker, SiteHost
from mcollective_py.cli.doctor.daemon import Running, daemon, is_connected, reads, running_daemons
from mcollective_py.config import Config


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site") / "site", policies={"echo": "policy default deny\n"})


@pytest.fixture
def host(site):
    """Writes web1 anew with settings, and gives its checks that are not ok, by name."""

    def made(change=lambda home: None, **settings):
        settings = {key.replace("_", "."): value for key, value in settings.items()}
        path = site.write_host(SiteHost("web1", ("role::web",), {"country": "uk"}, settings), SiteBroker(61613))
        change(path.parent)
        found = reads(Config.from_file(path, "server"), time.time())
        return {check.name: check for check in found if check.outcome in ("fail", "warn")}

    return made


def test_a_host_that_is_well_has_nothing_to_look_at(host):
    assert host() == {}


def test_an_agent_that_cannot_be_loaded(host, tmp_path):
    folder = tmp_path / "lib" / "agents" / "vault"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text("class Vault:\n    pass\n")
    check = host(libdir=str(tmp_path / "lib"))["agents"]
    assert check.outcome == "fail" and check.seen.startswith("vault is not loaded: ")
    assert "`systemctl reload mcollectived`" in check.fix


def test_classes_that_are_missing_or_old(host):
    assert "let Puppet run once" in host(lambda home: (home / "classes.txt").unlink())["classes"].fix
    aged = host(lambda home: os.utime(home / "classes.txt", (1, time.time() - 5 * 86400)))["classes"]
    assert "was last written 5 days ago" in aged.seen and "`puppet agent --test`" in aged.fix


def test_facts_that_cannot_be_read_or_are_old(host):
    check = host(lambda home: (home / "facts.yaml").write_text("- no\n- mapping\n"))["facts"]
    assert check.outcome == "fail" and "mend the source yaml: plugin.yaml*" in check.fix
    assert "2 days ago" in host(lambda home: os.utime(home / "facts.yaml", (1, time.time() - 2 * 86400)))["facts"].seen


def test_policies_that_are_broken_off_or_not_there(host):
    check = host(lambda home: (home / "policies" / "echo.policy").write_text("allow everybody\n"))["policies"]
    assert check.outcome == "fail" and "echo.policy:1:" in check.seen and "docs/policies.md" in check.fix
    check = host(lambda home: (home / "policies" / "echo.policy").write_text("allow\tops\t*\t*\t*\n"))["policies"]
    assert check.outcome == "fail" and "echo.policy:1: there is no group ops in" in check.seen
    check = host(lambda home: (home / "policies" / "groups").write_text("ops alice\n"))["policies"]
    assert check.outcome == "fail" and "policies/groups:1: 'alice' is no caller id" in check.seen
    assert "policies" not in host(lambda home: (home / "policies" / "groups").unlink())
    check = host(lambda home: (home / "policies" / "echo.policy").unlink())["policies"]
    assert check.outcome == "warn" and "only discovery and rpcutil may be called" in check.seen
    assert "policies/AGENT.policy for each agent, with lines like, TABs between: allow cert=NAME.mcollective * * *" in check.fix
    assert "set rpcauthorization = 1" in host(rpcauthorization="0")["policies"].fix


def test_an_audit_that_cannot_be_written(host, tmp_path):
    check = host(rpcaudit="1", plugin_rpcaudit_logfile=str(tmp_path / "nosuch" / "audit.log"))["audit"]
    assert check.outcome == "fail" and "set rpcaudit = 0" in check.fix


def test_a_state_folder_that_others_could_reach(host, tmp_path):
    assert "state" not in host()
    check = host(statedir=str(tmp_path / "nosuch" / "state"))["state"]
    assert check.outcome == "fail" and "the daemon does not start" in check.seen and "statedir" in check.fix
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    check = host(statedir=str(tmp_path / "open")).get("state")
    assert check is None if os.geteuid() != 0 else f"chmod 0750 {tmp_path}/open" in check.seen


def checks_of(site, daemons, connected):
    config = Config.from_file(site.write_host(SiteHost("web1"), SiteBroker(61613)), "server")
    (check,) = daemon(config, frozenset({61613}), daemons, lambda pid: connected)
    return check, config.file


def test_a_daemon_that_does_not_run_or_runs_with_another_file(site):
    check, file = checks_of(site, [Running(7, "/etc/other.cfg")], True)
    assert check.seen == f"no mcollectived runs with {file}; there is pid 7 with /etc/other.cfg"
    assert check.fix.startswith("start it: `systemctl start mcollectived`")


@pytest.mark.parametrize(("connected", "outcome"), [(True, "ok"), (False, "fail"), (None, "warn")])
def test_a_daemon_is_to_be_connected(site, connected, outcome):
    check, _ = checks_of(site, [Running(7, None)], connected)
    assert check.outcome == outcome


def test_the_daemons_of_this_machine_are_found_with_their_files_and_connections(desk):
    config = desk.running.site.folder / "hosts" / "web1" / "server.cfg"
    (found,) = [each for each in running_daemons() if each.config == str(config)]
    assert found.pid == desk.running.processes["web1"].pid
    assert is_connected(found.pid, frozenset({desk.running.broker_port})) is True
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        assert is_connected(found.pid, frozenset({unused.getsockname()[1]})) is False


def test_a_daemon_of_a_container_is_not_this_machines(tmp_path):
    for pid, world in (("self", 1), ("7", 1), ("8", 2)):
        (tmp_path / pid / "ns").mkdir(parents=True)
        (tmp_path / pid / "ns" / "pid").symlink_to(f"pid:[{world}]")
        (tmp_path / pid / "cmdline").write_bytes(b"python3\0/usr/bin/mcollectived\0")
    assert running_daemons(tmp_path) == [Running(7, None)]


def test_a_process_that_is_gone_is_not_seen():
    assert is_connected(2**22 + 1, frozenset({1})) is None
