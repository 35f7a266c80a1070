"""Commands of `puppet resource`, and what it answers, as recorded."""

import pytest

from mcollective_py.agent.puppetresource import find_puppet, is_changed, parse_changes, parse_errors, parse_resource, puppet_resource
from mcollective_py.errors import InvalidRPCData, RPCAborted

CHANGED = """\x1b[mNotice: /File[/tmp/x]/ensure: defined content as '{sha256}ef4d'\x1b[0m
---
file:
  "/tmp/x":
    ensure: file
    content: "{sha256}ef4d"
    mode: '0644'
    provider: posix
"""
NOOP = """Notice: /File[/tmp/x]/ensure: current_value 'file', should be 'absent' (noop)
---
file:
  "/tmp/x":
    ensure: file
    provider: posix
"""
REFUSED = """\x1b[1;31mError: Could not set 'present' on ensure: No such file or directory @ rb_sysopen - /tmp/nosuch/x\x1b[0m
\x1b[1;31mError: Could not set 'present' on ensure: No such file or directory @ rb_sysopen - /tmp/nosuch/x
Wrapped exception:
No such file or directory @ rb_sysopen - /tmp/nosuch/x\x1b[0m
\x1b[1;31mError: /File[/tmp/nosuch/x]/ensure: change from 'absent' to 'present' failed: Could not set 'present' on ensure\x1b[0m
"""


def test_what_a_caller_says_stands_behind_the_dashes():
    assert puppet_resource("service", "exim4", {"ensure": "running", "enable": True}) == [
        "/usr/bin/puppet", "resource", "--to_yaml", "--color=false", "--", "service", "exim4", "ensure=running", "enable=true",
    ]  # fmt: skip


def test_a_trial_and_an_environment_are_options_before_the_dashes():
    words = puppet_resource("user", "x", {"uid": 7}, program="/opt/puppet", noop=True, environment="test")
    assert words[:6] == ["/opt/puppet", "resource", "--to_yaml", "--color=false", "--noop", "--environment=test"]
    assert words[6:] == ["--", "user", "x", "uid=7"]


@pytest.mark.parametrize("type", ["", "Service", "service x", "--help", "a::", "servi\nce"])
def test_what_is_no_type_is_refused(type):
    with pytest.raises(InvalidRPCData, match="no resource type"):
        puppet_resource(type, "x")


@pytest.mark.parametrize("title", ["", "-x", "--help", "a\nb", "a\0b"])
def test_what_is_no_title_is_refused(title):
    with pytest.raises(InvalidRPCData, match="no title"):
        puppet_resource("user", title)


@pytest.mark.parametrize("properties", [{"Ensure": "x"}, {"a b": "x"}, {"-x": "y"}, {"a": ""}, {"a": ["b"]}, {"a": None}, {"a": "\0"}])
def test_what_is_no_property_is_refused(properties):
    with pytest.raises(InvalidRPCData):
        puppet_resource("user", "x", properties)


def test_properties_follow_what_was_changed():
    assert parse_resource(CHANGED) == {"ensure": "file", "content": "{sha256}ef4d", "mode": "0644", "provider": "posix"}
    assert parse_changes(CHANGED) == ["/File[/tmp/x]/ensure: defined content as '{sha256}ef4d'"]
    assert is_changed(parse_changes(CHANGED))


def test_a_trial_tells_of_a_change_that_was_not_made():
    changes = parse_changes(NOOP)
    assert changes == ["/File[/tmp/x]/ensure: current_value 'file', should be 'absent' (noop)"]
    assert not is_changed(changes)


def test_a_version_that_looks_like_a_number_stays_text():
    assert parse_resource("---\npackage:\n  x:\n    ensure: '1.10'\n    provider: apt\n")["ensure"] == "1.10"


def test_an_answer_without_properties_is_empty():
    assert parse_resource("") == {}


@pytest.mark.parametrize(
    "text", ["---\nx\n", "---\na:\n  b: c\n", "---\na: [\n", "---\na:\n  b: {}\n  c: {}\n", "---\n!ruby/object:X {}\n"]
)
def test_what_is_no_answer_of_puppet_resource_is_told(text):
    with pytest.raises(RPCAborted):
        parse_resource(text)


def test_errors_are_told_once_and_the_cause_first():
    assert parse_errors(REFUSED) == [
        "Could not set 'present' on ensure: No such file or directory @ rb_sysopen - /tmp/nosuch/x",
        "/File[/tmp/nosuch/x]/ensure: change from 'absent' to 'present' failed: Could not set 'present' on ensure",
    ]
    assert parse_errors("\x1b[1;31mError: Could not run: Could not find type nosuch\x1b[0m\n") == [
        "Could not run: Could not find type nosuch"
    ]


def test_the_program_is_the_configured_one_or_the_first_there_is(tmp_path):
    (tmp_path / "puppet").write_text("")
    there = str(tmp_path / "puppet")
    assert find_puppet(None, [str(tmp_path / "no"), there]) == there
    assert find_puppet("/srv/puppet", [there]) == "/srv/puppet"
    assert find_puppet(None, [str(tmp_path / "no")]) is None
