from mcollective_py.errors import Denied, Filtered, Replayed, TTLExpired
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.endings import KEPT_FOR, Ending, Endings, reason_of, told
from mcollective_py.server.journalrecords import Begun, Ended, Refused, Running

ALICES = Request("1" * 32, "cert=alice.mcollective", "ops1", "mcollective", "service", "restart", {}, Filter(), 1_700_000_000.0, 60)
BEGUN = Begun(1_700_000_001.0, 1_700_000_060.0, ALICES.caller, ALICES.id, "", "service", "restart", only_reads=False)


def begun(number: int, *, only_reads: bool, time: float = 1_700_000_001.0) -> Begun:
    return BEGUN._replace(id=f"{number:032x}", only_reads=only_reads, time=time, end=time + 60)


def ended(code: int | None, word: str = "", time: float = 1_700_000_009.0) -> Ended:
    return Ended(time, ALICES.caller, ALICES.id, code, word)


def state(endings: Endings) -> tuple[str, int | None]:
    found = endings.find(ALICES.caller, ALICES.id)
    assert found is not None
    return found.state, found.code


def test_a_refused_request_is_found_by_its_caller_with_stage_and_reason() -> None:
    endings = Endings()
    endings.refused(ALICES, Filtered(ALICES.id, "class role::web: not on this host"), 1_700_000_001.0)
    found = endings.find(ALICES.caller, ALICES.id)
    assert found == Ending(
        "refused", 1_700_000_001.0, "filter", "filtered", "class role::web: not on this host", agent="service", action="restart",
        end=1_700_000_060.0,
    )  # fmt: skip


def test_nobody_learns_of_anothers_requests() -> None:
    endings = Endings()
    endings.begun(BEGUN)
    assert endings.find("cert=bob.mcollective", ALICES.id) is None


def test_who_may_ask_after_everybodys_is_told_whose_it_was() -> None:
    endings = Endings()
    endings.begun(BEGUN)
    assert [caller for caller, _ in endings.of_any_caller(ALICES.id)] == [ALICES.caller]


def test_an_action_runs_until_it_has_ended_well_or_not() -> None:
    endings = Endings()
    endings.begun(BEGUN)
    assert state(endings) == ("running", None)
    endings.ended(ended(0))
    assert state(endings) == ("ok", 0)
    endings.begun(BEGUN)
    endings.ended(ended(5), "it broke")
    assert state(endings) == ("failed", 5)
    assert endings.find(ALICES.caller, ALICES.id).reason == "it broke"  # type: ignore[union-attr] # state() has found it


def test_an_end_that_nobody_knows_is_unknown() -> None:
    endings = Endings()
    endings.begun(BEGUN)
    endings.ended(ended(None))
    assert state(endings) == ("unknown outcome", None)


def test_what_was_not_begun_for_want_of_room_is_refused() -> None:
    endings = Endings()
    endings.begun(BEGUN)
    endings.ended(ended(5, "busy"))
    found = endings.find(ALICES.caller, ALICES.id)
    assert found is not None and (found.state, found.stage, found.code) == ("refused", "room", None)


def test_what_still_ran_when_the_daemon_died_has_an_unknown_outcome() -> None:
    endings = Endings()
    endings.begun(BEGUN)
    endings.running(Running(1_700_000_002.0, ALICES.caller, ALICES.id, 4711, 99, "boot"))
    endings.interrupt(1_700_000_003.0)
    found = endings.find(ALICES.caller, ALICES.id)
    assert found is not None and found.state == "unknown outcome" and found.process is not None and found.process.pid == 4711


def test_a_copy_that_is_refused_does_not_hide_how_the_first_one_ended() -> None:
    endings = Endings()
    endings.begun(BEGUN)
    endings.refused(ALICES, Replayed("request x from y was accepted before"), 2.0)
    assert state(endings) == ("running", None)


def test_a_refusal_of_before_a_restart_is_known_without_its_reason() -> None:
    endings = Endings()
    endings.recall(Refused(3.0, 60.0, ALICES.caller, ALICES.id, "", "service", "restart", "policy", "denied"))
    found = endings.find(ALICES.caller, ALICES.id)
    assert found is not None and told(found, 5.0) == {
        "state": "refused", "stage": "policy", "word": "denied", "agent": "service", "action": "restart", "ago": 2.0,
    }  # fmt: skip


def test_reads_push_out_reads_and_never_what_changed_something() -> None:
    endings = Endings(capacity=2)
    endings.begun(BEGUN)
    for number in range(5):
        endings.begun(begun(number, only_reads=True))
    found = [number for number in range(5) if endings.find(ALICES.caller, f"{number:032x}")]
    assert found == [3, 4]
    assert state(endings) == ("running", None)


def test_the_oldest_changes_go_once_they_can_be_no_copy_and_how_far_is_told() -> None:
    endings = Endings(capacity=2)
    for number in range(4):
        record = begun(number, only_reads=False, time=1000.0 + number)
        endings.begun(record)
        endings.ended(Ended(1000.0 + number, record.caller, record.id, 0, ""))
    assert sum(1 for _ in endings.changes()) == 4  # each could still come again
    endings.begun(begun(9, only_reads=False, time=2000.0))
    assert [id[-1] for _, id, _ in endings.changes()] == ["3", "9"]
    assert endings.dropped_at == 1002.0


def test_what_still_runs_is_kept_whatever_its_age() -> None:
    endings = Endings(capacity=1)
    endings.begun(begun(1, only_reads=False, time=1000.0))
    endings.begun(begun(2, only_reads=False, time=9000.0))
    assert sum(1 for _ in endings.changes()) == 2


def test_a_change_is_forgotten_after_a_week() -> None:
    endings = Endings()
    endings.begun(begun(1, only_reads=False, time=1000.0))
    endings.ended(Ended(1001.0, ALICES.caller, f"{1:032x}", 0, ""))
    endings.begun(begun(2, only_reads=False, time=1002.0 + KEPT_FOR))
    assert [id[-1] for _, id, _ in endings.changes()] == ["2"]


def test_a_reason_is_told_without_the_id_of_the_request() -> None:
    assert reason_of(TTLExpired("abc", age=70, ttl=60)) == "the request is 70.0 s old, its ttl is 60 s: check the clocks of both hosts"
    assert reason_of(Denied("cert=x may not call echo")) == "cert=x may not call echo"
    assert reason_of(Filtered("abc", "fact os=Debian: does not hold")) == "fact os=Debian: does not hold"
