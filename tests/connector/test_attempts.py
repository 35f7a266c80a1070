import pytest

from mcollective_py.connector.attempts import Attempts, refusal
from mcollective_py.connector.pool import Broker, TLSFiles

FIRST, SECOND = Broker("mq1"), Broker("mq2")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_every_broker_of_the_pool_is_told_with_its_last_reason_or_that_it_was_not_tried(clock: Clock):
    attempts = Attempts([FIRST, SECOND], clock)
    attempts.note(SECOND, "no route")
    attempts.note(SECOND, "refused")
    assert attempts.all() == [("mq1:61613", "not tried, the time was up"), ("mq2:61613", "refused")]
    assert str(attempts) == "mq2:61613: refused"


def test_the_same_trouble_is_logged_once_a_minute_and_another_at_once(clock: Clock, caplog: pytest.LogCaptureFixture):
    attempts = Attempts([FIRST, SECOND], clock)
    for seconds, broker, reason in ((0, FIRST, "refused"), (1, SECOND, "refused"), (59.9, FIRST, "refused"), (60, FIRST, "refused")):
        clock.now = 1000.0 + seconds
        attempts.note(broker, reason)
    attempts.note(FIRST, "silent")
    assert [record.getMessage() for record in caplog.records] == [
        "broker mq1:61613: refused",
        "broker mq2:61613: refused",
        "broker mq1:61613: refused",
        "broker mq1:61613: silent",
    ]


def test_a_quiet_note_is_kept_and_not_logged(clock: Clock, caplog: pytest.LogCaptureFixture):
    attempts = Attempts([FIRST], clock)
    attempts.note(FIRST, "closed", is_quiet=True)
    assert (str(attempts), caplog.records) == ("mq1:61613: closed", [])


def test_after_a_connection_the_same_trouble_is_news_again(clock: Clock, caplog: pytest.LogCaptureFixture):
    attempts = Attempts([FIRST], clock)
    attempts.note(FIRST, "refused")
    attempts.forget()
    assert str(attempts) == ""
    attempts.note(FIRST, "refused")
    assert len(caplog.records) == 2


def test_what_a_client_is_refused_names_cause_and_fix():
    denial = "bob, as node, may not subscribe to /queue/x"
    said = f"the broker mq1:61613 refuses this client: {denial}. "
    certified, named = Broker("mq1", tls=TLSFiles(cert="/etc/bob.pem", key="/etc/bob.key")), Broker("mq1", user="bob")
    assert (
        refusal(certified, denial)
        == f"{said}Its certificate is /etc/bob.pem: a caller's name ends in .mcollective, unless told otherwise"
    )
    assert refusal(named, denial) == f"{said}The user bob needs the rights of one who sends requests"
    assert refusal(named, "the broker is full") == "the broker mq1:61613 refuses this client: the broker is full"


@pytest.mark.parametrize(
    "said",
    [
        "NOT_FOUND - no exchange 'uk_broadcast' in vhost '/'",
        "ACCESS_REFUSED - access to exchange 'uk_directed' in vhost '/' refused for user 'bob'",
    ],
)
def test_a_collective_whose_exchange_is_refused_may_not_be_set_up(said):
    assert refusal(Broker("mq1", user="bob"), said) == (
        f"the broker mq1:61613 refuses this client: {said}: is the collective uk set up there? "
        "`mco broker setup rabbitmq --collective uk`, with a --collective for each of the others, too, "
        "and has the user bob the rights of one who sends requests?"
    )


def test_an_exchange_of_no_collective_is_its_administrators_affair():
    said = "NOT_FOUND - no exchange 'mcollective_reply' in vhost '/'"
    assert refusal(Broker("mq1"), said).endswith("are made by its administrator: `mco broker setup rabbitmq`")
