import asyncio
import socket

import pytest

from mcollective_py.broker.frames import encode_frame
from mcollective_py.broker.settings import BrokerLimits, BrokerSettings

OPEN = BrokerSettings(port=0)


async def until(condition, deadline_s=15):
    """Wait until a condition holds, looking at it in every turn of the loop's clock."""
    async with asyncio.timeout(deadline_s):
        while not condition():
            await asyncio.sleep(0.01)


async def raw(port):
    async with asyncio.timeout(5):
        return await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"SEND\ndestination:/topic/a\n\nx\0",
        b"CONNECT\nlogin:\xff\n\n\0",
        b"CONNECT\nx:" + b"a" * 200_000,
        b"CONNECT\n" + b"h:v\n" * 10_000,
        b"CONNECT\ncontent-length:1000000000000\n\n",
    ],
)
def test_who_begins_with_nonsense_hears_an_error_and_is_closed(broker_of, data):
    async def scenario():
        async with broker_of(OPEN) as broker:
            reader, writer = await raw(broker.port)
            writer.write(data)
            async with asyncio.timeout(5):
                assert (await reader.read()).startswith(b"ERROR\nmessage:")
            writer.close()
            await until(lambda: broker.statistics()["connections"] == 0)

    asyncio.run(scenario())


def test_who_does_not_log_in_in_time_is_cut_off(broker_of):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(login_s=0.2))) as broker:
            reader, writer = await raw(broker.port)
            writer.write(b"CONNECT\nlogin:x\n")
            async with asyncio.timeout(5):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(scenario())


def test_heart_beats_are_sent_and_a_silent_client_is_cut_off(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(heartbeat_s=0.1))) as broker:
            client = await stomp(broker.port, heart_beat="0,100")
            async with asyncio.timeout(5):
                beats = await client.reader.readexactly(3)
            assert beats == b"\n\n\n"
            silent = await stomp(broker.port, heart_beat="100,0")
            async with asyncio.timeout(5):
                assert await silent.reader.read() == b""
            assert broker.counters["cut"] == 1

    asyncio.run(scenario())


def test_a_client_that_beats_is_kept(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(heartbeat_s=0.1))) as broker:
            client = await stomp(broker.port, heart_beat="100,100")
            for _ in range(8):
                client.writer.write(b"\n")
                async with asyncio.timeout(5):
                    await client.reader.readexactly(1)
            assert await client.silence() == []

    asyncio.run(scenario())


SMALL = BrokerLimits(lag=16 * 1024, window=64 * 1024, hold=256 * 1024, unread=1024 * 1024, stall_s=1.0)
CHUNK = b"s" * 20_000


async def deaf(port, destination):
    """A subscriber whose socket nobody reads, with a small buffer."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", port))
    await loop.sock_sendall(sock, encode_frame("CONNECT", {"accept-version": "1.2"}))
    assert (await loop.sock_recv(sock, 4096)).startswith(b"CONNECTED")
    await loop.sock_sendall(sock, encode_frame("SUBSCRIBE", {"destination": destination, "id": "1", "receipt": "r"}))
    assert (await loop.sock_recv(sock, 4096)).startswith(b"RECEIPT")
    return sock


def test_a_subscriber_that_stops_reading_is_cut_off_and_the_others_get_everything(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=SMALL)) as broker:
            stopped = await deaf(broker.port, "/topic/a")
            healthy, publisher = await stomp(broker.port), await stomp(broker.port)
            await healthy.subscribe("/topic/a")
            for number in range(600):
                publisher.say("SEND", {"destination": "/topic/a", "number": str(number)}, CHUNK)
            for number in range(600):
                assert (await healthy.hear()).headers["number"] == str(number)
            await until(lambda: broker.counters["cut"] == 1)
            assert await publisher.silence() == []
            stopped.close()

    asyncio.run(scenario())


def test_one_that_has_a_little_unread_and_makes_no_progress_is_cut_off_too(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(lag=16 * 1024, stall_s=0.5))) as broker:
            stopped = await deaf(broker.port, "/topic/a")
            publisher = await stomp(broker.port)
            publisher.say("SEND", {"destination": "/topic/a"}, b"s" * 8_000_000)
            await until(lambda: broker.counters["cut"] == 1)
            stopped.close()

    asyncio.run(scenario())


def test_a_burst_to_a_reader_that_reads_is_delivered_whole_while_its_publisher_is_held(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=SMALL)) as broker:
            reader, publisher = await stomp(broker.port), await stomp(broker.port)
            await reader.subscribe("/topic/a")
            for _ in range(2000):
                publisher.say("SEND", {"destination": "/topic/a"}, CHUNK)
            await until(lambda: broker.counters["held"] >= 1)
            for _ in range(2000):
                assert len((await reader.hear()).body) == len(CHUNK)
            assert broker.counters["cut"] == 0

    asyncio.run(scenario())


def test_a_burst_into_a_queue_waits_there_and_arrives_in_order(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=SMALL)) as broker:
            reader, publisher = await stomp(broker.port), await stomp(broker.port)
            await reader.subscribe("/queue/a")
            for number in range(2000):
                publisher.say("SEND", {"destination": "/queue/a", "number": str(number)}, CHUNK)
            for number in range(2000):
                assert (await reader.hear()).headers["number"] == str(number)
            assert broker.router.counters["dropped"] == 0

    asyncio.run(scenario())


def test_replies_to_a_client_that_stopped_reading_wait_in_its_queue_within_bounds(broker_of, stomp):
    async def scenario():
        limits = BrokerLimits(window=64 * 1024, queue_bytes=500_000, stall_s=600)
        async with broker_of(BrokerSettings(port=0, limits=limits)) as broker:
            stopped = await deaf(broker.port, "/queue/c.reply.x")
            node = await stomp(broker.port)
            for _ in range(1000):
                node.say("SEND", {"destination": "/queue/c.reply.x"}, CHUNK)
            assert await node.silence() == []
            assert 0 < broker.router.kept_bytes <= 500_000
            stopped.close()

    asyncio.run(scenario())


def test_a_client_that_asks_for_receipts_and_does_not_read_them_is_no_danger(broker_of, stomp):
    async def scenario():
        limits = BrokerLimits(lag=16 * 1024, hold=64 * 1024, stall_s=0.5)
        async with broker_of(BrokerSettings(port=0, limits=limits)) as broker:
            greedy = await deaf(broker.port, "/topic/none")
            frame = encode_frame("SEND", {"destination": "/topic/x", "receipt": "r" * 2000})

            async def flood():
                for _ in range(20_000):
                    await asyncio.get_running_loop().sock_sendall(greedy, frame)

            with pytest.raises(OSError):
                await flood()
            greedy.close()
            assert broker.counters["cut"] == 1
            other = await stomp(broker.port)
            assert await other.silence() == []

    asyncio.run(scenario())


def test_a_body_beyond_the_limit_ends_the_connection_and_costs_nothing(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(body=1000))) as broker:
            client = await stomp(broker.port)
            client.say("SEND", {"destination": "/topic/a"}, b"x" * 1001)
            assert "more than 1000 bytes" in await client.error()

    asyncio.run(scenario())


def test_more_connections_than_allowed_are_turned_away(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(connections=1))) as broker:
            first = await stomp(broker.port)
            with pytest.raises((ConnectionError, TimeoutError)):
                await stomp(broker.port)
            assert await first.silence() == []

    asyncio.run(scenario())


def test_what_a_client_says_cannot_begin_a_line_of_the_log(broker_of, stomp, caplog):
    async def scenario():
        async with broker_of(OPEN) as broker:
            client = await stomp(broker.port)
            client.say("SUBSCRIBE", {"destination": "/topic/a", "id": "1", "selector": "a = 'x\nroot logged in' ?\n?"})
            assert "\n" in await client.error()
            assert all("\n" not in record.getMessage() for record in caplog.records)

    asyncio.run(scenario())
