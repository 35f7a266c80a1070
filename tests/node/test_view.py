from pathlib import Path

import pytest

from mcollective_py.node.view import DataSource, NodeView


def test_a_view_cannot_be_changed():
    with pytest.raises(AttributeError):
        NodeView("web1").identity = "web2"


def test_views_that_say_the_same_are_equal():
    sources = (DataSource("stock", Path("/x/data/stock"), {"a": "b"}),)
    assert NodeView("web1", facts={"a": 1}, data_sources=sources) == NodeView("web1", facts={"a": 1}, data_sources=sources)
    assert NodeView("web1", data_sources=sources) != NodeView("web1")


def test_a_host_without_data_plugins_answers_none():
    assert NodeView("web1").data("fact", "country") is None
