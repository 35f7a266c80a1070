import argparse

import pytest

from mcollective_py.cli.agentapplication import AgentApplication, action_and_things, agent_client, none_of, one_of
from mcollective_py.errors import UsageError

ACTIONS = ("status", "restart")


@pytest.mark.parametrize(
    ("words", "action", "things"),
    [
        (["restart", "exim4"], "restart", ["exim4"]),
        (["exim4", "restart"], "restart", ["exim4"]),
        (["restart", "exim4", "nginx"], "restart", ["exim4", "nginx"]),
        (["exim4", "nginx", "restart"], "restart", ["exim4", "nginx"]),
        (["status", "restart"], "status", ["restart"]),
        (["status"], "status", []),
    ],
)
def test_the_action_stands_first_or_last(words, action, things):
    assert action_and_things(words, ACTIONS) == (action, things)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which action? There are status, restart"),
        (["exim4", "restrat"], "no action among 'exim4 restrat': did you mean restart?"),
        (["exim4", "x"], "no action among 'exim4 x': there are status, restart"),
        (["a", "restart", "b"], "no action among 'a restart b': there are status, restart"),
    ],
)
def test_words_without_an_action_are_answered_with_what_there_is(words, said):
    with pytest.raises(UsageError) as refused:
        action_and_things(words, ACTIONS)
    assert str(refused.value) == said


@pytest.mark.parametrize(("things", "said"), [([], "which service?"), (["a", "b"], "one service at a time, not a, b")])
def test_an_action_about_one_thing_takes_one(things, said):
    assert one_of(["exim4"], "service") == "exim4"
    with pytest.raises(UsageError) as refused:
        one_of(things, "service")
    assert str(refused.value) == said


def test_an_action_about_no_thing_takes_none():
    none_of([], "count")
    with pytest.raises(UsageError, match="count takes no 'bash'"):
        none_of(["bash"], "count")


def test_answers_that_go_elsewhere_are_no_affair_of_a_command_that_shows_them():
    client = agent_client("service", "status", {}, argparse.Namespace(reply_to="x"))
    with pytest.raises(UsageError, match="--reply-to is for `mco rpc service status`"), client:
        pass


def test_a_command_without_more_says_nothing_and_keeps_the_code():
    application = AgentApplication()
    assert (application.line(None), list(application.closing([])), application.exitcode([], 2)) == (None, [], 2)
