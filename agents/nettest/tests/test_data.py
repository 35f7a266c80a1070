"""The data plugin nettest."""

import logging
import socket
from pathlib import Path

import pytest

from mcollective_py.errors import RPCError
from mcollective_py.node.view import NodeView
from mcollective_py.plugins.modules import load_class

Nettest = load_class("nettest", Path(__file__).parents[1] / "data" / "nettest", "data")
NODE = NodeView("web1")


def query(text, **config):
    return Nettest(NODE, config, logging.getLogger()).query(text)


@pytest.mark.parametrize(("word", "is_active"), [("1", True), ("0", False), ("No", False), ("false", False)])
def test_a_host_may_do_without_it(word, is_active):
    assert Nettest.activate_when(NODE, {"data": word}) is is_active
    assert Nettest.activate_when(NODE, {})


def test_a_port_is_tried():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        found = query(f"127.0.0.1:{port}")
        assert (found["connect"], found["connect_status"]) == (True, "Connected") and found["connect_time"] > 0
        with pytest.raises(RPCError, match="must not be tested"):
            query(f"127.0.0.1:{port}", deny="127.0.0.0/8")
    assert query(f"127.0.0.1:{port}") == {"connect": False, "connect_status": "Connection Refused", "connect_time": None}
    assert query(f"[::1]:{port}")["connect"] is False


def test_a_port_that_is_none_is_an_error():
    with pytest.raises(RPCError, match="1 to 65535"):
        query("127.0.0.1:70000")
