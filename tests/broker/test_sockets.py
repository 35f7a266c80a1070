import resource
import socket

import pytest

from mcollective_py.broker.sockets import allow_many_sockets, listen


def test_a_free_port_is_the_same_on_every_address_of_a_host():
    sockets = listen("", 0)
    try:
        assert len({one.getsockname()[1] for one in sockets}) == 1
        port = sockets[0].getsockname()[1]
        for one in sockets:
            host = "127.0.0.1" if one.family == socket.AF_INET else "::1"
            with socket.create_connection((host, port), timeout=5) as client:
                assert client.getpeername()[1] == port
    finally:
        for one in sockets:
            one.close()


def test_a_port_that_is_taken_leaves_no_socket_behind():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_the_soft_limit_of_open_files_is_raised_no_further_than_the_hard_one():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = min(before[0], 256), before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        allow_many_sockets(500)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (564, hard)
        allow_many_sockets(100)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (564, hard)
        allow_many_sockets(2**40)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] in (hard, 2**40 + 64)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
