from mcollective_py.broker.messages import Message, Subscription


def message(headers, body=b"hello"):
    return Message("b-1", "/topic/a", headers, body, arrived=0.0, expires=None)


def frame(subscription, one, version="1.2"):
    return one.head(version, with_ack=subscription.with_ack) + subscription.line + one.tail


def test_a_message_frame_carries_the_senders_headers_and_the_brokers_own():
    subscription = Subscription(None, None, id="7")
    sent = message({"destination": "/topic/a", "mc_sender": "web1:x", "receipt": "r", "content-length": "5", "message-id": "forged"})
    assert frame(subscription, sent) == (
        b"MESSAGE\ndestination:/topic/a\nmessage-id:b-1\nmc_sender:web1\\cx\ncontent-length:5\nsubscription:7\n\nhello\0"
    )


def test_the_sender_cannot_forge_what_the_broker_says():
    sent = message({"subscription": "9", "ack": "x", "login": "root", "passcode": "secret", "transaction": "t"})
    assert sent.head("1.2", with_ack=False) == b"MESSAGE\ndestination:/topic/a\nmessage-id:b-1\ncontent-length:5\n"


def test_each_version_gets_its_own_escapes_and_one_encoding():
    sent = message({"k": "a:b\n"})
    assert b"k:a\\cb\\n\n" in sent.head("1.1", with_ack=False)
    assert b"k:" not in sent.head("1.0", with_ack=False)
    assert sent.head("1.1", with_ack=False) is sent.head("1.1", with_ack=False)


def test_a_subscription_without_an_id_adds_no_line():
    assert Subscription(None, None).line == b""


def test_the_ack_header_names_the_message():
    assert b"\nack:b-1\n" in frame(Subscription(None, None, id="1", with_ack=True), message({}))


def test_headers_count_as_memory_as_wide_as_they_are_held():
    plain, letters, emoji = (message({"x": text}, b"").size for text in ("", "a" * 1000, "\U0001f600" + "a" * 999))
    assert plain < 1024
    assert 1000 <= letters - plain < 1100
    assert 4000 <= emoji - plain < 4100
