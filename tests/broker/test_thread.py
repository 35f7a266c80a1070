import socket

import pytest

from mcollective_py.broker.settings import BrokerSettings
from mcollective_py.broker.thread import ThreadedBroker
from mcollective_py.errors import ConnectorError


def test_it_listens_within_and_is_gone_afterwards():
    with ThreadedBroker() as broker, socket.create_connection((broker.host, broker.port), 10) as connection:
        connection.settimeout(10)
        connection.sendall(b"CONNECT\naccept-version:1.2\nhost:x\n\n\0")
        assert connection.recv(4096).startswith(b"CONNECTED\n")
    with pytest.raises(OSError):
        socket.create_connection((broker.host, broker.port), 10)


def test_a_port_that_is_taken_is_an_error_where_it_is_started():
    with ThreadedBroker() as broker, pytest.raises(ConnectorError, match=f"cannot listen on 127.0.0.1 port {broker.port}"):
        ThreadedBroker(BrokerSettings(port=broker.port)).__enter__()
