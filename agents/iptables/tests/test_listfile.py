"""The desired list that lies on the host."""

from pathlib import Path

import pytest

from agents.iptables.listfile import place_of_list, read_list
from mcollective_py.agent import RPCAborted


def test_a_list_that_others_could_have_written_is_not_taken(tmp_path: Path):
    file = tmp_path / "list"
    file.write_text("192.0.2.7\n")
    file.chmod(0o666)
    with pytest.raises(RPCAborted, match="list"):
        read_list(str(file))


def test_what_cannot_be_taken_is_told_with_the_file():
    assert place_of_list({}) is None
    assert place_of_list({"list": " /etc/mcollective/iptables.list "}) == "/etc/mcollective/iptables.list"
    with pytest.raises(RPCAborted, match="it must be an absolute path"):
        place_of_list({"list": "iptables.list"})
    with pytest.raises(RPCAborted, match=r"/nowhere/list is not there \(plugin.iptables.list\)"):
        read_list("/nowhere/list")
