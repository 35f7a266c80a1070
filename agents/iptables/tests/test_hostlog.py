"""The host's own log."""

import socket

from agents.iptables.hostlog import tell_host


def test_the_line_comes_to_the_log_of_the_host_under_the_historic_name(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        assert tell_host("mcollective: block 198.51.100.7 by cert=alice (nft)", syslog=str(tmp_path / "log"))
        assert log.recv(2000) == b"<13>mcollective: mcollective: block 198.51.100.7 by cert=alice (nft)"


def test_a_log_that_nobody_reads_is_said_and_holds_nobody_up(tmp_path):
    assert not tell_host("a line", syslog=str(tmp_path / "nosuch"))


def test_a_program_writes_it_where_one_is_set(tmp_path):
    program = tmp_path / "logger"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" >{tmp_path}/said\n')
    program.chmod(0o755)
    assert tell_host("-p a line", str(program))
    assert (tmp_path / "said").read_text() == "-t|mcollective|--|-p a line|"
    assert not tell_host("a line", str(tmp_path / "nosuch"))
