import os

from mcollective_py.errors import Filtered, Replayed, TTLExpired, UntrustedCertificate
from mcollective_py.server.stats import Stats


def test_a_new_daemon_has_counted_nothing() -> None:
    report = Stats(started=1700000000.7).report()
    assert report["starttime"] == 1700000000
    assert report["pid"] == os.getpid()
    assert {name: report[name] for name in ("total", "validated", "replies")} == {"total": 0, "validated": 0, "replies": 0}
    assert report["refused"] == {}
    assert "MainThread" in report["threads"]
    assert set(report["times"]) == {"utime", "stime", "cutime", "cstime"}


def test_refusals_count_under_their_reason_and_the_historic_counter() -> None:
    stats = Stats(0.0)
    for error in (UntrustedCertificate("x"), TTLExpired("1", age=70, ttl=60), Filtered("y", "class a"), Replayed("z"), Replayed("z")):
        stats.refused(error)
    report = stats.report()
    assert report["refused"] == {"filtered": 1, "replayed": 2, "ttlexpired": 1, "untrusted": 1}
    assert (report["unvalidated"], report["validated"], report["ttlexpired"], report["filtered"]) == (1, 4, 1, 1)
