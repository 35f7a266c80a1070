"""nrpe and filemgr on real hosts: the plugins of Nagios, files fetched and put, and users of the hosts who lay links."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.require import require_lab, require_programs
from tests.parts.systemdlab import SystemdLab, systemd_lab

pytestmark = pytest.mark.parts

PLUGINS = "/usr/lib/nagios/plugins"
WEB, DB, UNIT = "web1", "db1", "unit1"
NRPE = f"""
# as Debian has it
server_port=5666
command_timeout=60
command[check_load]={PLUGINS}/check_load -w 1500,1500,1500 -c 3000,3000,3000
command[check_procs]={PLUGINS}/check_procs -c 1: -C nosuch
command[check_disk]={PLUGINS}/check_disk -w $ARG1$ -c $ARG2$ -p $ARG3$
command[check_file]={PLUGINS}/check_file_age -w $ARG1$ -c 2000000000 /etc/hostname
command[echo]=/bin/echo "$ARG1$" '$ARG2$'
command[piped]={PLUGINS}/check_load -w 1 | /usr/bin/tail
include_dir=/etc/nagios/nrpe.d
"""
CANARY = "/var/tmp/canary"


@pytest.fixture(scope="module")
def hosts() -> Iterator[SystemdLab]:
    require_lab()
    require_programs("systemctl", file=f"{PLUGINS}/check_load")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name:
        settings = {host: {"plugin.filemgr.allow": "/srv:/tmp:/var/tmp"} for host in (WEB, DB, UNIT)}
        with systemd_lab(Path(name), [UNIT], plain=[WEB, DB], settings=settings) as lab:
            for host in (WEB, DB):
                lab.lab.write(host, "/etc/nagios/nrpe.cfg", NRPE)
            lab.lab.write(DB, "/etc/nagios/nrpe.d/load.cfg", f"command[check_load]={PLUGINS}/check_load -w 0 -c 3000\n")
            lab.shell(DB, "chmod -R go-w /etc/nagios")
            yield lab


class TestNrpe:
    def test_only_hosts_that_are_not_well_are_shown_and_the_exit_code_tells(self, hosts: SystemdLab):
        done = hosts.mco("nrpe", "check_load", "-I", WEB, "-I", DB)
        assert done.returncode == 2, done.stderr
        assert f"   {DB}" in f"  {done.stdout}" and "WARNING: LOAD WARNING - total load average" in done.stdout
        assert f"{WEB}:" not in done.stdout and "OK : 1" in done.stdout and "WARNING : 1" in done.stdout
        well = hosts.mco("nrpe", "check_load", "-I", WEB)
        assert well.returncode == 0, well.stdout

    def test_numbers_come_with_the_check_and_arguments_go_to_it(self, hosts: SystemdLab):
        reply = hosts.rpc(WEB, "nrpe", "runcommand", "command=check_disk", "args=100%!100%!/")
        assert (reply["statuscode"], reply["statusmsg"], reply["data"]["exitcode"]) == (1, "CRITICAL", 2)
        metric = reply["data"]["metrics"][0]
        assert (metric["label"], metric["uom"], metric["min"]) == ("/", "B", 0.0)
        aged = hosts.rpc(WEB, "nrpe", "runcommand", "command=check_file", "args=2000000000")
        assert aged["data"]["output"].startswith("FILE_AGE OK"), aged

    def test_all_checks_of_a_host_at_once(self, hosts: SystemdLab):
        done = hosts.mco("nrpe", "--all", "-I", WEB)
        assert done.returncode == 2 and "check_procs CRITICAL: PROCS CRITICAL: 0 processes" in done.stdout, done.stdout
        assert "check_load" not in done.stdout

    def test_a_monitoring_server_gets_one_state_of_all(self, hosts: SystemdLab):
        words = ("nrpe", "--nagios", "check_load", "-I", WEB, "-I", DB)
        done = hosts.mco(*words)
        assert done.returncode == 1 and done.stdout.startswith(
            "check_load WARNING - 1 of 2 hosts not OK (50%); WARNING (1): db1 | ok=1"
        )
        assert hosts.mco(*words, "--warning", "50%").returncode == 0
        silent = hosts.mco(*words, "-I", "nobody", "-t", "1", "--warning", "50%", "--silent", "critical", "--critical", "0")
        assert silent.returncode == 2 and "silent=1" in silent.stdout, silent.stdout

    def test_a_question_of_filters_runs_the_check(self, hosts: SystemdLab):
        answers = [hosts.rpc(host, "rpcutil", "get_data", "source=nrpe", "query=check_load")["data"] for host in (WEB, DB)]
        assert answers == [{"exitcode": 0}, {"exitcode": 1}]

    def test_a_line_that_needs_a_shell_is_refused_by_name_and_only_that(self, hosts: SystemdLab):
        assert "nrpe.cfg:10: | is a pipe" in hosts.rpc(WEB, "nrpe", "runcommand", "command=piped")["data"]["output"]

    def test_an_argument_is_never_a_command(self, hosts: SystemdLab):
        # Refused here, before anything is sent; that hosts refuse it as well stands in agents/nrpe/tests.
        done = hosts.mco("nrpe", "echo", f"a;touch {CANARY}", "b", "-I", WEB)
        assert done.returncode == 1 and "the input args must match" in done.stderr, done.stdout
        assert hosts.rpc(WEB, "nrpe", "runcommand", "command=echo", "args=a b!c")["data"]["output"] == "a b c"
        assert hosts.run(WEB, "test", "-e", CANARY).returncode == 1


class TestFilemgr:
    def test_the_file_to_try_it_with_is_touched_told_of_and_removed(self, hosts: SystemdLab):
        words = ("-I", WEB, "-I", UNIT)
        assert hosts.mco("filemgr", "touch", *words).returncode == 0
        assert hosts.mco("filemgr", "status", *words).stdout.count(": present") == 2
        assert [hosts.rpc(host, "filemgr", "remove")["statuscode"] for host in (WEB, UNIT)] == [0, 0]
        gone = hosts.mco("filemgr", "remove", *words)
        assert (
            gone.returncode == 2
            and "Could not remove file '/var/run/mcollective.plugin.filemgr.touch' - it is not present" in gone.stdout
        )

    def test_a_large_file_is_put_everywhere_fetched_back_and_the_same(self, hosts: SystemdLab):
        folder = hosts.site.folder
        sent = bytes(range(256)) * 2600
        (folder / "sent").write_bytes(sent)
        words = ("-I", WEB, "-I", DB, "-I", UNIT)
        put = hosts.mco("filemgr", "put", str(folder / "sent"), "/srv/got", "--mode", "0640", "--group", "adm", *words)
        assert put.returncode == 0 and "changed = 3" in put.stdout, put.stdout + put.stderr
        assert hosts.shell(WEB, "stat -c '%a %U %G %s' /srv/got; ls -A /srv").split() == ["640", "root", "adm", str(len(sent)), "got"]
        assert "as it was = 3" in hosts.mco("filemgr", "put", str(folder / "sent"), "/srv/got", *words).stdout
        got = hosts.mco("filemgr", "get", "/srv/got", str(folder / "fetched"), *words)
        assert got.returncode == 0, got.stdout + got.stderr
        assert [(folder / "fetched" / host).read_bytes() == sent for host in (WEB, DB, UNIT)] == [True] * 3
        hosts.shell(DB, "echo more >>/srv/got")
        assert "there are 2 different files" in hosts.mco("filemgr", "diff", "/srv/got", *words).stdout

    def test_logs_are_read_on_all_hosts(self, hosts: SystemdLab):
        hosts.shell(WEB, "umask 077; printf 'one\\ntwo Error\\n' >/var/log/app.log")
        assert "two Error" in hosts.mco("filemgr", "grep", "Error", "/var/log/app.log", "-I", WEB).stdout
        assert hosts.rpc(WEB, "filemgr", "tail", "file=/var/log/app.log", "lines=1")["data"]["text"] == "two Error"

    def test_nothing_beside_the_allowed_folders_is_changed_or_secrets_read(self, hosts: SystemdLab):
        before = hosts.shell(WEB, "sha256sum /etc/passwd /etc/shadow; stat -c %a /etc/shadow")
        for action, *inputs in (
            ("remove", "file=/etc/passwd"),
            ("touch", "file=/etc/new"),
            ("attributes", "file=/etc/shadow", "mode=0666"),
            ("mkdir", "file=/etc/d"),
        ):
            done = hosts.rpc(WEB, "filemgr", action, *inputs)
            assert done["statuscode"] == 1 and "plugin.filemgr.allow is" in done["statusmsg"], done
        assert "not every user may read it" in hosts.mco("filemgr", "tail", "/etc/shadow", "-I", WEB).stdout
        assert hosts.shell(WEB, "sha256sum /etc/passwd /etc/shadow; stat -c %a /etc/shadow") == before

    def test_a_user_of_the_host_gains_nothing_by_links_and_second_names(self, hosts: SystemdLab):
        hosts.shell(
            WEB,
            "setpriv --reuid 65534 --regid 65534 --clear-groups sh -ec "
            "'ln -s /etc /tmp/way; ln -s /etc/shadow /tmp/secret; ln -s /etc/new /tmp/made; mkdir /tmp/his; ln -s /etc /tmp/his/etc'",
        )
        for action, file, *more in (
            ("tail", "/tmp/secret"),
            ("get", "/tmp/way/shadow"),
            ("digest", "/tmp/his/etc/shadow"),
            ("touch", "/tmp/made"),
            ("touch", "/tmp/way/new"),
            ("attributes", "/tmp/secret", "mode=0666"),
            ("remove", "/tmp/way/passwd"),
        ):
            done = hosts.rpc(WEB, "filemgr", action, f"file={file}", *more)
            assert done["statuscode"] == 1 and "link" in done["statusmsg"], (action, file, done)
        hosts.shell(WEB, "test ! -e /etc/new; test -e /etc/passwd")
        assert hosts.rpc(WEB, "filemgr", "remove", "file=/tmp/secret")["statuscode"] == 0  # the link, and not what it leads to
        hosts.shell(WEB, "test ! -e /tmp/secret; test -s /etc/shadow")

    def test_a_change_is_told_and_not_made_with_noop(self, hosts: SystemdLab):
        hosts.shell(WEB, "echo x >/srv/kept")
        done = hosts.mco("filemgr", "remove", "/srv/kept", "--noop", "-I", WEB)
        assert done.returncode == 0 and "would be changed" in done.stdout
        hosts.shell(WEB, "test -e /srv/kept")

    def test_content_is_in_no_log_of_the_host(self, hosts: SystemdLab):
        secret = "c2VjcmV0LWluLWEtZmlsZQ=="
        digest = "f9ab4a9a0f79ed4ff9c2b7ee1ee6d2b7a9dd6ae1dd9d1d0ddd6a7d1cd4b8a6e4"
        reply = hosts.rpc(WEB, "filemgr", "put", "file=/srv/s", f"content={secret}", f"sha256={digest}")
        assert reply["statuscode"] == 1 and "not what sha256 says" in reply["statusmsg"]
        assert secret not in hosts.log(WEB)
