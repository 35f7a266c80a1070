import asyncio
import socket
import ssl

import pytest

from mcollective_py.broker import server, sockets
from mcollective_py.broker.frames import RefusedFrame
from mcollective_py.broker.server import Broker
from mcollective_py.broker.settings import BrokerSettings, BrokerTLSFiles
from mcollective_py.broker.users import new_user
from mcollective_py.errors import ConfigError, ConnectorError

USERS = {name: new_user(name, role, f"{name}-secret") for name, role in (("root", "admin"), ("op", "operator"), ("node", "node"))}
WITH_USERS = BrokerSettings(port=0, users=USERS)
REQUESTS = "/topic/mcollective.rpcutil.agent"
NODES = "/queue/mcollective.nodes"
REPLIES = "/queue/mcollective.reply.op_1.1"


def login(name):
    return {"login": name, "passcode": f"{name}-secret"}


async def refusal(connecting):
    """What a CONNECT is answered with when it is not welcome; a TLS refusal counts as one."""
    try:
        client = await connecting
    except (ssl.SSLError, ConnectionError):
        return "refused by TLS"
    assert client.connected.command == "ERROR"
    return client.connected.headers["message"]


def test_the_right_password_logs_in_again_and_again(broker_of, stomp):
    async def scenario():
        async with broker_of(WITH_USERS) as broker:
            for _ in range(3):
                assert (await stomp(broker.port, **login("op"))).connected.command == "CONNECTED"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "login needed"),
        ({"login": "op"}, "the passcode is empty"),
        ({"login": "op", "passcode": ""}, "the passcode is empty"),
        ({"login": "op", "passcode": "wrong"}, "wrong login or passcode"),
        ({"login": "nobody", "passcode": "op-secret"}, "wrong login or passcode"),
    ],
)
def test_other_logins_are_refused(broker_of, stomp, headers, reason):
    async def scenario():
        async with broker_of(WITH_USERS) as broker:
            assert await refusal(stomp(broker.port, **headers)) == reason

    asyncio.run(scenario())


def test_frames_that_follow_the_login_at_once_wait_for_it(broker_of, stomp):
    async def scenario():
        async with broker_of(WITH_USERS) as broker:
            reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
            writer.write(b"CONNECT\nlogin:root\npasscode:root-secret\n\n\0SUBSCRIBE\ndestination:/topic/a\nreceipt:r\n\n\0")
            async with asyncio.timeout(5):
                assert (await reader.readuntil(b"\0")).startswith(b"CONNECTED")
                assert (await reader.readuntil(b"\0")).startswith(b"RECEIPT")
            writer.close()

    asyncio.run(scenario())


def test_a_fleet_with_one_login_waits_for_one_check(broker_of, stomp):
    async def scenario():
        async with broker_of(WITH_USERS) as broker:
            clients = await asyncio.gather(*(stomp(broker.port, **login("node")) for _ in range(50)))
            assert {client.connected.command for client in clients} == {"CONNECTED"}

    asyncio.run(asyncio.wait_for(scenario(), 30))


@pytest.mark.parametrize(
    ("name", "command", "headers"),
    [
        ("node", "SEND", {"destination": REQUESTS}),
        ("node", "SEND", {"destination": NODES, "mc_identity": "web1"}),
        ("node", "SUBSCRIBE", {"destination": REPLIES, "id": "1"}),
        ("node", "SUBSCRIBE", {"destination": "/queue/mcollective.reply.>", "id": "1"}),
        ("node", "SUBSCRIBE", {"destination": NODES, "id": "1"}),
        ("op", "SEND", {"destination": REPLIES}),
        ("op", "SEND", {"destination": "/topic/elsewhere"}),
        ("op", "SEND", {"destination": REQUESTS, "reply-to": NODES}),
        ("op", "SUBSCRIBE", {"destination": REQUESTS, "id": "1"}),
        ("op", "SUBSCRIBE", {"destination": NODES, "id": "1", "selector": "mc_identity = 'web1'"}),
        ("op", "SUBSCRIBE", {"destination": "/topic/>", "id": "1"}),
    ],
)
def test_a_role_cannot_do_what_belongs_to_another(broker_of, stomp, name, command, headers):
    async def scenario():
        async with broker_of(WITH_USERS) as broker:
            client = await stomp(broker.port, **login(name))
            assert client.connected.command == "CONNECTED"
            client.say(command, headers)
            if command == "SEND":
                reason = (await client.hear()).headers["message"]
                assert reason.startswith(f"{name} is not authorized to send this: ")
                await client.confirm("BEGIN", {"transaction": "it stays"})
                assert broker.counters["messages refused"] == 1
            else:
                reason = await client.error()
                assert broker.counters["refused"] == 1
            assert any(words in reason for words in ("may not", "no place for", "for topics only", "with a selector"))

    asyncio.run(scenario())


def test_operators_and_nodes_do_their_work(broker_of, stomp):
    async def scenario():
        async with broker_of(WITH_USERS) as broker:
            operator, node = await stomp(broker.port, **login("op")), await stomp(broker.port, **login("node"))
            await operator.subscribe(REPLIES)
            await node.subscribe(REQUESTS)
            await node.subscribe(NODES, id="2", selector="mc_identity = 'web1'")
            operator.say("SEND", {"destination": REQUESTS, "reply-to": REPLIES}, b"all")
            operator.say("SEND", {"destination": NODES, "mc_identity": "web1", "reply-to": REPLIES}, b"one")
            for _ in range(2):
                request = await node.hear()
                node.say("SEND", {"destination": request.headers["reply-to"]}, request.body)
            assert [(await operator.hear()).body for _ in range(2)] == [b"all", b"one"]
            await node.confirm("SEND", {"destination": "/topic/mcollective.registration.agent"})

    asyncio.run(scenario())


def mutual(authority, **changes):
    certificate, key = authority.issue("broker")
    return BrokerSettings(port=0, tls=BrokerTLSFiles(certificate, key, authority.file, **changes))


def test_a_certificates_name_gives_role_and_identity(broker_of, stomp, authority):
    async def scenario():
        async with broker_of(mutual(authority)) as broker:
            node = await stomp(broker.port, tls=authority.client(authority.issue("web1.example.com")))
            operator = await stomp(broker.port, tls=authority.client(authority.issue("alice.mcollective")))
            await node.subscribe(NODES, selector="mc_identity = 'web1.example.com'")
            operator.say("SEND", {"destination": NODES, "mc_identity": "web1.example.com"}, b"x" * 300_000)
            assert (await node.hear()).body == b"x" * 300_000
            node.say("SUBSCRIBE", {"destination": NODES, "id": "2", "selector": "mc_identity = 'web2.example.com'"})
            assert "for web1.example.com, not for web2.example.com" in await node.error()

    asyncio.run(scenario())


def test_who_has_no_certificate_or_a_bad_one_does_not_get_in(broker_of, stomp, authority, other_authority):
    async def scenario():
        async with broker_of(mutual(authority)) as broker:
            stranger = authority.client(None)
            stranger.load_cert_chain(*other_authority.issue("alice.mcollective"))
            for tls in (authority.client(None), stranger, authority.client(authority.issue("old.mcollective", days=-1))):
                assert await refusal(stomp(broker.port, tls=tls)) == "refused by TLS"
            assert broker.counters["logins"] == 0

    asyncio.run(scenario())


def test_plain_text_to_the_tls_port_gets_nowhere(broker_of, stomp, authority):
    async def scenario():
        async with broker_of(mutual(authority)) as broker:
            assert await refusal(stomp(broker.port, login="root", passcode="x")) == "refused by TLS"

    asyncio.run(scenario())


def test_a_revoked_certificate_is_refused_after_a_reload(broker_of, stomp, authority):
    async def scenario():
        files = authority.issue("alice.mcollective")
        crl = authority.revoke(authority.issue("bob.mcollective")[0])
        async with broker_of(mutual(authority, crl=crl)) as broker:
            assert (await stomp(broker.port, tls=authority.client(files))).connected.command == "CONNECTED"
            authority.revoke(files[0])
            await broker.reload()
            assert await refusal(stomp(broker.port, tls=authority.client(files))) == "refused by TLS"

    asyncio.run(scenario())


def test_who_is_connected_with_a_certificate_that_is_revoked_is_told_and_cut_off(broker_of, stomp, authority):
    async def scenario():
        alice, bob = authority.issue("alice.mcollective"), authority.issue("bob.mcollective")
        crl = authority.revoke(authority.issue("carol.mcollective")[0])
        async with broker_of(mutual(authority, crl=crl)) as broker:
            revoked = await stomp(broker.port, tls=authority.client(alice))
            good = await stomp(broker.port, tls=authority.client(bob))
            await revoked.subscribe(REPLIES)
            authority.revoke(alice[0])
            await broker.reload()
            assert await revoked.error() == "this certificate has been revoked"
            await good.confirm("SEND", {"destination": REQUESTS})

    asyncio.run(scenario())


def test_a_new_crl_is_noticed_without_a_signal(broker_of, stomp, authority, monkeypatch):
    monkeypatch.setattr(server, "_SWEEP_S", 0.05)

    async def scenario():
        alice = authority.issue("alice.mcollective")
        crl = authority.revoke(authority.issue("carol.mcollective")[0])
        async with broker_of(mutual(authority, crl=crl)) as broker:
            client = await stomp(broker.port, tls=authority.client(alice))
            authority.revoke(alice[0])
            assert await client.error() == "this certificate has been revoked"
            assert await refusal(stomp(broker.port, tls=authority.client(alice))) == "refused by TLS"

    asyncio.run(scenario())


def test_a_crl_that_is_written_bit_by_bit_is_in_force_when_it_is_whole(broker_of, stomp, authority, monkeypatch, caplog):
    monkeypatch.setattr(server, "_SWEEP_S", 0.05)

    async def scenario():
        alice = authority.issue("alice.mcollective")
        crl = authority.revoke(authority.issue("carol.mcollective")[0])
        async with broker_of(mutual(authority, crl=crl)) as broker:
            client = await stomp(broker.port, tls=authority.client(alice))
            whole = authority.revoke(alice[0]).read_bytes()
            crl.write_bytes(whole[:100])
            async with asyncio.timeout(5):
                while "not reloaded" not in caplog.text:
                    await client.confirm("SEND", {"destination": REQUESTS})
            crl.write_bytes(whole)
            assert await client.error() == "this certificate has been revoked"

    asyncio.run(scenario())


def test_without_a_certificate_a_password_will_do_where_it_is_optional(broker_of, stomp, authority):
    async def scenario():
        certificate, key = authority.issue("broker")
        tls = BrokerTLSFiles(certificate, key, authority.file, is_client_required=False)
        async with broker_of(BrokerSettings(port=0, tls=tls, users=USERS)) as broker:
            bare = authority.client(None)
            assert (await stomp(broker.port, tls=bare, **login("op"))).connected.command == "CONNECTED"
            assert await refusal(stomp(broker.port, tls=bare)) == "login needed"
            node = authority.client(authority.issue("web1.example.com"))
            assert (await stomp(broker.port, tls=node)).connected.command == "CONNECTED"
            assert await refusal(stomp(broker.port, tls=node, login="op", passcode="wrong")) == "wrong login or passcode"

    asyncio.run(scenario())


def test_old_tls_is_refused(broker_of, stomp, authority):
    async def scenario():
        async with broker_of(mutual(authority)) as broker:
            old = authority.client(authority.issue("alice.mcollective"))
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            assert await refusal(stomp(broker.port, tls=old)) == "refused by TLS"

    with pytest.warns(DeprecationWarning, match="TLSv1"):
        asyncio.run(scenario())


def test_the_users_file_is_read_again_and_a_broken_one_changes_nothing(broker_of, stomp, tmp_path, caplog):
    file = tmp_path / "users"

    def write(*users):
        file.write_text("".join(f"{user.line()}\n" for user in users))
        file.chmod(0o600)

    async def scenario():
        write(USERS["op"])
        async with broker_of(BrokerSettings(port=0, users_file=file)) as broker:
            assert (await stomp(broker.port, **login("op"))).connected.command == "CONNECTED"
            write(USERS["node"])
            await broker.reload()
            assert await refusal(stomp(broker.port, **login("op"))) == "wrong login or passcode"
            file.write_text("nonsense\n")
            await broker.reload()
            assert "users:1: " in caplog.text
            assert (await stomp(broker.port, **login("node"))).connected.command == "CONNECTED"

    asyncio.run(scenario())


def test_a_user_who_is_gone_or_changed_is_cut_off_by_a_reload_and_no_other(broker_of, stomp, tmp_path):
    file = tmp_path / "users"

    def write(*users):
        file.write_text("".join(f"{user.line()}\n" for user in users))
        file.chmod(0o600)

    async def scenario():
        write(USERS["op"], USERS["node"], USERS["root"])
        async with broker_of(BrokerSettings(port=0, users_file=file)) as broker:
            gone, changed, same = [await stomp(broker.port, **login(name)) for name in ("op", "root", "node")]
            write(USERS["node"], new_user("root", "operator", "root-secret"))
            await broker.reload()
            for client in (gone, changed):
                assert await client.error() == "this user was removed or changed: log in again"
            await same.subscribe(REQUESTS)
            broker.reload_soon()
            await broker.reload()
            await same.subscribe("/topic/mcollective.ping.agent", "2")

    asyncio.run(scenario())


def test_a_password_that_is_being_checked_while_its_user_is_removed_does_not_get_in(broker_of, stomp, tmp_path):
    file = tmp_path / "users"
    file.write_text(f"{USERS['op'].line()}\n")
    file.chmod(0o600)

    async def scenario():
        async with broker_of(BrokerSettings(port=0, users_file=file)) as broker:
            answer = broker.log_in("op", "op-secret", None, "127.0.0.1")
            file.write_text(f"{USERS['node'].line()}\n")
            await broker.reload()
            with pytest.raises(RefusedFrame, match="wrong login or passcode"):
                await answer

    asyncio.run(scenario())


def test_a_reply_queue_is_read_by_nobody_but_who_came_first(broker_of, stomp, authority):
    async def scenario():
        async with broker_of(mutual(authority)) as broker:
            alice, mallory = (authority.client(authority.issue(f"{name}.mcollective")) for name in ("alice", "mallory"))
            first = await stomp(broker.port, tls=alice)
            await first.subscribe(REPLIES)
            await (await stomp(broker.port, tls=alice)).subscribe(REPLIES)
            thief = await stomp(broker.port, tls=mallory)
            thief.say("SUBSCRIBE", {"destination": REPLIES, "id": "1"})
            assert "is being read by another" in await thief.error()
            await first.confirm("UNSUBSCRIBE", {"id": "1"})
            late = await stomp(broker.port, tls=mallory)
            late.say("SUBSCRIBE", {"destination": REPLIES, "id": "1"})
            assert "is being read by another" in await late.error()
            await (await stomp(broker.port, tls=mallory)).subscribe("/queue/mcollective.reply.mallory_1.1")

    asyncio.run(scenario())


def test_stopping_closes_every_connection_and_the_port(stomp):
    async def scenario():
        broker = Broker(BrokerSettings(port=0))
        await broker.start()
        clients = [await stomp(broker.port) for _ in range(5)]
        await broker.stop(grace_s=0.2)
        async with asyncio.timeout(5):
            assert [await client.reader.read() for client in clients] == [b""] * 5
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", broker.port)

    asyncio.run(scenario())


def test_what_was_sent_before_the_end_still_arrives(stomp):
    async def scenario():
        broker = Broker(BrokerSettings(port=0))
        await broker.start()
        client = await stomp(broker.port)
        await client.subscribe("/topic/a")
        other = await stomp(broker.port)
        await other.confirm("SEND", {"destination": "/topic/a"}, b"x" * 2_000_000)
        _, message = await asyncio.gather(broker.stop(grace_s=0.5), client.hear())
        assert len(message.body) == 2_000_000

    asyncio.run(scenario())


def test_a_port_that_is_taken_is_an_error_that_says_so(broker_of):
    async def scenario():
        async with broker_of(BrokerSettings(port=0)) as broker:
            with pytest.raises(ConnectorError, match=f"port {broker.port}"):
                await Broker(BrokerSettings(port=broker.port)).start()

    asyncio.run(scenario())


def test_an_open_door_is_refused_before_it_is_opened():
    with pytest.raises(ConfigError, match="without authentication"):
        Broker(BrokerSettings(host="0.0.0.0"))


def test_small_frames_leave_at_once_in_place_of_waiting_for_an_acknowledgement():
    class Peer(asyncio.Protocol):
        def connection_made(self, transport):
            accepted.set_result(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async def scenario():
        nonlocal accepted
        loop = asyncio.get_running_loop()
        accepted = loop.create_future()
        (listening,) = sockets.listen("127.0.0.1", 0)
        async with await loop.create_server(Peer, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            assert await asyncio.wait_for(accepted, 5) != 0
            writer.close()

    accepted = None
    asyncio.run(scenario())
