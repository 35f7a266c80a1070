from dataclasses import replace

from mcollective_py.ddl.model import DDL, ActionDDL, Input, Metadata
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.call import Outcome
from mcollective_py.server.secretsinuse import SecretsInUse

ACTION = ActionDDL("set", "Sets", inputs={"password": Input("password", "Password", "The new one", "string", sensitive=True)})
DOCUMENT = DDL(Metadata("passwd", "Passwords", "us", "Apache-2.0", "1.0", "none", 5.0), {"set": ACTION})
REQUEST = Request("0" * 32, "cert=alice", "desk", "eu", "passwd", "set", {"password": "hushhush"}, Filter(), 1700000000.25, 60)


def test_a_secret_is_left_out_from_its_begin_and_some_time_beyond_its_end():
    secrets = SecretsInUse()
    assert secrets.cleared("hushhush") == "hushhush"
    secrets.begin(REQUEST, DOCUMENT)
    assert secrets.cleared("ValueError: 'hushhush'") == "ValueError: '***'"
    secrets.end(REQUEST, Outcome())
    assert secrets.cleared("late: hushhush") == "late: ***"
    for number in range(1, 65):
        other = replace(REQUEST, id=f"{number:032x}", body={"password": f"other{number}"})
        secrets.begin(other, DOCUMENT)
        secrets.end(other, Outcome())
    assert secrets.cleared("hushhush") == "hushhush"  # only so many are kept


def test_the_message_of_a_failure_loses_the_requests_secrets_and_outputs_stay():
    secrets = SecretsInUse()
    secrets.begin(REQUEST, DOCUMENT)
    failed = Outcome(5, "ValueError: hushhush is too short", {"echo": "hushhush"})
    assert secrets.end(REQUEST, failed) == Outcome(5, "ValueError: *** is too short", {"echo": "hushhush"})
    assert secrets.end(REQUEST, failed) == failed  # unknown by now


def test_requests_without_secrets_cost_nothing():
    secrets = SecretsInUse()
    secrets.begin(replace(REQUEST, action=None, body="hushhush"), None)
    secrets.begin(replace(REQUEST, body={}), DOCUMENT)
    assert secrets.cleared("hushhush") == "hushhush"
    assert secrets.end(REQUEST, Outcome(1, "hushhush")) == Outcome(1, "hushhush")
