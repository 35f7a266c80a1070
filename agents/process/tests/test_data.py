"""The data plugin process."""

import logging
from pathlib import Path

import pytest

from mcollective_py.errors import RPCError
from mcollective_py.node.view import NodeView
from mcollective_py.plugins.modules import load_class

Process = load_class("process", Path(__file__).parents[1] / "data" / "process", "data")
NODE = NodeView("web1")


def query(text, **config):
    return Process(NODE, config, logging.getLogger()).query(text)


@pytest.mark.parametrize(("word", "is_active"), [("1", True), ("0", False), ("No", False), ("false", False)])
def test_a_host_may_do_without_it(word, is_active):
    assert Process.activate_when(NODE, {"data": word}) is is_active
    assert Process.activate_when(NODE, {})


def test_processes_are_found_by_a_regular_expression():
    assert query("pytest|python")["exists"] is True
    assert query("^no such process$") == {"exists": False, "count": 0}


def test_what_cannot_be_searched_for_is_an_error():
    with pytest.raises(RPCError):
        query(r"(a)\1")
