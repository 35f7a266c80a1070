import os
from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.server.obstacles import obstacles

PSK = "securityprovider = psk\nplugin.psk = kV7pXw2mNq9sTz4b\nidentity = web1\n"


def told(text: str) -> list[str]:
    return [str(error) for error in obstacles(Config.from_text(PSK + text, "server", "server.cfg"))]


def test_a_good_file_meets_no_obstacle() -> None:
    assert told("") == []


def test_every_part_says_what_is_wrong_with_its_own_settings() -> None:
    found = told(
        "factsource = nosuch\nregistration = foo\nregisterinterval = 300\nrpcauthprovider = myauth\nrpcaudit = 1\n"
        "rpcauditprovider = syslog\nlogger_type = syslog\nlogfacility = nosuch\n"
    )
    assert [text.removeprefix("server.cfg: ").split(":")[0] for text in found] == [
        "factsource",
        "registration",
        "rpcauthprovider",
        "rpcauditprovider",
        "logfacility",
    ]


def test_a_daemon_in_the_background_needs_a_log_file_which_systemd_does_not_ask_for(caplog: pytest.LogCaptureFixture) -> None:
    assert told("daemonize = 1\n") == []
    assert "daemonize = 1 without a logfile" in caplog.text


def test_nothing_is_made(tmp_path: Path) -> None:
    assert told(f"rpcaudit = 1\nplugin.rpcaudit.logfile = {tmp_path}/audit.log\nlogfile = {tmp_path}/log\n") == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["plugin.rpcaudit.logfile", "logfile"])
def test_a_folder_in_the_place_of_a_log_is_told(tmp_path: Path, key: str) -> None:
    (error,) = told(f"rpcaudit = 1\nplugin.rpcaudit.logfile = {tmp_path}/audit.log\n{key} = {tmp_path}\n")
    assert error.endswith("Is a directory")


def test_a_fifo_in_the_place_of_the_audit_log_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "audit.log")
    (error,) = told(f"rpcaudit = 1\nplugin.rpcaudit.logfile = {tmp_path}/audit.log\n")
    assert error.endswith("is not a regular file")
