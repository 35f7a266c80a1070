"""What Puppet writes on a host, as recorded, and what becomes of it."""

import io
from pathlib import Path

import pytest

from agents.puppet.lastrun import never, parse_summary
from agents.puppet.lock import DisabledLock, lock_text, parse_lock, put_lock
from agents.puppet.logs import epoch, ruby_logs
from agents.puppet.processes import Process, is_puppet, parse_pid, parse_started
from agents.puppet.report import MAX_RESOURCES, read_report
from agents.puppet.resources import is_managed, parse_resources, types_of
from agents.puppet.settings import parse_settings, puppet_config_print, read_places
from mcollective_py.errors import RPCAborted

CASES = Path(__file__).parent / "cases"


def case(name):
    return (CASES / name).read_bytes()


def report(name, **options):
    return read_report(io.BytesIO(case(name)), **options)


@pytest.mark.parametrize(
    ("name", "outcome", "exitcode"),
    [
        ("changed", "changed", 2),
        ("unchanged", "unchanged", 0),
        ("noop", "noop", 0),
        ("corrected", "changed", 2),
        ("failing", "failed", 6),
        ("broken", "nocatalog", 1),
        ("brokencached", "nocatalog", 1),
        ("nohost", "nocatalog", 1),
    ],
)
def test_a_summary_tells_how_the_run_ended(name, outcome, exitcode):
    run = parse_summary(case(f"summary-{name}.txt"))
    assert (run.outcome, run.exitcode) == (outcome, exitcode)


def test_a_run_that_did_not_compile_counts_no_failure_and_is_one():
    run = parse_summary(case("summary-broken.txt"))
    assert (run.number("resources", "failed"), run.config_version, run.has_no_catalog) == (0, "", True)


def test_a_summary_has_its_numbers():
    run = parse_summary(case("summary-failing.txt"))
    assert (run.lastrun, run.config_version) == (1795447644, "1795447643")
    assert (run.number("resources", "failed"), run.number("resources", "total")) == (2, 11)
    assert run.number("time", "config_retrieval") == pytest.approx(0.3278, abs=0.001)
    assert run.summary["application"]["converged_environment"] == "failing"


def test_a_host_without_a_run_has_a_summary_all_the_same():
    run = never()
    assert (run.outcome, run.lastrun, run.number("resources", "failed"), run.config_version) == ("never", 0, 0, "unknown")


@pytest.mark.parametrize("text", [b"[1]", b"a", b"{", b"version: 3"])
def test_what_is_no_summary_is_refused(text):
    with pytest.raises(ValueError, match=r"summary|read"):
        parse_summary(text)


def test_a_report_names_what_failed_with_file_and_line():
    found = report("report-failing.txt")
    place = "/etc/puppet/code/environments/failing/modules/role/manifests/web.pp"
    assert [(one.resource, one.file, one.line) for one in found.failed] == [
        ("File[/nosuch/dir/file]", place, 5),
        ("Exec[/bin/false]", place, 8),
    ]
    assert found.failed[1].messages == ("change from 'notrun' to ['0'] failed: '/bin/false' returned 1 instead of one of [0]",)
    assert [one.resource for one in found.changed] == ["File[/etc/lab-web]"]
    assert (found.status, found.environment, found.config_version) == ("failed", "failing", "1795447643")


def test_a_report_tells_what_a_trial_would_change():
    found = report("report-noop.txt")
    (one,) = found.differing
    assert found.is_noop and not found.changed and not found.failed
    assert (one.resource, one.line) == ("File[/etc/lab-web]", 2)
    assert one.messages[1] == "current_value '0600', should be '0644' (noop) (corrective)"


def test_a_report_of_a_run_without_a_catalog_says_why():
    found = report("report-broken.txt")
    assert not found.failed and found.config_version == ""
    assert found.errors[0].startswith("Could not retrieve catalog from remote server: Error 500 on SERVER")
    assert "(file: /etc/puppet/code/environments/broken/manifests/site.pp, line: 1, column: 16)" in found.errors[0]
    assert found.errors[-1] == "Could not retrieve catalog; skipping run"


def test_only_warnings_and_worse_are_kept_of_a_log_unless_all_is_wanted():
    assert {log["level"] for log in report("report-failing.txt").logs} == {"warning", "err"}
    logs = report("report-failing.txt", all_logs=True).logs
    assert [log["message"] for log in logs][:2] == ["Using environment 'failing'", "Retrieving pluginfacts"]
    assert logs[-1]["message"] == "Applied catalog in 0.10 seconds"
    shown = ruby_logs(logs)[0]
    assert shown == {
        "time_utc": 1795447642,
        "time": 1795447642,
        "level": "info",
        "source": "Puppet",
        "msg": "Using environment 'failing'",
    }


def test_a_time_that_is_none_is_0():
    assert epoch("") == epoch("yesterday") == 0
    assert epoch("2026-11-23T15:27:22.259981589+00:00") == epoch("2026-11-23T16:27:22+01:00")


@pytest.mark.parametrize(
    "text", [b"", b"---", b"x", b"\x00" * 99, b"logs:\n- [\n- level: err\nresource_statuses:\n  A[b]: [\n", b"- " * 9]
)
def test_what_is_no_report_is_an_empty_one(text):
    found = read_report(io.BytesIO(text))
    assert not found.failed and found.status == ""


def test_a_report_of_old_rubys_objects_is_read_too():
    text = (
        b"--- !ruby/object:Puppet::Transaction::Report\nstatus: failed\nlogs:\n- !ruby/object:Puppet::Util::Log\n"
        b"  level: !ruby/sym err\n  message: &1 bad\n  source: *1\nresource_statuses:\n"
        b"  File[/a]: !ruby/object:Puppet::Resource::Status\n    title: /a\n    file: /x.pp\n    line: 3\n    failed: true\n"
        b"    events:\n    - !ruby/object:Puppet::Transaction::Event\n      status: failure\n      message: bad\n"
    )
    found = read_report(io.BytesIO(text))
    assert (found.status, found.errors) == ("failed", ["bad"])
    assert found.failed[0].to_data() == {"resource": "File[/a]", "file": "/x.pp", "line": 3, "messages": ["bad"]}


def test_a_long_title_is_a_key_of_its_own_kind():
    title = "x" * 200
    text = (
        f"resource_statuses:\n  ? Exec[{title}]\n  : title: {title}\n    file: /x.pp\n    line: 3\n    failed: true\n    events: []\n"
    )
    found = read_report(io.BytesIO(text.encode()))
    assert [(one.resource, one.line) for one in found.failed] == [(f"Exec[{title}]", 3)]


def test_text_of_several_lines_hides_no_resource():
    text = b"resource_statuses:\n  A[a]:\n    failed: true\n    events:\n    - message: |-\n        x\n\n        File[/b]:\n"
    text += b"  B[b]:\n    failed: true\n"
    assert [one.resource for one in read_report(io.BytesIO(text)).failed] == ["A[a]", "B[b]"]


def test_of_thousands_of_failures_the_first_are_told_and_the_rest_counted():
    text = b"resource_statuses:\n" + b"".join(b"  A[%d]:\n    failed: true\n" % number for number in range(MAX_RESOURCES + 7))
    found = read_report(io.BytesIO(text))
    assert (len(found.failed), found.left_out) == (MAX_RESOURCES, 7)


def test_managed_resources_are_found_by_type_and_title():
    resources = parse_resources(case("resources-failing.txt").decode())
    assert types_of(resources) == {"File": 2, "Exec": 1, "Notify": 1}
    assert is_managed(resources, "File[/etc/lab-web]") and is_managed(resources, "exec[/bin/false]")
    assert not is_managed(resources, "file[/etc]")
    assert types_of(["role::thing[a[b]]"]) == {"Role::Thing": 1}
    with pytest.raises(ValueError, match="Invalid resource name"):
        is_managed(resources, "file")


def test_puppets_own_lock_and_ours_are_read():
    assert parse_lock(b'{"disabled_message":"it\'s: \\"broken\\""}') == DisabledLock('it\'s: "broken"')
    lock = DisabledLock("why", 1795450000.0, "cert=alice", "a1")
    assert parse_lock(lock_text(lock).encode()) == lock


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"mcollective": {"until": "x", "by": 1}}', b"[" * 9999])
def test_a_lock_that_says_nothing_disables_all_the_same(text):
    assert parse_lock(text) == DisabledLock()


def test_a_lock_is_put_before_puppet_ever_ran(tmp_path):
    file = tmp_path / "state" / "agent_disabled.lock"
    assert put_lock(str(file), DisabledLock("new host"))
    assert parse_lock(file.read_bytes()).message == "new host"


def test_a_lock_is_put_once_unless_it_may_be_replaced(tmp_path):
    file = tmp_path / "lock"
    assert put_lock(str(file), DisabledLock("a"))
    assert not put_lock(str(file), DisabledLock("b"))
    assert parse_lock(file.read_bytes()).message == "a"
    assert put_lock(str(file), DisabledLock("b"), replace=True)
    assert parse_lock(file.read_bytes()).message == "b"
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize(
    ("text", "pid"), [(b"851\n", 851), (b"", None), (b"-1", None), (b"1", None), (b"12x", None), (b"9" * 20, None)]
)
def test_a_pid_file_has_one_number(text, pid):
    assert parse_pid(text) == pid


def test_a_process_is_puppets_by_its_words_and_its_age():
    running = Process(851, "/usr/bin/ruby /usr/bin/puppet agent --daemonize ", 1000.0)
    assert is_puppet(running, written=1001.0)
    assert not is_puppet(running, written=900.0)  # the number came back: who wrote the file is gone
    assert not is_puppet(Process(851, "/usr/sbin/sshd -D", 1000.0), written=1001.0)
    assert not is_puppet(None, written=1001.0)
    assert is_puppet(Process(851, "puppet agent: applying configuration", 1000.0), written=1001.0)
    assert not is_puppet(Process(851, "/usr/bin/vi /etc/puppet/puppet.conf", 1000.0), written=1001.0)


def test_the_start_of_a_process_is_read_whatever_it_is_called():
    stat = "851 (a) b) S 1 851 851 0 -1 4194624 1207 0 0 0 0 1 0 0 20 0 1 0 3473065 198414336 14881"
    assert parse_started(stat, 100, 40000.0, 100000.0) == pytest.approx(60000 + 34730.65)
    assert parse_started(stat.replace(" S ", " Z "), 100, 40000.0, 100000.0) is None


def test_places_come_from_what_puppet_prints():
    places = read_places(parse_settings(case("config-debian7.txt").decode()))
    assert places.summary == "/var/cache/puppet/public/last_run_summary.yaml"
    assert places.pidfile == "/run/puppet/agent.pid"
    assert places.disabled_lock == "/var/cache/puppet/state/agent_disabled.lock"
    assert (places.environment, places.has_serverport) == ("production", True)


def test_settings_without_a_path_are_no_places():
    with pytest.raises(RPCAborted, match="no path for agent_catalog_run_lockfile"):
        read_places({})


def test_puppet_is_asked_as_the_agent_sees_its_settings():
    assert puppet_config_print("/usr/bin/puppet", "/etc/x.conf", ["statedir"]) == [
        "/usr/bin/puppet", "config", "print", "--section", "agent", "--config=/etc/x.conf", "statedir",
    ]  # fmt: skip
