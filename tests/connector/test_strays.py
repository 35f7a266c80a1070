import pytest

from mcollective_py.connector.strays import is_stray

TOPIC, QUEUE = "/topic/mcollective.rpcutil.agent", "/queue/mcollective.nodes"
EXCHANGE, SHARED = "/exchange/mcollective_broadcast/rpcutil", "/exchange/mcollective_broadcast"
TEMPORARY = "/temp-queue/mcollective_reply_mcollective"


@pytest.mark.parametrize(
    ("subscribed", "headers"),
    [
        (TOPIC, {"destination": TOPIC}),
        (TOPIC, {"destination": "mcollective.rpcutil.agent"}),
        (QUEUE, {"destination": QUEUE, "x-deaths": "none"}),
        (EXCHANGE, {"destination": EXCHANGE}),
        (SHARED, {"destination": f"{SHARED}/"}),
        (TEMPORARY, {"destination": "/queue/amq.gen-Xy"}),
    ],
)
def test_what_was_sent_to_the_subscribed_destination_is_for_us(subscribed, headers):
    assert not is_stray(headers, subscribed)


@pytest.mark.parametrize(
    ("subscribed", "headers"),
    [
        (TOPIC, {"destination": "/topic/mcollective.*.agent"}),
        (TOPIC, {"destination": "/topic/*.*.agent"}),
        (TOPIC, {"destination": "/queue/mcollective.rpcutil.agent"}),
        (QUEUE, {"destination": "/queue/mcollective.*"}),
        (EXCHANGE, {"destination": "/exchange/mcollective_broadcast/registration"}),
        (EXCHANGE, {"destination": "/exchange/stomp-subscription-own/rpcutil"}),
        (EXCHANGE, {"destination": "/queue/stomp-subscription-known"}),
        (SHARED, {"destination": f"{SHARED}/registration"}),
        (TOPIC, {}),
    ],
)
def test_what_was_sent_elsewhere_is_not(subscribed, headers):
    assert is_stray(headers, subscribed)


@pytest.mark.parametrize("mark", ["x-death", "x-first-death-exchange", "x-first-death-reason", "x-last-death-queue"])
def test_a_dead_letter_is_for_nobody(mark):
    assert is_stray({"destination": EXCHANGE, mark: "registration"}, EXCHANGE)
    assert is_stray({"destination": "/queue/amq.gen-Xy", mark: "expired"}, TEMPORARY)
