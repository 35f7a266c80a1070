import asyncio

import pytest

from mcollective_py.broker.frames import Frame, RefusedFrame
from mcollective_py.broker.session import Hello, connected_frame, read_hello
from mcollective_py.broker.settings import BrokerLimits, BrokerSettings
from mcollective_py.broker.users import new_user

OPEN = BrokerSettings(port=0)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Hello("1.0", 0.0, 0.0)),
        ({"accept-version": "1.0"}, Hello("1.0", 0.0, 0.0)),
        ({"accept-version": "1.1,1.0", "heart-beat": "30500,29500"}, Hello("1.1", 29.5, 30.5)),
        ({"accept-version": "1.0,1.1,1.2,1.3", "heart-beat": "10,0"}, Hello("1.2", 0.0, 0.5)),
        ({"accept-version": "1.2", "heart-beat": "0,0"}, Hello("1.2", 0.0, 0.0)),
        ({"accept-version": "1.0", "heart-beat": "1000,1000"}, Hello("1.0", 0.0, 0.0)),
    ],
)
def test_the_best_common_version_and_the_longer_heart_beats_are_agreed_on(headers, expected):
    assert read_hello(Frame("CONNECT", headers), 0.5) == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"accept-version": "7.3"},
        {"accept-version": "1.1", "heart-beat": "1"},
        {"accept-version": "1.1", "heart-beat": "a,b"},
        {"accept-version": "1.1", "heart-beat": "-1,5"},
        {"accept-version": "1.1", "heart-beat": "99999999999,5"},
    ],
)
def test_what_cannot_be_agreed_on_is_refused(headers):
    with pytest.raises(RefusedFrame):
        read_hello(Frame("CONNECT", headers), 0.5)


def test_the_answer_names_version_session_and_heart_beat():
    answer = connected_frame(Hello("1.2", 0.0, 0.0), "s1", 0.5).split(b"\n")
    assert answer[:3] == [b"CONNECTED", b"version:1.2", b"session:s1"]
    assert b"heart-beat:500,500" in answer


def test_a_request_and_its_reply_travel_over_topic_and_temporary_queue(broker_of, stomp):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client, node = await stomp(broker.port), await stomp(broker.port, version="1.1")
            await client.subscribe("/temp-queue/replies", id="r")
            await node.subscribe("/topic/mcollective.echo.agent")
            client.say(
                "SEND", {"destination": "/topic/mcollective.echo.agent", "reply-to": "/temp-queue/replies", "mc_sender": "a:b"}, b"\0hi"
            )
            request = await node.hear()
            assert (request.headers["mc_sender"], request.body) == ("a:b", b"\0hi")
            assert request.headers["reply-to"].startswith("/reply-queue/")
            node.say("SEND", {"destination": request.headers["reply-to"]}, b"there")
            reply = await client.hear()
            assert (reply.headers["subscription"], reply.headers["destination"], reply.body) == ("r", "/temp-queue/replies", b"there")

    asyncio.run(scenario())


def test_only_its_owner_reads_a_temporary_queue(broker_of, stomp):
    async def scenario():
        async with broker_of(OPEN) as broker:
            owner, thief = await stomp(broker.port), await stomp(broker.port)
            await owner.subscribe("/temp-queue/replies")
            await owner.subscribe("/topic/own", id="2")
            owner.say("SEND", {"destination": "/topic/own", "reply-to": "/temp-queue/replies"})
            address = (await owner.hear()).headers["reply-to"]
            await thief.subscribe("/temp-queue/replies")
            thief.say("SEND", {"destination": address}, b"for the owner")
            assert (await owner.hear()).body == b"for the owner"
            assert await thief.silence() == []
            thief.say("SUBSCRIBE", {"destination": address, "id": "3"})
            assert "read by its owner" in await thief.error()

    asyncio.run(scenario())


def test_a_directed_request_reaches_the_named_node_alone(broker_of, stomp):
    async def scenario():
        async with broker_of(OPEN) as broker:
            web1, web2, client = [await stomp(broker.port) for _ in range(3)]
            await web1.subscribe("/queue/mcollective.nodes", selector="mc_identity = 'web1'")
            await web2.subscribe("/queue/mcollective.nodes", selector="mc_identity = 'web2'")
            for node in ("web2", "web1", "web3"):
                client.say("SEND", {"destination": "/queue/mcollective.nodes", "mc_identity": node}, node.encode())
            await client.silence()
            assert (await web1.hear()).body == b"web1"
            assert (await web2.hear()).body == b"web2"
            assert await web1.silence() == await web2.silence() == []

    asyncio.run(scenario())


def test_transactions_are_sent_at_commit_and_forgotten_at_abort(broker_of, stomp):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client = await stomp(broker.port)
            await client.subscribe("/queue/a")
            for name in ("kept", "lost"):
                client.say("BEGIN", {"transaction": name})
                client.say("SEND", {"destination": "/queue/a", "transaction": name}, name.encode())
            assert await client.silence() == []
            client.say("ABORT", {"transaction": "lost"})
            client.say("COMMIT", {"transaction": "kept"})
            assert [frame.body for frame in await client.silence()] == [b"kept"]
            client.say("COMMIT", {"transaction": "lost"})
            assert await client.error() == "no such transaction"

    asyncio.run(scenario())


def test_a_transaction_holds_no_more_than_its_bound(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(transaction_messages=3))) as broker:
            client = await stomp(broker.port)
            client.say("BEGIN", {"transaction": "t"})
            for _ in range(4):
                client.say("SEND", {"destination": "/queue/a", "transaction": "t"})
            assert await client.error() == "too much in open transactions"

    asyncio.run(scenario())


@pytest.mark.parametrize("ack", ["client", "client-individual"])
def test_acknowledgements_are_taken_and_1_2_is_told_what_to_acknowledge(broker_of, stomp, ack):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client = await stomp(broker.port)
            await client.subscribe("/queue/a", ack=ack)
            client.say("SEND", {"destination": "/queue/a"}, b"x")
            message = await client.hear()
            assert message.headers["ack"] == message.headers["message-id"]
            await client.confirm("ACK", {"id": message.headers["ack"]})

    asyncio.run(scenario())


def test_a_1_0_client_subscribes_without_an_id(broker_of, stomp):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client = await stomp(broker.port, version="1.0")
            await client.confirm("SUBSCRIBE", {"destination": "/topic/a"})
            client.say("SEND", {"destination": "/topic/a", "url": "http://a"}, b"x")
            message = await client.hear()
            assert "subscription" not in message.headers
            assert message.headers["url"] == "http://a"
            await client.confirm("UNSUBSCRIBE", {"destination": "/topic/a"})
            client.say("SEND", {"destination": "/topic/a"}, b"x")
            assert await client.silence() == []

    asyncio.run(scenario())


def test_disconnect_is_confirmed_and_then_the_connection_ends(broker_of, stomp):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client = await stomp(broker.port)
            await client.confirm("DISCONNECT", {})
            assert await client.reader.read() == b""

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("command", "headers", "reason"),
    [
        ("SEND", {"destination": "/queue/a", "transaction": "t"}, "no such transaction"),
        ("SUBSCRIBE", {"destination": "/topic/a"}, "needs the header id"),
        ("SUBSCRIBE", {"id": "1"}, "destination is missing"),
        ("SUBSCRIBE", {"destination": "/topic/a", "id": "1", "ack": "maybe"}, "ack is"),
        ("SUBSCRIBE", {"destination": "/topic/a", "id": "1", "selector": "a > 1"}, "not understood"),
        ("SUBSCRIBE", {"destination": "/queue/>", "id": "1"}, "for topics only"),
        ("UNSUBSCRIBE", {"id": "1"}, "no subscription of that id"),
        ("UNSUBSCRIBE", {}, "needs the header id"),
        ("BEGIN", {}, "transaction is missing"),
        ("CONNECT", {}, "already connected"),
    ],
)
def test_what_cannot_be_done_gets_an_error_that_says_why(broker_of, stomp, command, headers, reason):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client = await stomp(broker.port)
            client.say(command, headers)
            assert reason in await client.error()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "a destination begins with"),
        ({"destination": "/topic/*"}, "cannot send to the pattern"),
        ({"destination": "/temp-queue/x"}, "only the reply-to address"),
        ({"destination": "/queue/c.reply."}, "not a destination"),
        ({"destination": "/queue/a", "reply-to": "elsewhere"}, "a destination begins with"),
    ],
)
def test_a_message_that_goes_nowhere_is_refused_and_its_sender_stays(broker_of, stomp, headers, reason):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client = await stomp(broker.port)
            client.say("SEND", {**headers, "receipt": "r1"})
            error = await client.hear()
            assert (error.command, error.headers["receipt-id"]) == ("ERROR", "r1")
            assert error.headers["message"].startswith("anonymous is not authorized to send this: ")
            assert reason in error.headers["message"]
            assert await client.silence() == []

    asyncio.run(scenario())


def test_a_hundred_messages_that_go_nowhere_in_a_minute_are_enough(broker_of, stomp):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client = await stomp(broker.port)
            for _ in range(101):
                client.say("SEND", {"destination": "/temp-queue/x"})
            for _ in range(100):
                assert "not authorized" in (await client.hear()).headers["message"]
            assert await client.error() == "more than 100 refused messages in a minute"
            assert broker.counters["messages refused"] == 100

    asyncio.run(scenario())


def test_an_error_names_the_receipt_that_was_asked_for(broker_of, stomp):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client = await stomp(broker.port)
            client.say("UNSUBSCRIBE", {"id": "9", "receipt": "r9"})
            assert (await client.hear()).headers["receipt-id"] == "r9"

    asyncio.run(scenario())


def test_subscriptions_and_temporary_queues_are_bounded(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(subscriptions=2, temp_queues=1))) as broker:
            client = await stomp(broker.port)
            await client.subscribe("/topic/a", id="1")
            client.say("SUBSCRIBE", {"destination": "/topic/b", "id": "1"})
            assert "of that id already" in await client.error()
            client = await stomp(broker.port)
            await client.subscribe("/topic/a", id="1")
            await client.subscribe("/temp-queue/b", id="2")
            client.say("SUBSCRIBE", {"destination": "/topic/c", "id": "3"})
            assert await client.error() == "more than 2 subscriptions"
            client = await stomp(broker.port)
            await client.subscribe("/temp-queue/b", id="2")
            client.say("SUBSCRIBE", {"destination": "/temp-queue/c", "id": "3"})
            assert await client.error() == "more than 1 temporary queues"

    asyncio.run(scenario())


def test_nothing_is_left_of_a_client_that_went(broker_of, stomp):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client, other = await stomp(broker.port), await stomp(broker.port)
            await client.subscribe("/temp-queue/replies")
            await client.subscribe("/topic/a", id="2")
            assert broker.router.queue_count == 1
            client.say("DISCONNECT", {"receipt": "bye"})
            await client.hear()
            assert broker.router.queue_count == 0
            other.say("SEND", {"destination": "/topic/a"})
            await other.silence()
            assert broker.router.counters["delivered"] == 0

    asyncio.run(scenario())


NODES_ONLY = {"node": new_user("node", "node", "node-secret")}


async def as_node(stomp, broker):
    return await stomp(broker.port, login="node", passcode="node-secret")


def test_a_node_cannot_make_reply_queues(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, users=NODES_ONLY, limits=BrokerLimits(queues=5))) as broker:
            node = await as_node(stomp, broker)
            for number in range(20):
                node.say("SEND", {"destination": f"/queue/mcollective.reply.{number}"})
            await node.confirm("SEND", {"destination": "/topic/mcollective.registration.agent"})
            assert broker.statistics()["queues"] == 0
            assert broker.router.counters["nobody"] == 20

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("destinations", "reason"),
    [
        (["/topic/mcollective.a.agent"] * 2, "one is enough for a node"),
        ([f"/topic/*.a{number}.agent" for number in range(3)], "more than 2 subscriptions with a wildcard"),
        ([f"/queue/c{number}.nodes" for number in range(4)], "more than 3 subscriptions to queues"),
        ([f"/topic/c.a{number}.agent" for number in range(6)], "more than 5 subscriptions"),
    ],
)
def test_a_node_subscribes_to_a_few_places_and_to_each_once(broker_of, stomp, destinations, reason):
    async def scenario():
        limits = BrokerLimits(node_subscriptions=5, node_patterns=2, node_queues=3)
        async with broker_of(BrokerSettings(port=0, users=NODES_ONLY, limits=limits)) as broker:
            node = await as_node(stomp, broker)
            *good, bad = ({"destination": one, "id": str(id), "selector": "mc_identity = 'a'"} for id, one in enumerate(destinations))
            for headers in good:
                await node.confirm("SUBSCRIBE", headers)
            node.say("SUBSCRIBE", bad)
            assert reason in await node.error()

    asyncio.run(scenario())


def test_a_nodes_frames_have_small_headers_and_bodies(broker_of, stomp):
    async def scenario():
        limits = BrokerLimits(node_head=1000, node_body=2000)
        async with broker_of(BrokerSettings(port=0, users=NODES_ONLY, limits=limits)) as broker:
            target = {"destination": "/topic/mcollective.registration.agent"}
            for headers, body, reason in (({"x": "y" * 1000}, b"", "headers of more than 1000"), ({}, b"z" * 2001, "more than 2000")):
                node = await as_node(stomp, broker)
                await node.confirm("SEND", {**target, "x": "y" * 800}, b"z" * 2000)
                node.say("SEND", {**target, **headers}, body)
                assert reason in await node.error()

    asyncio.run(scenario())
