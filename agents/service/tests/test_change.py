import pytest

from agents.service.change import Watching, carry_out, is_wished, planned, refusal
from agents.service.provider import RUNNING, STOPPED, UNKNOWN, Outcome, ServiceState

from .memory import Clock, Memory, unit

STOP, RUN = unit(), unit(status=RUNNING)


def changed(verb, before, provider, *, wait=50.0, settle=1.0, log_lines=10, **fields):
    clock = Clock()
    watching = Watching(wait, settle, log_lines)
    made = carry_out(
        verb, "web", before, provider, watching, monotonic=clock.monotonic, sleep=clock.sleep, now=lambda: 5000.0, **fields
    )
    return made, clock.now - 1000.0


@pytest.mark.parametrize(
    ("verb", "before", "after", "message"),
    [
        ("start", STOP, RUN, "web.service started"),
        ("stop", RUN, STOP, "web.service stopped"),
        ("restart", RUN, RUN, "web.service restarted"),
        ("restart", STOP, RUN, "web.service restarted"),
        ("try_restart", RUN, RUN, "web.service restarted"),
        ("reload", RUN, RUN, "web.service reloaded"),
        ("enable", STOP, unit(enabled="enabled"), "web.service enabled"),
        ("disable", unit(enabled="enabled"), STOP, "web.service disabled"),
        ("mask", STOP, unit(enabled="masked"), "web.service masked"),
        ("unmask", unit(enabled="masked"), STOP, "web.service unmasked"),
        ("reset_failed", unit(active="failed", substate="failed"), STOP, "web.service no longer counted as failed"),
    ],
)
def test_what_is_not_as_wished_is_changed_and_told(verb, before, after, message):
    provider = Memory([after])
    made, _ = changed(verb, before, provider)
    assert (made.changed, made.message, made.failure, made.state) == (True, message, "", after)
    assert provider.did == [(verb, "web")]


@pytest.mark.parametrize(
    ("verb", "before", "message"),
    [
        ("start", RUN, "web.service is running already"),
        ("stop", STOP, "web.service is stopped already"),
        ("stop", unit(active="failed", substate="failed"), "web.service is stopped already"),
        ("try_restart", STOP, "web.service is not running, and stays so"),
        ("enable", unit(enabled="enabled"), "web.service is enabled already"),
        ("disable", STOP, "web.service is disabled already"),
        ("mask", unit(enabled="masked"), "web.service is masked already"),
        ("unmask", STOP, "web.service is unmasked already"),
        ("reset_failed", STOP, "web.service has not failed"),
    ],
)
def test_what_is_as_wished_is_left_alone(verb, before, message):
    provider = Memory([before])
    made, _ = changed(verb, before, provider)
    assert (made.changed, made.message, made.failure, provider.did) == (False, message, "", [])


def test_a_restart_is_never_as_wished_before():
    assert not is_wished("restart", RUN) and not is_wished("reload", RUN)


@pytest.mark.parametrize("active", ["activating", "deactivating", "reloading"])
def test_what_comes_or_goes_or_is_to_be_started_again_is_not_stopped(active):
    assert not is_wished("stop", unit(active=active))


def test_a_simple_service_that_dies_within_a_moment_has_failed_with_its_last_lines():
    fresh = unit(status=RUNNING, kind="simple")
    dead = unit(kind="simple", active="failed", substate="failed", result="exit-code", has_trouble=True, details={"exit": "exited 3"})
    provider = Memory([fresh, fresh, fresh, dead], lines=("cannot read /etc/web.conf",))
    made, took = changed("start", STOP, provider)
    assert made.failure == (
        "it did not stay up\nit is failed: exit-code, main process exited 3\nlast log lines:\n  cannot read /etc/web.conf"
    )
    assert took == pytest.approx(0.3) and provider.asked_since == 5000.0


def test_a_simple_service_is_believed_when_it_has_lived_for_a_second_and_one_that_says_so_itself_at_once():
    assert changed("start", STOP, Memory([unit(status=RUNNING, kind="simple")]))[1] == pytest.approx(1.0, abs=0.2)
    assert changed("start", STOP, Memory([RUN]))[1] == 0.0


def test_one_that_waits_to_be_started_again_has_failed():
    again = unit(active="activating", substate="auto-restart", result="exit-code", has_trouble=True)
    made, _ = changed("restart", RUN, Memory([again]), log_lines=0)
    assert made.failure == "it did not stay up\nit is activating (auto-restart): exit-code"


def test_a_oneshot_that_ran_is_no_failure():
    made, _ = changed("start", STOP, Memory([unit(kind="oneshot")]))
    assert (made.failure, made.message) == ("", "web.service ran and ended well")


def test_a_service_that_still_comes_up_is_waited_for_until_the_limit():
    coming = unit(active="activating", substate="start")
    made, took = changed("restart", RUN, Memory([coming] * 20 + [RUN]))
    assert not made.failure and took == pytest.approx(2.0, abs=0.3)
    assert changed("restart", RUN, Memory([coming]), wait=3.0)[1] == pytest.approx(3.0, abs=0.3)


def test_a_job_that_is_not_done_in_time_goes_on_and_is_told():
    made, _ = changed("stop", RUN, Memory([unit(active="deactivating", substate="stop-sigterm")], Outcome(timed_out=True)), log_lines=0)
    assert made.failure == "not done after 50 s, it goes on by itself\nit is deactivating (stop-sigterm)"


def test_without_waiting_it_has_only_begun():
    made, took = changed("stop", RUN, Memory([unit(active="deactivating")]), wait=0.0)
    assert (made.failure, made.message, took) == ("", "stop of web.service has begun", 0.0)


def test_the_tools_own_words_come_first_in_a_failure_and_lines_of_the_log_last():
    failed = unit(active="failed", substate="failed", result="exit-code")
    made, _ = changed("start", STOP, Memory([failed], Outcome("Job for web.service failed."), lines=("a", "b")))
    assert made.failure == "Job for web.service failed.\nit is failed: exit-code\nlast log lines:\n  a\n  b"


def test_what_cannot_be_enabled_fails_without_lines_of_a_log():
    made, _ = changed("enable", STOP, Memory([STOP], Outcome("it has no [Install] section"), lines=("a",)))
    assert made.failure == "it has no [Install] section\nit is inactive (dead)"


def test_a_warning_of_the_tool_is_passed_on():
    made, _ = changed("stop", RUN, Memory([STOP], Outcome(warning="web.socket can still start it")))
    assert (made.failure, made.warning) == ("", "web.socket can still start it")


def test_a_script_without_states_is_given_a_moment_to_come_up():
    stopped, running = ServiceState("web", STOPPED), ServiceState("web", RUNNING)
    made, took = changed("start", stopped, Memory([stopped, stopped, running]))
    assert not made.failure and took >= 0.2
    assert changed("restart", running, Memory([stopped]), log_lines=0)[0].failure == "it is not running"


@pytest.mark.parametrize(
    ("verb", "state", "why"),
    [
        ("start", ServiceState("x", UNKNOWN, details={"load_error": "Unit x.service not found."}), "Unit x.service not found."),
        ("stop", ServiceState("x", UNKNOWN), "there is no such service"),
        ("mask", ServiceState("x", UNKNOWN), "there is no such service"),
        ("start", unit(enabled="masked"), "it is masked"),
        ("reload", STOP, "it is not running"),
        ("reload", unit(status=RUNNING, can_reload=False), "it cannot be reloaded, only restarted"),
        ("stop", RUN, ""),
        ("unmask", ServiceState("x", UNKNOWN), ""),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(verb, state, why):
    assert refusal(verb, state) == why


def test_a_service_that_is_yet_to_come_is_masked_by_force():
    assert refusal("mask", ServiceState("x", UNKNOWN), force=True) == ""


@pytest.mark.parametrize(
    ("verb", "state", "would", "message", "failure"),
    [
        ("restart", RUN, True, "would restart web.service", ""),
        ("try_restart", RUN, True, "would try-restart web.service", ""),
        ("start", RUN, False, "web.service is running already", ""),
        ("reload", STOP, False, "", "it is not running"),
    ],
)
def test_a_plan_says_what_would_be_done(verb, state, would, message, failure):
    made = planned(verb, state)
    assert (made.changed, made.message, made.failure) == (would, message, failure)


def test_a_stop_that_had_to_kill_is_a_success_with_a_warning():
    killed = unit(active="failed", substate="failed", result="timeout", has_trouble=True, details={"exit": "killed 9"})
    made, _ = changed("stop", RUN, Memory([killed]))
    assert (made.failure, made.changed) == ("", True)
    assert made.warning == "web.service stopped, and not well\nit is failed: timeout, main process killed 9"


def test_what_has_only_begun_counts_as_a_change():
    made, _ = changed("start", STOP, Memory([STOP]), wait=0.0)
    assert (made.changed, made.message) == (True, "start of web.service has begun")


def test_lines_of_the_log_have_nothing_that_differs_from_host_to_host():
    failed = unit(active="failed", substate="failed", result="exit-code", has_trouble=True)
    made, _ = changed("start", STOP, Memory([failed], lines=("2026-11-23T16:09:22+0000 sd1 sh[160]: no such table",)))
    assert made.failure.splitlines()[-2:] == ["last log lines:", "  sh: no such table"]
