"""The words of `mco iptables`, and the inputs that they become."""

import argparse
from pathlib import Path

import pytest

from mcollective_py.errors import UsageError
from mcollective_py.plugins.modules import load_class

FOLDER = Path(__file__).parents[1]


def call(*words: str):
    command = load_class("iptables", FOLDER, "application")()
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return command.call(parser.parse_args(words))


@pytest.mark.parametrize(
    ("words", "action", "inputs"),
    [
        ("block 192.0.2.7", "block", {"ipaddr": "192.0.2.7"}),
        ("192.0.2.7 unblock", "unblock", {"ipaddr": "192.0.2.7"}),
        ("isblocked 2001:db8::/32", "isblocked", {"ipaddr": "2001:db8::/32"}),
        ("block 192.0.2.7 --for 2h --reason spam --ticket OPS-7", "block",
         {"ipaddr": "192.0.2.7", "for": 7200.0, "reason": "spam", "ticket": "OPS-7"}),
        ("block 192.0.2.7 --proto tcp --ports 25,587 --confirm 1m", "block",
         {"ipaddr": "192.0.2.7", "protocol": "tcp", "ports": "25,587", "confirm": 60.0}),
        ("allow 192.0.2.7 --for 90", "allow", {"ipaddr": "192.0.2.7", "for": 90.0}),
        ("disallow 192.0.2.7", "disallow", {"ipaddr": "192.0.2.7"}),
        ("extend 192.0.2.7 --for 1h", "extend", {"ipaddr": "192.0.2.7", "for": 3600.0}),
        ("block 192.0.2.7 192.0.2.8 --reason x", "apply", {"list": ["192.0.2.7", "192.0.2.8"], "reason": "x"}),
        ("allow 192.0.2.7 192.0.2.8", "apply", {"list": ["allow 192.0.2.7", "allow 192.0.2.8"]}),
        ("list", "listblocked", {}),
        ("listblocked", "listblocked", {}),
        ("block 192.0.2.7 192.0.2.8 --for 1h --proto udp --ports 53", "apply",
         {"list": ["192.0.2.7 proto=udp ports=53", "192.0.2.8 proto=udp ports=53"], "for": 3600.0}),
        ("flush --reason spam", "flush", {"reason": "spam"}),
        ("flush --all --allowed", "flush", {"all": True, "kind": "allow"}),
        ("list --allowed", "listblocked", {"kind": "allow"}),
        ("setup", "setup", {}),
        ("teardown --confirm 60", "teardown", {"confirm": 60.0}),
        ("status", "status", {}),
        ("export", "export", {}),
        ("confirm 0123456789ab", "confirm", {"id": "0123456789ab"}),
        ("undo 0123456789ab", "undo", {"id": "0123456789ab"}),
    ],
)  # fmt: skip
def test_words_become_an_action_and_its_inputs(words: str, action: str, inputs: dict):
    assert call(*words.split()) == (action, inputs)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "which action"),
        ("block", "which address"),
        ("blok 192.0.2.7", "did you mean block"),
        ("unblock 192.0.2.7 192.0.2.8", "one address at a time"),
        ("list 192.0.2.7", "list takes no"),
        ("block www.example.net", "names are not looked up"),
        ("block 0.0.0.0/0", "0.0.0.0/0 is everybody"),
        ("block ::ffff:192.0.2.7", "in the dress of IPv6"),
        ("block 192.0.2.7 192.0.2", "'192.0.2' is no address"),
        ("block 192.0.2.7 --for soon", "--for must be a duration"),
        ("unblock 192.0.2.7 --for 2h", "--for is for block, allow, extend, import, not for unblock"),
        ("block 192.0.2.7 --exact", "--exact is for reconcile"),
        ("extend 192.0.2.7", "how long from now on"),
        ("flush", "what is to go"),
        ("confirm", "which id"),
        ("import", "which file"),
        ("import /nowhere/list", "/nowhere/list: No such file"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_sent(words: str, reason: str):
    with pytest.raises(UsageError, match=reason):
        call(*words.split())


def test_a_list_is_checked_and_sent_with_its_line_numbers(tmp_path: Path):
    file = tmp_path / "list"
    file.write_text("# spam\n192.0.2.7 reason=a\n192.0.2.8 for=2h\n")
    sent = ["", "192.0.2.7 reason=a", "192.0.2.8 for=2h", ""]
    assert call("import", str(file)) == ("apply", {"list": sent})
    assert call("reconcile", str(file), "--exact", "--name", "edge") == ("reconcile", {"list": sent, "exact": True, "name": "edge"})
    assert call("import", str(file), "--reason", "burst") == ("apply", {"list": sent, "reason": "burst"})
    file.write_text("192.0.2.7\nwww.example.net\n")
    with pytest.raises(UsageError, match=r"list: line 2: 'www\.example\.net' is no address"):
        call("import", str(file))
    file.write_bytes(b"192.0.2.7\n\xff\n")
    with pytest.raises(UsageError, match="line 2 is no UTF-8"):
        call("import", str(file))


def test_an_empty_list_takes_nothing_away_unless_that_is_meant(tmp_path: Path):
    file = tmp_path / "list"
    file.write_text("# nothing\n")
    with pytest.raises(UsageError, match="has no entries"):
        call("import", str(file))
    with pytest.raises(UsageError, match="all that it brought would go"):
        call("reconcile", str(file))
    assert call("reconcile", str(file), "--empty") == ("reconcile", {"list": ["", ""], "empty": True})
