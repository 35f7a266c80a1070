"""The table of settings."""

import pytest

from mcollective_py.settings import IDLE, IGNORED, SETTINGS, find_setting, nearest_key, split_value


def test_no_setting_is_declared_twice():
    keys = [row.key for row in SETTINGS]
    assert sorted(set(keys)) == sorted(keys)
    assert not set(keys) & set(IGNORED)
    assert set(IDLE) < set(keys)


def test_every_setting_says_what_it_is_for_and_of_what_type_it_is():
    types = {"text", "number", "seconds", "flag", "path", "paths", "items", "lines"}
    for row in SETTINGS:
        assert row.help.endswith("."), row.key
        assert row.type in types, row.key
        assert row.side in ("both", "client", "server"), row.key
        assert row.type != "seconds" or row.unit == "s", row.key


def test_a_broker_of_a_pool_is_found_by_its_pattern():
    row = find_setting("plugin.rabbitmq.pool.12.ssl.cert")
    assert row is not None
    assert row.key == "plugin.rabbitmq.pool.N.ssl.cert"


def test_any_agent_can_be_switched_off():
    row = find_setting("plugin.filemgr.activate_agent")
    assert row is not None
    assert (row.type, row.default) == ("flag", "true")


@pytest.mark.parametrize("key", ["nosuch", "plugin.nrpe.conf_dir", "plugin.activemq.pool.one.host", "plugin"])
def test_a_key_that_nobody_declares_is_not_found(key):
    assert find_setting(key) is None


def test_the_nearest_key_keeps_the_number_of_the_broker():
    assert nearest_key("plugin.activemq.pool.7.usr") == "; the nearest is plugin.activemq.pool.7.user"


def test_lists_are_split_as_their_type_says():
    assert split_value("items", " a, b  c,") == ("a", "b", "c")
    assert split_value("paths", "/a: /b:") == ("/a", "/b")
    assert split_value("lines", "a, b\nc") == ("a, b", "c")
    assert split_value("text", "a, b") == ("a, b",)
