from dataclasses import replace
from queue import Empty, SimpleQueue

import pytest

from mcollective_py.cli.demosite import Site
from mcollective_py.errors import NotConnected
from mcollective_py.message import Destination, Kind, Publication
from mcollective_py.server.host import Host
from mcollective_py.server.registrar import Registrar, Timetable, registration
from tests.server.smallhost import host_of


def table(chance: float = 0.5, *, splay: bool = False, interval: float = 300.0) -> Timetable:
    return Timetable(interval, splay=splay, chance=lambda: chance)


# --- when -------------------------------------------------------------------------------------------------------------


def test_the_first_goes_out_with_the_first_connection_and_the_next_an_interval_later() -> None:
    times = table()
    assert [times.is_due(1000.0, None), times.is_due(1001.0, "a"), times.is_due(1002.0, "a")] == [False, True, False]
    assert [times.is_due(1300.9, "a"), times.is_due(1301.0, "a")] == [False, True]


def test_with_splay_the_first_waits_for_a_part_of_the_interval() -> None:
    times = table(0.25, splay=True)
    assert [times.is_due(moment, "a") for moment in (1000.0, 1074.9, 1075.0, 1076.0, 1375.0)] == [False, False, True, False, True]


def test_after_a_reconnect_hosts_spread_over_a_minute_and_never_beyond_the_interval() -> None:
    for interval, wait in ((300.0, 30.0), (20.0, 10.0)):
        times = table(interval=interval)
        assert times.is_due(1000.0, "a")
        found = [times.is_due(moment, "b") for moment in (1005.0, 1005.0 + wait - 0.1, 1005.0 + wait, 1006.0 + wait)]
        assert found == [False, False, True, False]


def test_while_there_is_no_connection_nothing_is_due_and_no_herd_waits_for_its_end() -> None:
    times = table(0.9)
    assert times.is_due(1000.0, "a")
    assert not any(times.is_due(moment, None) for moment in (1300.0, 2000.0))
    assert [times.is_due(moment, "b") for moment in (2001.0, 2054.0, 2056.0)] == [False, False, True]


def test_it_is_asked_again_in_time() -> None:
    times = table()
    assert times.wait(1000.0) == 1.0  # for a connection
    times.is_due(1000.0, "a")
    assert [times.wait(1000.0), times.wait(1297.0), times.wait(1300.5)] == [5.0, 3.0, 5.0]
    times.is_due(1200.0, None)
    assert times.wait(1200.0) == 1.0


# --- what -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


class Desk:
    """The Sender port in memory: keeps what is sent, and can be told that it comes by another connection."""

    def __init__(self, host: Host) -> None:
        self.host, self.connection = host, "first"
        self.sent: SimpleQueue[Publication] = SimpleQueue()
        self.is_up = True

    def publish(self, publication: Publication) -> None:
        self.sent.put(publication)
        if not self.is_up:
            raise NotConnected("no broker is connected")


def test_a_registration_is_a_message_to_its_agent_that_nobody_answers(site: Site) -> None:
    host = host_of(site, registerinterval="300", collectives="mcollective,uk", registration_collective="uk")
    sent = registration(host, ["echo"], 1_700_000_000.0)
    assert (sent.destination, sent.sender, sent.reply_to) == (Destination(Kind.AGENT, "uk", "registration"), "web1", None)


def test_registrations_are_sent_at_the_interval(site: Site) -> None:
    desk = Desk(host_of(site, registerinterval="0.05"))
    registrar = Registrar(desk, lambda: 1_700_000_000.0)
    registrar.update()
    first, second = desk.sent.get(timeout=10), desk.sent.get(timeout=10)
    registrar.stop()
    assert first.destination == Destination(Kind.AGENT, "mcollective", "registration")
    assert first.payload != second.payload  # an id of its own each


def test_without_an_interval_nothing_is_sent_and_a_reload_can_begin_and_end_it(site: Site) -> None:
    desk = Desk(host_of(site))
    registrar = Registrar(desk, lambda: 1_700_000_000.0)
    registrar.update()
    with pytest.raises(Empty):
        desk.sent.get(timeout=0.1)
    desk.host = host_of(site, registerinterval="0.05")
    registrar.update()
    desk.sent.get(timeout=10)
    desk.host = host_of(site)
    registrar.update()
    while True:
        try:
            desk.sent.get(timeout=0.3)  # what was on its way
        except Empty:
            break


def test_a_reload_that_changes_nothing_of_it_keeps_the_rhythm(site: Site) -> None:
    desk = Desk(host_of(site, registerinterval="3600"))
    registrar = Registrar(desk, lambda: 1_700_000_000.0)
    registrar.update()
    desk.sent.get(timeout=10)
    desk.host = replace(desk.host)
    registrar.update()
    with pytest.raises(Empty):
        desk.sent.get(timeout=0.2)
    registrar.stop()


def test_a_plugin_that_has_nothing_to_say_sends_nothing_and_is_asked_again(site: Site) -> None:
    asked: SimpleQueue[str] = SimpleQueue()

    class Silent:
        def body(self, view: object) -> None:
            asked.put("asked")

    desk = Desk(replace(host_of(site, registerinterval="0.05"), registration=Silent()))
    registrar = Registrar(desk, lambda: 1_700_000_000.0)
    registrar.update()
    assert [asked.get(timeout=10), asked.get(timeout=10)] == ["asked", "asked"]
    registrar.stop()
    assert desk.sent.empty()


def test_a_broker_that_is_gone_is_told_and_ends_nothing(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(host_of(site, registerinterval="0.05"))
    desk.is_up = False
    registrar = Registrar(desk, lambda: 1_700_000_000.0)
    registrar.update()
    assert desk.sent.get(timeout=10)
    assert desk.sent.get(timeout=10)
    registrar.stop()
    assert "this registration is not sent: no broker is connected" in caplog.text


def test_a_body_that_cannot_be_sent_is_told_and_ends_nothing(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    asked: SimpleQueue[str] = SimpleQueue()

    class Unsendable:
        def body(self, view: object) -> object:
            asked.put("asked")
            return [object()]

    desk = Desk(replace(host_of(site, registerinterval="0.05"), registration=Unsendable()))
    registrar = Registrar(desk, lambda: 1_700_000_000.0)
    registrar.update()
    assert [asked.get(timeout=10), asked.get(timeout=10)] == ["asked", "asked"]
    registrar.stop()
    assert "this registration is not sent: an object cannot be sent" in caplog.text
