"""The table of settings."""

from pathlib import Path

import pytest

from mcollective_py.settings import IGNORED, SETTINGS, Setting, find_setting, nearest_key, split_value


def test_no_setting_is_declared_twice():
    keys = [row.key for row in SETTINGS]
    assert sorted(set(keys)) == sorted(keys)
    assert not set(keys) & set(IGNORED)


def test_every_setting_says_what_it_is_for_and_of_what_type_it_is():
    types = {"text", "number", "seconds", "flag", "path", "paths", "items", "lines"}
    for row in SETTINGS:
        assert row.help.endswith("."), row.key
        assert row.type in types, row.key
        assert row.side in ("both", "client", "server"), row.key
        assert row.type != "seconds" or row.unit == "s", row.key


TREE = Path(__file__).parents[1]
READERS = "\n".join(
    path.read_text()
    for folder in ("mcollective_py", "agents", "facts")
    for path in sorted((TREE / folder).rglob("*.py"))
    if path.name not in ("settings.py", "config.py", "configfile.py") and "tests" not in path.parts
)


def test_every_setting_is_read_by_somebody_or_says_that_it_does_nothing():
    for row in SETTINGS:
        if not row.idle:
            last = row.key.rpartition(".")[2]
            read = any(f"{before}{last}{after}" in READERS for before in "\"'.}" for after in "\"'")
            assert read or f'"{row.key}"' in READERS or row.key == "plugin.yaml", f"nobody reads {row.key}: say so with idle="


def test_no_setting_that_is_said_to_do_nothing_is_read():
    for row in SETTINGS:
        assert not row.idle or f'("{row.key}")' not in READERS, f"{row.key} is read: take its idle= away"


def test_the_bounds_of_a_setting_are_said_as_far_as_there_are_any():
    assert Setting("x", "number", "1", "", least=1, most=64).bounds == "at least 1 and at most 64"
    assert Setting("x", "number", "1", "", least=0.5).bounds == "at least 0.5"
    assert Setting("x", "text", None, "").bounds == ""


def test_a_default_is_known_in_whatever_spelling():
    flag = Setting("x", "flag", "false", "")
    assert (flag.is_default("No"), flag.is_default("0"), flag.is_default("yes")) == (True, True, False)
    assert Setting("x", "number", "0", "").is_default("00") is False
    assert Setting("x", "path", None, "").is_default("/x") is False


def test_clocks_and_lifetimes_have_an_upper_bound():
    bounds = {row.key: row.most for row in SETTINGS}
    assert (bounds["plugin.x509.max_ttl"], bounds["plugin.x509.skew"]) == (300, 300)


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
