import json

import pytest

from mcollective_py.cli.audit.lines import Line, line_of

OWN = b'{"timestamp":"x","seq":1,"prev":null}\n'


def test_a_hosts_own_line_is_as_it_is():
    assert line_of(OWN) == Line("", OWN)
    assert line_of(OWN[:-5]) == Line("", OWN[:-5])


def test_a_collected_line_holds_the_hosts_own_and_its_name():
    collected = b'{"received":"2026-11-23T21:49:11.123+00:00","host":"web1.example.net","record":' + OWN[:-1] + b"}\n"
    assert json.loads(collected)["record"]["seq"] == 1
    assert line_of(collected) == Line("web1.example.net", OWN)


@pytest.mark.parametrize("head", [b"Nov 23 21:49:11 web1 ", b"2026-11-23T21:49:11.123+00:00 web1 ", b"<86>Nov 23 21:49:11 ", b""])
def test_a_line_in_a_syslog_is_found_behind_its_tag(head):
    assert line_of(head + b"mcollective-audit[123]: " + OWN) == Line("", OWN)


@pytest.mark.parametrize("raw", [b"", b"Nov 23 web1 sshd[1]: {}\n", b'{"received":"x","host":"../x","record":{}}\n', b"\xff\x00\n"])
def test_anything_else_stays_as_it_is(raw):
    assert line_of(raw) == Line("", raw)
