"""The journal over restarts of a daemon: what was begun is never begun again, and what is not known is never guessed."""

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mcollective_py.errors import Busy, ConfigError, Denied, Filtered, JournalFailed, MayBeCopy, Replayed
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.call import Outcome
from mcollective_py.server.journal import Journal, window_of
from mcollective_py.server.pipeline import Rules
from tests.server.test_journalfile import files_no_larger_than

NOW = 1_700_000_000.0
RULES = Rules(skew=5.0, max_ttl=60.0)


class Clock:
    """Seconds since the epoch, as a test has them."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Open = Callable[[], Journal]


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Iterator[Open]:
    """Start a daemon's journal; the one before is as if its daemon had been killed."""
    started: list[Journal] = []

    def opened() -> Journal:
        if started:
            _kill(started[-1])
        started.append(Journal(tmp_path, RULES, clock=clock))
        started[-1].open()
        return started[-1]

    yield opened
    _kill(started[-1])


def _kill(journal: Journal) -> None:
    """What the kernel does for a killed process: its files are closed, and nothing more is written."""
    assert journal._file is not None
    journal._file.close()


def request(number: int, time: float = NOW, **changes: object) -> Request:
    made = Request(f"{number:032x}", "cert=alice.mcollective", "ops1", "mcollective", "service", "restart", {}, Filter(), time, 60)
    return replace(made, **changes)  # type: ignore[arg-type] # of a request's own fields


def take(journal: Journal, asked: Request, now: float, *, only_reads: bool = False) -> None:
    """As the pipeline does: remembered, by its proof too where it has one, and begun."""
    journal.replay.remember(asked, now, RULES.skew)
    if asked.proof and (asked.is_proof_unique or not only_reads):
        journal.replay.remember_proof(asked, now, RULES.skew)
    journal.begin(asked, now, only_reads=only_reads)


def is_refused(journal: Journal, asked: Request, now: float) -> bool:
    try:
        journal.replay.check(asked)
    except Replayed:
        return True
    return False


@pytest.mark.parametrize("only_reads", [False, True])
def test_what_ran_is_refused_after_a_restart(start: Open, clock: Clock, only_reads: bool) -> None:
    take(start(), request(1), NOW, only_reads=only_reads)
    journal = start()
    with pytest.raises(Replayed):
        journal.replay.remember(request(1), NOW + 1)
    journal.replay.remember(request(2), NOW + 1)


def test_so_is_it_by_its_signature_under_another_id(start: Open) -> None:
    take(start(), request(1, proof="a" * 64), NOW)
    with pytest.raises(Replayed):
        start().replay.remember_proof(request(2, proof="a" * 64), NOW + 1)


def test_the_same_question_twice_in_a_second_is_good_after_a_restart_too(start: Open) -> None:
    take(start(), request(1, proof="a" * 64), NOW, only_reads=True)
    start().replay.remember_proof(request(2, proof="a" * 64), NOW + 1)


def test_what_was_refused_does_not_run_after_a_restart(start: Open) -> None:
    journal = start()
    journal.replay.remember(request(1), NOW)
    journal.refused(request(1), Denied("cert=alice may not"), NOW, is_taken_in=True)
    journal = start()
    with pytest.raises(Replayed):
        journal.replay.remember(request(1), NOW + 1)
    found = journal.status("cert=alice.mcollective", request(1).id)
    assert (found.state, found.stage, found.word, found.reason) == ("refused", "policy", "denied", "")


def test_what_was_for_others_leaves_nothing_on_the_disk(start: Open, tmp_path: Path) -> None:
    journal = start()
    before = (tmp_path / "requests.journal").read_bytes()
    journal.refused(request(1), Filtered("x", "class a: not on this host"), NOW, is_taken_in=False)
    assert (tmp_path / "requests.journal").read_bytes() == before
    assert journal.status("cert=alice.mcollective", request(1).id).state == "refused"


def test_how_it_ended_is_told_before_and_after_a_restart(start: Open) -> None:
    journal = start()
    for number, outcome in ((1, Outcome()), (2, Outcome(5, "it broke")), (3, Outcome(5, "lost", is_unknown=True))):
        take(journal, request(number), NOW)
        assert journal.status("cert=alice.mcollective", request(number).id).state == "running"
        journal.ended(request(number), outcome, NOW + 1)
    for again in (journal, start()):
        found = [again.status("cert=alice.mcollective", request(number).id) for number in (1, 2, 3, 4)]
        assert [each.state for each in found] == ["ok", "failed", "unknown outcome", "not seen"]
        assert [each.code for each in found] == [0, 5, None, None]


def test_what_had_begun_when_the_daemon_died_is_an_unknown_outcome_and_stays_one(start: Open, clock: Clock) -> None:
    take(start(), request(1), NOW)
    for _ in range(3):
        clock.now += 40_000
        found = start().status("cert=alice.mcollective", request(1).id)
        assert (found.state, found.begun) == ("unknown outcome", NOW)


def test_an_action_that_still_runs_after_its_daemon_died_is_running(start: Open) -> None:
    journal = start()
    take(journal, request(1), NOW)
    journal.runs_in(request(1), os.getpid())
    journal = start()
    found = journal.status("cert=alice.mcollective", request(1).id)
    assert found.state == "running" and found.process is not None and found.process.pid == os.getpid()
    assert [(caller, id) for caller, id, _, _ in journal.left_running()] == [("cert=alice.mcollective", request(1).id)]
    assert list(start().left_running()) != []  # and over one more restart


def test_a_request_whose_end_was_pushed_out_is_forgotten_and_not_unseen(start: Open) -> None:
    journal = start()
    take(journal, request(1), NOW, only_reads=True)
    for number in range(2, 2100):
        take(journal, request(number), NOW, only_reads=True)
    assert journal.status("cert=alice.mcollective", request(1).id).state == "forgotten"
    assert journal.status("cert=bob.mcollective", request(1).id).state == "not seen"


def test_whose_request_it_was_is_told_to_who_may_ask(start: Open) -> None:
    journal = start()
    take(journal, request(1), NOW)
    assert [(caller, each.state) for caller, each in journal.of_any_caller(request(1).id)] == [("cert=alice.mcollective", "running")]
    assert journal.of_any_caller(request(2).id) == []


# --- every byte -------------------------------------------------------------------------------------------------------


def test_wherever_a_crash_has_cut_the_file_nothing_that_was_synced_before_runs_again(start: Open, tmp_path: Path, clock: Clock) -> None:
    journal, path = start(), tmp_path / "requests.journal"
    synced = []
    for number in range(1, 6):
        take(journal, request(number), NOW, only_reads=number == 3)
        synced.append(path.stat().st_size)
        journal.ended(request(number), Outcome(), NOW + 1)
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        journal = start()
        for number, size in enumerate(synced, 1):
            assert not (cut >= size and not is_refused(journal, request(number), NOW + 1)), (cut, number)
        take(journal, request(9), NOW + 1)  # it can go on, and what it writes is read
        assert is_refused(start(), request(9), NOW + 1)


def test_whatever_byte_is_damaged_what_ran_does_not_run_again(start: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    journal, path = start(), tmp_path / "requests.journal"
    for number in range(1, 4):
        take(journal, request(number), NOW)
    journal.ended(request(1), Outcome(), NOW + 2)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        os.utime(path, (NOW + 2, NOW + 2))
        journal = start()
        assert all(is_refused(journal, request(number), NOW + 3) for number in (1, 2, 3)), at


def test_a_damaged_journal_is_named_kept_and_healed_and_refuses_no_longer_than_it_must(
    start: Open, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    journal, path = start(), tmp_path / "requests.journal"
    take(journal, request(1), NOW)
    take(journal, request(2), NOW + 1)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"?" + lines[1][1:] + lines[2])
    clock.now = NOW + 2
    journal = start()
    (told,) = [line for line in caplog.messages if "is damaged" in line]
    assert told == f"the journal {path} is damaged, {len(lines[1])} bytes at {len(lines[0])}: what may have run by it is refused"
    assert (tmp_path / "requests.journal.damaged").read_bytes().startswith(lines[0])
    with pytest.raises(MayBeCopy):  # a new one that lives no longer than what may have been lost
        journal.replay.remember(request(3, NOW + 2), NOW + 2)
    journal.replay.remember(request(4, NOW + 7), NOW + 7)
    caplog.clear()
    start()
    assert not [line for line in caplog.messages if "is damaged" in line]


def test_a_journal_of_another_version_is_kept_and_nothing_of_its_time_is_taken(
    start: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from binascii import crc32

    head = b"J 9 1700000000000 1700000000000 65000 0 what else it says"
    path = tmp_path / "requests.journal"
    path.write_bytes(b"%08x %s\n{}\n" % (crc32(head), head))
    os.utime(path, (NOW, NOW))
    journal = start()
    assert any("is of version 9, this daemon reads 1" in line for line in caplog.messages)
    assert (tmp_path / "requests.journal.old").read_bytes().endswith(b"{}\n")
    with pytest.raises(MayBeCopy):
        journal.replay.remember(request(1, NOW + 1), NOW + 1)
    journal.replay.remember(request(2, NOW + 6), NOW + 6)


def test_what_is_no_file_at_all_is_named_and_its_time_refused(start: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "requests.journal").symlink_to(tmp_path / "elsewhere")
    journal = start()
    assert any("cannot be read" in line for line in caplog.messages)
    with pytest.raises(MayBeCopy):
        journal.replay.remember(request(1), NOW)
    assert not (tmp_path / "requests.journal").is_symlink()


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_a_clock_that_was_set_back_by_a_day_while_the_host_was_down_opens_nothing_old(
    start: Open, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    take(start(), request(1), NOW)
    clock.now = NOW - 86_400
    journal = start()
    unseen = request(2, NOW - 86_400)  # captured then, and kept from this host
    with pytest.raises(MayBeCopy):
        journal.replay.remember(unseen, clock.now)
    assert any("is the clock right?" in line for line in caplog.messages)


def test_a_stop_writes_how_far_the_host_has_come(start: Open, clock: Clock) -> None:
    journal = start()
    journal.replay.remember(request(1, NOW + 500), NOW + 500)  # for others, by its filter
    journal.close()
    clock.now = NOW
    with pytest.raises(MayBeCopy):
        start().replay.remember(request(2), NOW)


def test_what_ends_after_a_stop_is_lost_in_silence(start: Open, caplog: pytest.LogCaptureFixture) -> None:
    journal = start()
    take(journal, request(1), NOW)
    journal.close()
    journal.ended(request(1), Outcome(), NOW + 1)
    assert caplog.messages == []
    assert start().status("cert=alice.mcollective", request(1).id).state == "unknown outcome"


def test_a_journal_that_fits_the_clock_warns_of_nothing(start: Open, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    take(start(), request(1), NOW)
    clock.now += 0.1
    start()
    assert caplog.messages == []


# --- a disk that will not -------------------------------------------------------------------------------------------


def test_without_room_on_the_disk_nothing_is_changed_and_reads_go_on_by_setting(
    start: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = start()
    size = (tmp_path / "requests.journal").stat().st_size
    with files_no_larger_than(size + 20):
        with pytest.raises(JournalFailed, match="the journal of requests cannot be written, so nothing is done"):
            take(journal, request(1), NOW)
        take(journal, request(2), NOW, only_reads=True)
        journal.use(RULES, reads_go_on=False)
        with pytest.raises(JournalFailed):
            take(journal, request(3), NOW, only_reads=True)
    assert len([line for line in caplog.messages if "cannot be written" in line]) == 1  # not one for each request
    take(journal, request(4), NOW)  # there is room again, and no restart
    assert is_refused(start(), request(4), NOW)


def test_a_daemon_starts_on_a_full_disk_and_changes_nothing_until_there_is_room(start: Open, clock: Clock) -> None:
    with files_no_larger_than(0):
        journal = start()
        with pytest.raises(JournalFailed):
            take(journal, request(1), NOW)
    clock.now += 2.0
    take(journal, request(2), NOW)
    assert is_refused(start(), request(2), NOW)


def test_a_journal_that_was_deleted_is_there_again_with_all_that_counts(start: Open, tmp_path: Path) -> None:
    journal = start()
    take(journal, request(1), NOW)
    take(journal, request(2), NOW, only_reads=True)
    (tmp_path / "requests.journal").unlink()
    take(journal, request(3), NOW)
    journal = start()
    assert all(is_refused(journal, request(number), NOW) for number in (1, 2, 3))
    assert journal.status("cert=alice.mcollective", request(1).id).state == "unknown outcome"


def test_a_folder_has_one_daemon(start: Open, tmp_path: Path) -> None:
    start()
    with pytest.raises(ConfigError, match="another mcollectived uses it"):
        Journal(tmp_path, RULES).open()


# --- it stays small ---------------------------------------------------------------------------------------------------


def test_what_nobody_needs_any_more_leaves_the_file_and_what_counts_stays(start: Open, tmp_path: Path, clock: Clock) -> None:
    journal, path = start(), tmp_path / "requests.journal"
    take(journal, request(0), NOW)
    journal.ended(request(0), Outcome(), NOW)
    largest = 0
    for number in range(1, 30_000):
        clock.now = NOW + number / 10
        take(journal, request(number, clock.now), clock.now, only_reads=True)
        journal.ended(request(number), Outcome(), clock.now)
        largest = max(largest, path.stat().st_size) if number % 100 == 0 else largest
    assert largest < 5 << 20
    journal = start()
    assert is_refused(journal, request(29_999, clock.now), clock.now)
    assert is_refused(journal, request(29_999 - 700, clock.now - 70), clock.now)
    found = journal.status("cert=alice.mcollective", request(0).id)
    assert (found.state, found.code, journal.since) == ("ok", 0, NOW)


def test_a_longer_window_after_a_reload_counts_for_what_is_damaged(start: Open, tmp_path: Path, clock: Clock) -> None:
    journal, path = start(), tmp_path / "requests.journal"
    journal.use(Rules(skew=60.0, max_ttl=300.0), reads_go_on=True)
    take(journal, request(1, ttl=300), NOW)
    take(journal, request(2), NOW)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join((*lines[:2], b"?" + lines[2], *lines[3:])))
    with pytest.raises(MayBeCopy):
        start().replay.remember(request(1, ttl=300), NOW + 1)


def test_a_window_is_the_longest_time_from_acceptance_to_end() -> None:
    assert window_of(Rules(skew=5.0, max_ttl=60.0)) == 65.0
    assert window_of(Rules(skew=0.0, max_ttl=300.0, late=1.0)) == 301.0


def test_without_a_folder_all_is_in_memory() -> None:
    journal = Journal(clock=lambda: NOW)
    journal.open()
    take(journal, request(1), NOW)
    journal.runs_in(request(1), os.getpid())
    journal.refused(request(2), Busy("full"), NOW, is_taken_in=True)
    journal.close()
    assert journal.status("cert=alice.mcollective", request(1).id).state == "running"
