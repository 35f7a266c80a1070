import json

import pytest

from agents.auditcollector.collecting import kept_lines
from mcollective_py.agent import RPCAborted

NOW = 1700000000.5
LINE = f'{{"node":"web1","agent":"echo","seq":41,"prev":"{"ab" * 32}"}}'


def test_a_line_is_kept_byte_for_byte_under_the_name_that_signed_it():
    (kept,) = kept_lines("cert=web1", "web1", [LINE], NOW)
    assert kept == f'{{"received":"2023-11-14T22:13:20.500+00:00","host":"web1","record":{LINE}}}\n'.encode()
    assert json.loads(kept)["record"]["seq"] == 41


@pytest.mark.parametrize(
    ("caller", "sender"), [("cert=web2", "web1"), ("cert=alice.mcollective", "web1"), ("web1", "web1"), ("cert=", "")]
)
def test_nobody_sends_the_audit_of_another(caller, sender):
    with pytest.raises(RPCAborted, match="a host sends its own"):
        kept_lines(caller, sender, [LINE], NOW)


def test_a_line_that_says_it_is_of_another_host_is_refused():
    with pytest.raises(RPCAborted, match="of the audit of another host"):
        kept_lines("cert=web2", "web2", [LINE], NOW)


@pytest.mark.parametrize(
    "line",
    [
        *("", "{}", 5, None, b"{}", LINE + "\n", LINE[:-1], f"{LINE}\n{LINE}", f"x{LINE}"),
        *(LINE.replace("echo", word) for word in ("e\x1bcho", "é", "x" * 300_000, 'e",cho')),
        *(LINE.replace(":41", word) for word in (":0", ':"41"')),
    ],
    ids=range(15),
)
def test_what_is_no_line_of_an_audit_is_refused_and_nothing_of_its_message_kept(line):
    with pytest.raises(RPCAborted, match="not a line of an audit"):
        kept_lines("cert=web1", "web1", [LINE, line], NOW)


@pytest.mark.parametrize("body", [[], {}, LINE, None, [LINE] * 2001])
def test_another_body_is_refused(body):
    with pytest.raises(RPCAborted, match="no list of 1 to 2000 lines"):
        kept_lines("cert=web1", "web1", body, NOW)
