from dataclasses import replace

import pytest

from mcollective_py.cli.why.question import CALL, DISCOVERY, Hypothesis
from mcollective_py.cli.why.verdict import CANNOT, DENIED, ENDS, RUN, SILENT, Verdict, headline, lines, verdict
from mcollective_py.filter import Filter
from mcollective_py.message import Reply

ALICE = "cert=alice.mcollective"
ASKED = Hypothesis("service", "restart", {}, Filter(), "mcollective", 60)
DATA = {"stage": "run", "word": "", "reason": "", "rule": "", "skew": 5.0, "max_ttl": 60.0, "ddl_version": "1.0"}


def reply(host="web1", statuscode=0, statusmsg="OK", refusal=None, **data):
    return Reply("1" * 32, "", host, "rpcutil", "explain", {**DATA, **data}, 0.0, statuscode, statusmsg, refusal)


def judged(discovery=None, call=None, host="web1", ahead=None, asked=ASKED):
    answers = {part: each for part, each in ((DISCOVERY, discovery), (CALL, call)) if each is not None}
    return verdict(host, answers, asked, ALICE, ahead)


def test_hosts_whose_rules_differ_in_their_own_name_alone_are_one_line():
    found = [judged(reply(), reply(rule=f"/p/web{number}/s.policy:1"), host=f"web{number}") for number in (1, 2)]
    assert len(lines(found, ASKED)) == 1


def test_a_request_that_would_run_names_the_rule():
    found = judged(reply(), reply(rule="/p/service.policy:3"))
    assert found.outcome == RUN
    assert lines([found], ASKED) == ["web1: service restart would run: /p/service.policy:3 allows it"]


def test_a_host_that_no_discovery_finds_would_still_run_it_by_name():
    found = judged(reply(stage="filter", word="filtered", reason="class role::web: not on this host"), reply())
    assert lines([found], ASKED) == [
        "web1: a discovery of it would end at the filter: class role::web: not on this host",
        "   asked by name (-I web1 and no other filter) it would run",
        "   fix: `mco inventory web1` shows its classes, agents and facts",
    ]


def test_what_would_end_both_ways_is_told_both_ways():
    found = judged(reply(stage="filter", reason="class a: not on this host"), reply(stage="policy", word="denied", reason="no"))
    assert found.notes == ("asked by name, it would end at the policy: no",)


@pytest.mark.parametrize(
    ("data", "fix"),
    [
        ({"stage": "subscription", "reason": "x"}, "choose one with -T"),
        ({"stage": "freshness", "word": "clockskew", "reason": "x"}, "set both clocks by NTP: `timedatectl` here and on web1"),
        ({"stage": "freshness", "word": "ttltoolong", "reason": "x"}, "ask with a shorter --ttl"),
        ({"stage": "agent", "word": "unknownagent", "reason": "x"}, "`mco rpc rpcutil agent_inventory -I web1`"),
        ({"stage": "action", "reason": "x"}, "`mco plugin doc service` lists the actions"),
        ({"stage": "inputs", "reason": "x"}, "`mco plugin doc service` says what the action takes"),
        ({"stage": "policy", "word": "denied", "reason": "x: /p:2 denies it"}, f"with TABs between: allow {ALICE} restart * *"),
        (
            {"stage": "policy", "reason": "x may not: there is no policy for service: write /p there, with a line `allow`"},
            "on web1: there is no policy for service: write /p there, with a line `allow`",
        ),
        ({"stage": "room", "word": "busy", "reason": "x"}, "try again later"),
        ({"stage": "replay", "word": "replayed", "reason": "x"}, "send it anew"),
        ({"stage": "audit", "word": "auditfailed", "reason": "x"}, "see the log on web1"),
    ],
)
def test_each_stage_has_its_fix(data, fix):
    found = judged(reply(), reply(**data))
    assert (found.outcome, found.part) == (ENDS, CALL)
    assert fix in found.fix


def test_a_host_that_denies_the_question_itself_says_why_and_what_would_open_it():
    found = judged(reply(statuscode=1, refusal="denied", statusmsg="cert=alice may not call rpcutil explain on web1: /p:1 denies it"))
    assert found.outcome == DENIED
    assert headline(found, ASKED).startswith("will not explain: cert=alice may not call rpcutil explain")
    assert found.fix == f"in the policy of rpcutil on web1, with TABs between: allow {ALICE} explain * *"


@pytest.mark.parametrize("refusal", ["clockskew", "ttlexpired", "ttltoolong", "busy"])
def test_a_refusal_of_the_question_is_an_answer_too(refusal):
    found = judged(reply(statuscode=5, refusal=refusal, statusmsg="request 1 comes 90.0 s from the future"), ahead=90.0)
    assert (found.outcome, found.stage) == (ENDS, "room" if refusal == "busy" else "freshness")
    assert found.fix


def test_a_host_with_ruby_cannot_explain():
    said = "Attempted to call action explain for rpcutil but it's not declared in the DDL"
    assert judged(reply(statuscode=4, statusmsg=said)).outcome == CANNOT


def test_silence_is_no_answer():
    assert headline(judged(), ASKED) == "no answer"
    assert judged().outcome == SILENT


def test_equal_reasons_are_folded_and_those_that_would_run_come_last():
    found = [judged(reply(), reply(), host=f"db{number}") for number in (1, 2)]
    found += [
        judged(
            reply(stage="policy", reason=f"x may not on web{number}: p:1 denies it"), reply(stage="policy", reason="-"), f"web{number}"
        )
        for number in range(1, 13)
    ]
    shown = lines(found, ASKED)
    assert shown[0] == "web[1-12] (12): a discovery of it would end at the policy: x may not on web1: p:1 denies it"
    assert shown[-1] == "db[1-2] (2): service restart would run"


def test_a_clock_that_differs_is_told_with_the_limit():
    assert lines([judged(reply(), reply(), ahead=-3.0)], ASKED)[1] == (
        "   this clock is 3.0 s behind that of web1; up to 5 s ahead is taken"
    )
    assert len(lines([judged(reply(), reply(), ahead=0.2)], ASKED)) == 1


def test_versions_of_the_ddl_that_differ_and_inputs_that_were_not_told_are_notes():
    asked = replace(ASKED, inputs={"password": "x"})
    assert judged(reply(), reply(), asked=asked).notes == ("not told to the host, and so not checked: password",)


@pytest.mark.parametrize(
    ("earlier", "words"),
    [
        ({"stage": "filter", "reason": "class a: not on this host", "ago": 12.2}, "it ended 12 s ago at the stage filter: class a"),
        ({"stage": "accepted", "reason": "", "ago": 3.0}, "it was handed to its agent 3 s ago"),
        (None, "the host knows nothing of it"),
    ],
)
def test_how_an_earlier_request_ended_is_told(earlier, words):
    asked = replace(ASKED, request="a" * 32)
    data = {} if earlier is None else {"earlier": earlier}
    assert any(words in note for note in judged(reply(**data), reply(), asked=asked).notes)


def test_what_a_host_says_cannot_move_the_cursor():
    assert "\x1b" not in "\n".join(lines([judged(reply(stage="filter", reason="\x1b[2Jx"))], ASKED))


def test_json_has_one_object_a_host():
    told = Verdict("web1", ENDS, "call", "policy", "denied", "no", ahead=0.25, details={"skew": 5.0, "max_ttl": 60}).to_dict()
    assert told == {
        "host": "web1", "outcome": "ends", "part": "call", "stage": "policy", "word": "denied", "reason": "no", "rule": "", "fix": "",
        "clock_ahead": 0.25, "skew": 5.0, "max_ttl": 60, "ddl_version": None, "earlier": None, "notes": [],
    }  # fmt: skip
