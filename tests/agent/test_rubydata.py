"""YAML of Ruby's objects, read as plain data."""

import pytest

from mcollective_py.agent.rubydata import read_yaml
from mcollective_py.errors import Malformed


def test_plain_data_are_what_they_are():
    assert read_yaml(b"---\nversion:\n  config: 17\n  puppet: 7.23.0\nlist:\n- 1\n- a\n") == {
        "version": {"config": 17, "puppet": "7.23.0"},
        "list": [1, "a"],
    }


def test_objects_of_ruby_are_mappings():
    assert read_yaml(b"--- !ruby/object:Puppet::Transaction::Report\nhost: a1\n") == {"host": "a1"}
    assert read_yaml(b"  File[/x]: !ruby/object:Puppet::Resource::Status\n    failed: true\n") == {"File[/x]": {"failed": True}}
    assert read_yaml(b"- !ruby/object:Puppet::Util::Log\n  level: !ruby/sym err\n") == [{"level": "err"}]


def test_what_is_said_elsewhere_is_unknown():
    assert read_yaml(b"- level: &1 err\n  file: *2\n  line: 3\n") == [{"level": "err", "file": None, "line": 3}]


def test_a_message_keeps_what_looks_like_a_tag():
    assert read_yaml(b"- message: 'a !ruby/object:X b'\n  file: *1\n") == [{"message": "a !ruby/object:X b", "file": None}]


@pytest.mark.parametrize("text", [b"[", b"a: [1", b"\x00", b"- *x\n", b"!python/object:os.system {}\n"])
def test_what_is_no_such_document_is_refused(text):
    with pytest.raises(Malformed):
        read_yaml(text)
