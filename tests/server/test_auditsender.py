from queue import SimpleQueue

import pytest

from mcollective_py.cli.demosite import Site
from mcollective_py.errors import NotConnected
from mcollective_py.message import Destination, Kind, Publication
from mcollective_py.server.auditsender import AuditSender, collection
from mcollective_py.server.host import Host
from tests.server import smallhost
from tests.server.smallhost import moment

TOPIC = Destination(Kind.AGENT, "mcollective", "auditcollector")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


def host_of(site: Site, name: str = "web1", **settings: str) -> Host:
    return smallhost.host_of(site, name, **{"plugin.rpcaudit.publish": "1", **settings})


class Desk:
    """The Sender port in memory."""

    def __init__(self, host: Host) -> None:
        self.host, self.connection = host, "first"
        self.sent: SimpleQueue[Publication] = SimpleQueue()
        self.is_up = True

    def publish(self, publication: Publication) -> None:
        if not self.is_up:
            raise NotConnected("no broker is connected")
        self.sent.put(publication)


def opened(site: Site, publication: Publication):
    host = host_of(site, "db1")
    return host.security.open_request(host.security.read(publication.payload))


def test_lines_travel_in_a_message_of_the_host_itself_that_nobody_answers(site: Site) -> None:
    sent = collection(host_of(site), [b'{"seq":1}\n', b'{"seq":2}\n'], moment(site))
    assert (sent.destination, sent.sender, sent.reply_to) == (TOPIC, "web1", None)
    request = opened(site, sent)
    assert (request.caller, request.sender, request.body) == ("cert=web1", "web1", ['{"seq":1}', '{"seq":2}'])
    assert request.is_registration and request.reply_to is None


def test_lines_wait_for_a_broker_and_keep_their_order(site: Site) -> None:
    desk = Desk(host_of(site))
    desk.is_up = False
    sender = AuditSender(desk, lambda: moment(site))
    outbox = desk.host.audit.outbox
    assert outbox is not None
    outbox.put([b'{"seq":1}\n'])
    assert sender._send_all(outbox) is False
    outbox.put([b'{"seq":2}\n'])
    desk.is_up = True
    assert sender._send_all(outbox) is True
    assert opened(site, desk.sent.get(timeout=1)).body == ['{"seq":1}', '{"seq":2}']


def test_a_thread_sends_what_comes_and_the_last_goes_out_at_the_end(site: Site) -> None:
    desk = Desk(host_of(site))
    outbox = desk.host.audit.outbox
    assert outbox is not None
    sender = AuditSender(desk, lambda: moment(site))
    sender.update()
    sender.update()
    outbox.put([b'{"seq":1}\n'])
    assert opened(site, desk.sent.get(timeout=20)).body == ['{"seq":1}']
    outbox.put([b'{"seq":2}\n'])
    sender.stop()
    assert opened(site, desk.sent.get(timeout=20)).body == ['{"seq":2}']


def test_many_lines_are_several_messages(site: Site) -> None:
    desk = Desk(host_of(site))
    outbox = desk.host.audit.outbox
    assert outbox is not None
    outbox.put([b'{"x":"%s"}\n' % (b"x" * 100_000)] * 10)
    assert AuditSender(desk, lambda: moment(site))._send_all(outbox)
    assert desk.sent.qsize() == 5


def test_what_was_dropped_is_told(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(host_of(site))
    outbox = desk.host.audit.outbox
    assert outbox is not None
    outbox.dropped = 7
    AuditSender(desk, lambda: moment(site))._send_all(outbox)
    assert "7 lines of the audit were not published" in caplog.text


def test_without_the_setting_there_is_no_thread(site: Site) -> None:
    sender = AuditSender(Desk(host_of(site, **{"plugin.rpcaudit.publish": "0"})), lambda: moment(site))
    sender.update()
    assert sender._thread is None
    sender.stop()
