import asyncio
import resource
import socket
import ssl
from collections import Counter

import pytest

from mcollective_py.broker import sockets
from mcollective_py.broker.arrivals import Arrivals
from mcollective_py.broker.refusals import Refusals
from mcollective_py.broker.settings import BrokerLimits, BrokerSettings, BrokerTLSFiles
from mcollective_py.broker.users import new_user


def silent(port, count):
    """Connections that say nothing."""
    return [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(count)]


def close(connections):
    for one in connections:
        one.close()


async def until(condition, deadline_s=10):
    async with asyncio.timeout(deadline_s):
        while not condition():
            await asyncio.sleep(0.01)


def test_those_who_say_nothing_make_room_for_those_who_do(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(arrivals=10))) as broker:
            idle = silent(broker.port, 40)
            client = await stomp(broker.port)
            assert client.connected.command == "CONNECTED"
            assert broker.counters["given up"] >= 10
            close(idle)

    asyncio.run(scenario())


def test_who_is_silent_until_the_login_is_due_is_cut_off(broker_of):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(login_s=0.2))) as broker:
            reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
            async with asyncio.timeout(5):
                assert await reader.read() == b""
            assert broker.counters["cut"] == 1
            writer.close()

    asyncio.run(scenario())


def test_who_stops_in_the_middle_of_a_handshake_is_cut_off_when_the_login_is_due(broker_of, authority, caplog):
    async def scenario():
        certificate, key = authority.issue("broker")
        tls = BrokerTLSFiles(certificate, key, authority.file)
        async with broker_of(BrokerSettings(port=0, tls=tls, limits=BrokerLimits(login_s=0.2))) as broker:
            reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
            writer.write(b"\x16\x03\x01\x02\x00")
            async with asyncio.timeout(5):
                assert await reader.read() == b""
            assert "cut off: no login in time" in caplog.text
            writer.close()

    asyncio.run(scenario())


def test_a_burst_of_logins_beyond_the_bound_waits_and_gets_in(broker_of, stomp):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, limits=BrokerLimits(arrivals=5))) as broker:
            clients = await asyncio.gather(*(stomp(broker.port) for _ in range(100)))
            assert {client.connected.command for client in clients} == {"CONNECTED"}
            assert broker.counters["given up"] == 0

    asyncio.run(scenario())


def test_no_file_descriptor_left_is_a_few_lines_and_no_end(broker_of, stomp, caplog):
    async def scenario():
        async with broker_of(BrokerSettings(port=0)) as broker:
            first = await stomp(broker.port)
            waiting = socket.socket()
            waiting.setblocking(False)
            used = waiting.fileno() + 1
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (used, hard))
            try:
                await asyncio.get_running_loop().sock_connect(waiting, ("127.0.0.1", broker.port))
                await until(lambda: "cannot take more connections: Too many open files" in caplog.text)
                assert await first.silence() == []
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert (await stomp(broker.port)).connected.command == "CONNECTED"
            assert caplog.text.count("cannot take more") <= 20
            assert "Traceback" not in caplog.text
            waiting.close()

    asyncio.run(scenario())


def test_one_address_off_this_machine_has_half_of_the_places_before_the_login():
    async def scenario():
        counters = Counter()
        arrivals = Arrivals(BrokerLimits(arrivals=10), 1000, lambda arrival: asyncio.Protocol(), counters, Refusals())
        pairs = [socket.socketpair() for _ in range(8)]
        for number, (ours, _) in enumerate(pairs):
            arrivals._take(ours, "192.0.2.1" if number < 7 else "192.0.2.2", 4000 + number)
        assert (arrivals.waiting, counters["turned away"]) == (6, 2)
        arrivals.close()
        assert arrivals.waiting == 0
        for pair in pairs:
            close(pair)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("first_words", "reason"),
    [
        (b"CONNECT\naccept-version:1.2\nhost:x\n\n\0", "it spoke plain STOMP, no TLS"),
        (b"STOMP\naccept-version:1.2\nhost:x\n\n\0", "it did not speak TLS"),
        (b"GET / HTTP/1.0\r\n\r\n", "it spoke HTTP"),
    ],
)
def test_who_does_not_speak_tls_is_told_apart_in_the_log(broker_of, authority, caplog, first_words, reason):
    async def scenario():
        certificate, key = authority.issue("broker")
        async with broker_of(BrokerSettings(port=0, tls=BrokerTLSFiles(certificate, key, authority.file))) as broker:
            _, writer = await asyncio.open_connection("127.0.0.1", broker.port)
            writer.write(first_words)
            await until(lambda: "refused by TLS" in caplog.text)
            assert f"{writer.get_extra_info('sockname')[1]} refused by TLS: " in caplog.text
            assert reason in caplog.text
            assert broker.counters["TLS refused"] == 1
            writer.close()

    asyncio.run(scenario())


def test_no_certificate_and_a_revoked_one_are_told_apart_in_the_log(broker_of, stomp, authority, caplog):
    async def scenario():
        alice = authority.issue("alice.mcollective")
        crl = authority.revoke(alice[0])
        certificate, key = authority.issue("broker")
        async with broker_of(BrokerSettings(port=0, tls=BrokerTLSFiles(certificate, key, authority.file, crl))) as broker:
            for files, reason in ((None, "it showed no client certificate"), (alice, "certificate revoked")):
                with pytest.raises((ssl.SSLError, ConnectionError)):
                    await stomp(broker.port, tls=authority.client(files))
                await until(lambda reason=reason: reason in caplog.text)
            assert broker.counters["TLS refused"] == 2

    asyncio.run(scenario())


def test_a_refused_login_names_who_was_tried_on_one_line(broker_of, stomp, caplog):
    async def scenario():
        async with broker_of(BrokerSettings(port=0, users={"op": new_user("op", "operator", "right")})) as broker:
            assert (await stomp(broker.port, login="op\u2028x\u202e", passcode="wrong")).connected.command == "ERROR"
            assert "(login op?x?) login refused: wrong login or passcode" in caplog.text

    asyncio.run(scenario())


def test_one_certificate_of_a_node_has_a_few_connections(broker_of, stomp, authority):
    async def scenario():
        certificate, key = authority.issue("broker")
        limits = BrokerLimits(node_connections=2)
        settings = BrokerSettings(port=0, tls=BrokerTLSFiles(certificate, key, authority.file), limits=limits)
        async with broker_of(settings) as broker:
            web1, web2, alice = (authority.client(authority.issue(name)) for name in ("web1.example", "web2.example", "al.mcollective"))
            first, *present = [await stomp(broker.port, tls=tls) for tls in (web1, web1, web2, alice, alice, alice)]
            third = await stomp(broker.port, tls=web1)
            assert third.connected.headers["message"] == "web1.example has 2 connections already"
            assert [client.connected.command for client in present] == ["CONNECTED"] * 5
            third.close()
            await until(lambda: broker.statistics()["connections"] == 6)
            first.close()
            await until(lambda: broker.statistics()["connections"] == 5)
            assert (await stomp(broker.port, tls=web1)).connected.command == "CONNECTED"

    asyncio.run(scenario())


def test_the_number_of_connections_stays_below_what_this_process_may_have(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (400, 400))
    assert sockets.sockets_allowed() == 336
