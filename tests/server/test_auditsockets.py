import json
import re
import socket

import pytest

from mcollective_py.server.auditchain import Link, digest, place_of
from mcollective_py.server.auditsockets import AuditSocket, journal_words, syslog_words

RECORD = b'{"agent":"echo"}'


@pytest.fixture
def daemon(tmp_path):
    """A log daemon: a socket that takes datagrams."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.settimeout(5)
    made.bind(str(tmp_path / "log"))
    yield made
    made.close()


def test_lines_of_a_chain_are_sent_one_by_one(daemon, tmp_path):
    sink = AuditSocket(str(tmp_path / "log"), bytes, Link(4, "ab" * 32))
    lines = sink.append([RECORD, RECORD])
    assert [daemon.recv(65536), daemon.recv(65536)] == lines
    assert [place_of(line) for line in lines] == [(5, "ab" * 32), (6, digest(lines[0]))]
    assert sink.end == Link(6, digest(lines[1]))
    sink.close()


def test_a_daemon_that_was_started_again_is_found(daemon, tmp_path):
    sink = AuditSocket(str(tmp_path / "log"), bytes)
    sink.append([RECORD])
    daemon.close()
    (tmp_path / "log").unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as again:
        again.bind(str(tmp_path / "log"))
        sink.append([RECORD])
        assert place_of(again.recv(65536))[0] == 2
    sink.close()


def test_where_nobody_listens_it_is_an_error_and_the_chain_stands(tmp_path):
    sink = AuditSocket(str(tmp_path / "nobody"), bytes, Link(4, "ab" * 32))
    with pytest.raises(OSError, match="no log daemon listens"):
        sink.open()
    with pytest.raises(OSError, match="no log daemon listens"):
        sink.append([RECORD])
    assert sink.end == Link(4, "ab" * 32)


def test_the_journal_gets_fields():
    words = journal_words(b'{"seq":1}\n').decode()
    assert words == 'PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=mcollective-audit\nMESSAGE={"seq":1}\n'


def test_syslog_gets_a_message_with_facility_time_and_tag():
    words = syslog_words("authpriv")(b'{"seq":1}\n').decode()
    found = re.fullmatch(r"<86>[A-Z][a-z]{2} [ 0-9][0-9] \d\d:\d\d:\d\d mcollective-audit\[\d+\]: (.*)", words)
    assert found and json.loads(found[1]) == {"seq": 1}
