import pytest

from mcollective_py.cli.demosite import Site
from mcollective_py.errors import UnsendableValue
from mcollective_py.message import Destination, Kind
from mcollective_py.server.broadcast import plain_broadcast
from tests.server.smallhost import host_of, moment


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


def test_it_goes_to_all_agents_of_a_name_and_lives_as_long_as_the_hosts_ttl(site: Site) -> None:
    sent = plain_broadcast(host_of(site, ttl="20", collectives="mcollective,uk"), "collector", ["a line"], "uk", 1_700_000_000.0)
    assert (sent.destination, sent.sender, sent.reply_to) == (Destination(Kind.AGENT, "uk", "collector"), "web1", None)
    assert (sent.time, sent.ttl, sent.expires) == (1_700_000_000.0, 20, 1_700_000_030.0)


def test_it_asks_for_no_longer_life_than_the_fleet_grants(site: Site) -> None:
    assert plain_broadcast(host_of(site, ttl="600"), "collector", [], "mcollective", 1_700_000_000.0).ttl == 60


def test_another_host_reads_who_sent_it_and_what(site: Site) -> None:
    sent = plain_broadcast(host_of(site), "collector", {"load": 0.5}, "mcollective", moment(site))
    other = host_of(site, "db1", **{"plugin.x509.caller_certnames": "web1"})
    request = other.security.open_request(other.security.read(sent.payload))
    assert (request.caller, request.agent, request.action, request.body) == ("cert=web1", "collector", None, {"load": 0.5})
    assert request.filter.agents == ("collector",)


def test_each_is_a_message_of_its_own(site: Site) -> None:
    host = host_of(site)
    first, second = (plain_broadcast(host, "collector", [], "mcollective", moment(site)) for _ in range(2))
    assert first.payload != second.payload


def test_a_body_that_the_wire_cannot_carry_is_refused(site: Site) -> None:
    with pytest.raises(UnsendableValue, match="an object cannot be sent"):
        plain_broadcast(host_of(site), "collector", [object()], "mcollective", 1_700_000_000.0)
