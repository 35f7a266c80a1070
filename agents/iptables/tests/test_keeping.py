"""The process that looks after deadlines: how it is started, and told to look again."""

import os
from pathlib import Path

from agents.iptables.keeping import PIPE, in_unit, read_config, wake


def test_it_gets_a_unit_of_its_own_that_starts_it_again_where_it_is_killed():
    words = in_unit("mcollective-iptables-1.service", ["/usr/bin/python3", "-I", "x"])
    assert words[0] == "/usr/bin/systemd-run" and words[-4:] == ["--", "/usr/bin/python3", "-I", "x"]
    assert {"--unit=mcollective-iptables-1.service", "--property=Restart=on-failure", "--property=Type=notify"} <= {*words}


def test_one_that_is_there_is_told_and_one_that_is_not_is_not(tmp_path: Path):
    assert wake(str(tmp_path)) is False
    os.mkfifo(tmp_path / PIPE)
    assert wake(str(tmp_path)) is False  # nobody reads it
    reader = os.open(tmp_path / PIPE, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert wake(str(tmp_path)) is True
        assert os.read(reader, 10) == b"\n"
    finally:
        os.close(reader)


def test_settings_that_cannot_be_read_are_none(tmp_path: Path):
    assert read_config(str(tmp_path)) == {}
    (tmp_path / "keeper.json").write_text('{"backend": "nft"}')
    assert read_config(str(tmp_path)) == {"backend": "nft"}
