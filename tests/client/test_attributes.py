import math

import pytest

from mcollective_py.client.attributes import checked_attribute
from mcollective_py.errors import UsageError
from mcollective_py.filter import Filter


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("timeout", 0.5, 0.5),
        ("timeout", None, None),
        ("ttl", 30, 30),
        ("limit", "25%", "25%"),
        ("limit_method", "random", "random"),
        ("nodes", None, None),
        ("nodes", "web[1-3]", ("web[1-3]",)),
        ("exclude", ["web1", "web2"], ("web1", "web2")),
        ("method_options", "/hosts", ("/hosts",)),
        ("filter", None, Filter()),
        ("batch", "1,50%", "1,50%"),
    ],
)
def test_an_attribute_takes_what_its_argument_takes(name, value, kept):
    assert checked_attribute(name, value) == kept


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("timeout", "30", "timeout is a number of seconds, not '30'"),
        ("timeout", -1, "a number of seconds"),
        ("discovery_timeout", math.nan, "a number of seconds"),
        ("batch_sleep", True, "a number of seconds"),
        ("ttl", 1.5, "ttl is a whole number"),
        ("limit", "x", "a limit is a number above 0"),
        ("limit_method", "rand", "limit_method is 'first' or 'random', not 'rand'"),
        ("filter", "country=uk", "filter is a Filter, as in"),
        ("exclude", [None], "exclude: a text or a list of them, not None"),
        ("nodes", 7, "nodes: a text or a list of them, not 7"),
    ],
)
def test_a_value_that_it_does_not_take_is_named(name, value, told):
    with pytest.raises(UsageError, match=told):
        checked_attribute(name, value)


@pytest.mark.parametrize(
    ("name", "told"),
    [("batch_size", "client.batch "), ("limt", "client.limit "), ("identity", "client.identity_filter"), ("x", "there are")],
)
def test_a_name_that_is_no_attribute_is_told_the_nearest(name, told):
    with pytest.raises(AttributeError, match=told):
        checked_attribute(name, "1")
