import pytest

from mcollective_py.errors import Malformed, NotSigned
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.security.rubysigned import message_and_times, timed
from mcollective_py.wire.symbol import Symbol

NOW = 1_800_000_000
OUTER = {"ttl": 60, "msgtime": NOW}


def asked(plugin):
    return timed(Request("0" * 32, "cert=alice", "desk", "mcollective", "echo", None, "ping", Filter(), NOW + 0.7, 60), plugin)


@pytest.mark.parametrize("plugin", ["ssl", "aes"])
def test_a_signed_part_has_the_message_its_ttl_and_its_time_in_whole_seconds(plugin):
    signed = asked(plugin)
    assert signed == {f"{plugin}_msg": "ping", f"{plugin}_ttl": 60, f"{plugin}_msgtime": NOW}
    assert {type(key) for key in signed} == {Symbol}
    assert message_and_times(signed, OUTER, plugin, enforces_ttl=True) == ("ping", NOW, 60)


@pytest.mark.parametrize("outer", [{"ttl": 61, "msgtime": NOW}, {"ttl": 60, "msgtime": NOW + 1}, {"ttl": 60.0, "msgtime": NOW}, {}])
def test_times_of_the_envelope_that_are_not_the_signed_ones_are_refused_where_that_is_enforced(outer):
    with pytest.raises(NotSigned, match="is not the signed one"):
        message_and_times(asked("ssl"), outer, "ssl", enforces_ttl=True)
    assert message_and_times(asked("ssl"), outer, "ssl", enforces_ttl=False) == ("ping", NOW, 60)


@pytest.mark.parametrize("missing", ["ssl_ttl", "ssl_msgtime", "ssl_msg"])
def test_a_part_that_lacks_one_of_them_is_refused_where_that_is_enforced(missing):
    signed = {key: value for key, value in asked("ssl").items() if key != missing}
    with pytest.raises(Malformed, match="has no"):
        message_and_times(signed, OUTER, "ssl", enforces_ttl=True)


def test_keys_that_are_strings_are_none_to_ruby_and_to_us():
    signed = {str(key): value for key, value in asked("ssl").items()}
    assert message_and_times(signed, OUTER, "ssl", enforces_ttl=False) == (signed, NOW, 60)


def test_the_part_of_another_plugin_is_no_part():
    with pytest.raises(Malformed, match="has no ttl"):
        message_and_times(asked("aes"), OUTER, "ssl", enforces_ttl=True)
