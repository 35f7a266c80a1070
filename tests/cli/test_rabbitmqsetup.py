import re

import pytest

from mcollective_py.cli.brokerrights import ADMIN, NODE, OPERATOR, Plan
from mcollective_py.cli.rabbitmqsetup import calls, rights

PLAN = Plan(("mcollective",), {NODE: "n" * 20, OPERATOR: "o" * 20, ADMIN: "a" * 20})


def test_each_collective_has_its_two_exchanges_and_replies_have_one():
    made = {call.path: call.body["type"] for call in calls(PLAN, "/") if call.path.startswith("exchanges/")}
    assert made == {
        "exchanges/%2F/mcollective_broadcast": "topic",
        "exchanges/%2F/mcollective_directed": "direct",
        "exchanges/%2F/mcollective_reply": "direct",
    }


def test_the_virtual_host_comes_first():
    assert next(calls(PLAN, "/fleet")).path == "vhosts/%2Ffleet"


def test_a_login_that_is_there_keeps_its_password():
    made = [call.path for call in calls(PLAN, "/", frozenset({NODE}))]
    assert "users/mcollective-node" not in made
    assert "users/mcollective-operator" in made
    assert "permissions/%2F/mcollective-node" in made


def test_passwords_go_to_the_three_logins_alone():
    secret = [call.path for call in calls(PLAN, "/") if "password" in call.body]
    assert secret == [f"users/{login}" for login in (NODE, OPERATOR, ADMIN)]


def test_hosts_may_send_registrations_where_that_is_asked_for():
    with_it = Plan(PLAN.collectives, PLAN.passwords, has_registration=True)
    assert re.search(rights(NODE, with_it)["write"], "mcollective_broadcast")
    keys = [[call.body["write"] for call in calls(plan, "/") if call.path.startswith("topic-")] for plan in (PLAN, with_it)]
    assert keys == [["^$"], ["^(registration|auditcollector)$"]]


@pytest.mark.parametrize(
    ("login", "right", "name", "is_allowed"),
    [
        (NODE, "write", "mcollective_directed", False),
        (NODE, "write", "mcollective_reply", True),
        (NODE, "write", "amq.default", True),
        (NODE, "read", "mcollective_reply", False),
        (NODE, "configure", "mcollective_broadcast", False),
        (OPERATOR, "write", "mcollective_broadcast", True),
        (OPERATOR, "write", "amq.default", False),
        (OPERATOR, "read", "mcollective_broadcast", False),
        (OPERATOR, "read", "mcollective_reply", True),
        (NODE, "write", "mcollective_broadcast", False),
        (OPERATOR, "configure", "amq.gen-8k8M2CCZGYit_cBZuHsxRQ", True),
        (OPERATOR, "configure", "stomp.gen-8k8M2CCZGYit_cBZuHsxRQ", True),
        (NODE, "configure", "stomp-subscription-Zj59jrD_UXAyK9PhCb-bfg", True),
        (NODE, "configure", "stomp-subscription-evil", False),
        (ADMIN, "write", "mcollective_directed", True),
        (ADMIN, "write", "other_directed", False),
        (NODE, "read", "xmcollective_broadcast", False),
    ],
)
def test_rights_are_patterns_of_whole_names(login, right, name, is_allowed):
    assert (re.search(rights(login, PLAN)[right], name) is not None) is is_allowed
