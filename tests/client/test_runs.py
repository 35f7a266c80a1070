import json
import stat

import pytest

from mcollective_py.client import runs as runs_module
from mcollective_py.client.results import RPCStats
from mcollective_py.client.rollout import Stopped
from mcollective_py.client.runs import Run, Runs, rerun
from mcollective_py.errors import UsageError

A, B, C = "a1" + "0" * 30, "a1f" + "0" * 29, "c0ffee" + "0" * 26


def run(request_id=A, started=1000.0, scope="/etc/client.cfg", **fields):
    return Run(request_id, "service", "restart", started, scope, **fields)


@pytest.fixture
def kept(tmp_path):
    return Runs(tmp_path / "cache" / "runs", "/etc/client.cfg")


def test_a_call_is_its_hosts_by_outcome():
    stats = RPCStats(
        request_id=A,
        agent="service",
        action="restart",
        discovered=("f", "e", "d", "c", "b", "a"),
        no_response=("c",),
        not_asked=("d",),
        not_sent=("e",),
        started=1000.0,
        stopped=Stopped(1, 2, "max_fail", "0", 4, 1, 0, 1, 1),
    )
    made = Run.of(stats, ["f", "a"], ["b"], scope="/etc/client.cfg", is_interrupted=True)
    assert made == run(
        ok=("a", "f"),
        failed=("b",),
        missing=("c",),
        not_asked=("d", "e"),
        stopped="stopped after batch 1 of 2: 1 of 4 hosts failed and 1 of 4 hosts did not answer, more than --max-fail 0; "
        "1 host was not asked",
        is_interrupted=True,
    )


@pytest.mark.parametrize(("which", "hosts"), [("ok", ("a",)), ("failed", ("b",)), ("missing", ("c", "d")), ("not-ok", ("b", "c", "d"))])
def test_hosts_that_were_not_asked_are_missing(which, hosts):
    assert run(ok=("a",), failed=("b",), missing=("d",), not_asked=("c",)).hosts(which) == hosts


def test_a_run_is_read_as_it_was_kept(kept):
    whole = run(ok=("a",), failed=("b",), missing=("c",), not_asked=("d",), stopped="x", is_interrupted=True)
    kept.save(whole)
    assert list(kept.latest()) == [whole]
    plain = Run(B, "echo", None, 2000.5, "/etc/client.cfg")
    kept.save(plain)
    assert list(kept.latest()) == [plain, whole]


def test_the_files_are_the_users_alone(kept):
    kept.save(run())
    (file,) = kept.folder.iterdir()
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_run_is_found_by_the_beginning_of_its_id(kept):
    for request_id in (A, B, C):
        kept.save(run(request_id))
    assert kept.find("c0ff").request_id == C
    assert kept.find(C.upper()).request_id == C
    assert kept.find("a1f0").request_id == B
    with pytest.raises(UsageError, match="'a1' is no request id: 32 hexadecimal digits, or the first 4 or more of them"):
        kept.find("a1")


def test_an_id_that_may_be_two_is_refused_with_both(kept):
    first, second = "abcd1" + "0" * 27, "abcd2" + "0" * 27
    kept.save(run(first, started=1.0))
    kept.save(run(second, started=2.0))
    with pytest.raises(UsageError, match=f"abcd is not enough of a request id, it may be {second} or {first}"):
        kept.find("abcd")


def test_an_unknown_id_tells_which_there_are(kept):
    with pytest.raises(UsageError, match="no run ffff is kept: there is none yet"):
        kept.find("ffff")
    with pytest.raises(UsageError, match=r"no call is kept yet in .*/runs"):
        kept.find()
    kept.save(run(C))
    with pytest.raises(UsageError, match=r"no run ffff is kept: the latest are c0ffee00 \(service restart\)"):
        kept.find("ffff")


def test_runs_of_another_configuration_are_not_seen(kept):
    Runs(kept.folder, "/home/alice/other.cfg").save(run(C, scope="/home/alice/other.cfg"))
    kept.save(run(A))
    assert [one.request_id for one in kept.latest()] == [A]
    with pytest.raises(UsageError, match="no run c0ffee is kept"):
        kept.find("c0ffee")


def test_the_oldest_are_forgotten(kept, monkeypatch):
    monkeypatch.setattr(runs_module, "MAX_RUNS", 3)
    for number in range(5):
        kept.save(run(f"{number:032x}", started=1000.0 + number))
    assert [one.started for one in kept.latest()] == [1004.0, 1003.0, 1002.0]


def test_large_ones_leave_fewer(kept, monkeypatch):
    monkeypatch.setattr(runs_module, "MAX_ALL_BYTES", 1000)
    for number in range(5):
        kept.save(run(f"{number:032x}", started=1000.0 + number, ok=tuple(f"host{at}" for at in range(30))))
    assert len(list(kept.latest())) < 4
    assert next(kept.latest()).started == 1004.0


def test_one_that_is_too_large_is_not_kept(kept, monkeypatch):
    monkeypatch.setattr(runs_module, "MAX_BYTES", 300)
    kept.save(run(ok=tuple(f"host{at}" for at in range(300))))
    assert list(kept.latest()) == []


GOOD = run(ok=("a",)).to_dict()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({**GOOD, "more": 1}),
        json.dumps({**GOOD, "ok": ["a/b"]}),
        json.dumps({**GOOD, "ok": "a"}),
        json.dumps({**GOOD, "missing": [1]}),
        json.dumps({**GOOD, "agent": "../x"}),
        json.dumps({**GOOD, "action": "a b"}),
        json.dumps({**GOOD, "request_id": "\x1b[2J"}),
        json.dumps({**GOOD, "started": True}),
        json.dumps({**GOOD, "started": "x"}),
        json.dumps({**GOOD, "is_interrupted": 1}),
        json.dumps({**GOOD, "stopped": 7}),
    ],
)
def test_a_broken_file_is_a_call_that_is_not_known(kept, text):
    kept.save(run())
    (file,) = kept.folder.iterdir()
    file.write_text(text)
    assert list(kept.latest()) == []


def test_a_place_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    Runs(tmp_path / "file" / "runs").save(run())
    assert list(Runs(tmp_path / "file" / "runs").latest()) == []


def test_a_link_in_place_of_the_folder_has_nothing_written_or_deleted(kept, tmp_path, monkeypatch):
    monkeypatch.setattr("mcollective_py.client.runs.MAX_RUNS", 1)
    kept.save(run(A, started=1000.0))
    kept.folder.rename(tmp_path / "elsewhere")
    kept.folder.symlink_to(tmp_path / "elsewhere")
    kept.save(run(B, started=2000.0))
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == [f"0000001000000-{A}.json"]


def test_it_lies_in_the_users_cache(tmp_path):
    assert Runs.of_user("x", {"XDG_CACHE_HOME": "/var/cache/me"}).folder.as_posix() == "/var/cache/me/mcollective_py/runs"
    assert Runs.of_user("x", {"HOME": "/home/alice"}).folder.as_posix() == "/home/alice/.cache/mcollective_py/runs"


def test_rerun_means_hosts_of_the_latest_run_or_of_the_one_named(kept):
    kept.save(run(A, started=1.0, failed=("web1",), missing=("db1",)))
    kept.save(run(C, started=2.0, failed=("web2", "web3")))
    assert rerun("failed", kept) == (kept.find(C), ("web2", "web3"))
    assert rerun(f"not-ok:{A}", kept)[1] == ("db1", "web1")
    with pytest.raises(
        UsageError, match=r"the call c0ffee00 of service restart at .* has no hosts that are missing: `mco runs c0ffee00`"
    ):
        rerun("missing", kept)


@pytest.mark.parametrize("word", ["", "all", "Failed", ":a1", "failed,missing"])
def test_any_other_word_is_refused(kept, word):
    with pytest.raises(UsageError, match="--rerun takes failed, missing, ok, not-ok, or one of them and a request id"):
        rerun(word, kept)


def test_an_empty_id_is_none(kept):
    with pytest.raises(UsageError, match="'' is no request id"):
        rerun("failed:", kept)
