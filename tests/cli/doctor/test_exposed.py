"""Other ports of a broker's host, with real sockets, and versions as brokers tell them."""

import socket
from contextlib import closing

import pytest

from mcollective_py.cli.doctor.exposed import PORTS, old_version, other_ports


def test_a_console_that_answers_is_a_failure_that_names_it_and_the_way_out():
    with closing(socket.create_server(("127.0.0.1", 0))) as open_one, closing(socket.create_server(("127.0.0.1", 0))) as closed:
        port, gone = open_one.getsockname()[1], closed.getsockname()[1]
        closed.close()
        (check,) = other_ports("broker 1 ports", ["127.0.0.1"], 3.0, {port: "a console", gone: "nothing"})
    assert (check.name, check.outcome, check.seen) == ("broker 1 ports", "fail", f"takes connections on {port} (a console)")
    assert "loopback alone" in check.fix and "firewall" in check.fix


def test_a_broker_that_offers_nothing_else_is_as_it_should_be():
    with closing(socket.create_server(("127.0.0.1", 0))) as closed:
        gone = closed.getsockname()[1]
    (check,) = other_ports("broker 1 ports", ["127.0.0.1"], 3.0, {gone: "nothing"})
    assert (check.outcome, check.fix) == ("ok", "")


def test_the_ports_are_those_by_which_brokers_were_taken_over():
    assert sorted(PORTS) == [1099, 4369, 8161, 15672, 25672, 61616]


@pytest.mark.parametrize(
    "server", ["ActiveMQ/5.17.2", "ActiveMQ/5.15.15", "ActiveMQ/5.14.9", "ActiveMQ/4.0.0", "ActiveMQ/5.18.2 (Debian)"]
)
def test_a_version_that_may_be_open_is_something_to_look_at(server):
    (check,) = old_version("broker 1 version", server)
    assert check.outcome == "warn"
    assert "CVE-2023-46604" in check.seen and "or later" in check.fix


@pytest.mark.parametrize(
    "server", ["ActiveMQ/5.17.6", "ActiveMQ/5.19.0", "ActiveMQ/6.1.2", "RabbitMQ/3.10.8", "", "ActiveMQ/5.x", "x" * 500]
)
def test_any_other_is_left_alone(server):
    assert list(old_version("broker 1 version", server)) == []
