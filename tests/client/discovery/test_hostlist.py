import json

import pytest

from mcollective_py.client.discovery.hostlist import read_hosts
from mcollective_py.errors import DiscoveryError

REPLY = {"sender": "web1", "statuscode": 0, "data": {"sender": "no", "certname": "no"}}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("web1\nweb2\n", ("web1", "web2")),
        ("\ufeffweb1\r\n\r\n  web2  # why\n# all\nweb1\n", ("web1", "web2")),
        ("web[1-2].example.com, db1\n", ("web1.example.com", "web2.example.com", "db1")),
        ("[1-2].example.com\n", ("1.example.com", "2.example.com")),
        ('["web1", "web[2-3]"]', ("web1", "web2", "web3")),
        ('[{"certname": "web1", "x": 1}, {"sender": "db1"}, "web2"]', ("web1", "db1", "web2")),
        (json.dumps({"agent": "rpcutil", "replies": [REPLY, {"sender": "db1"}], "stats": {}}), ("web1", "db1")),
        (json.dumps({"interrupted": False, "hosts": ["web1", "db1"]}, indent=2), ("web1", "db1")),
        ('{"type": "reply", "sender": "web1"}\n{"type": "reply", "sender": "db1"}\n{"type": "stats", "ok": 2}\n', ("web1", "db1")),
        ('{"sender": "web1"}', ("web1",)),
        ("---\n- web1\n- sender: db1\n", ("web1", "db1")),
        ("- web1\n- web2\n", ("web1", "web2")),
    ],
)
def test_a_list_is_read_in_each_way_it_may_be_written(text, names):
    assert read_hosts(text.encode(), "list") == names


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "list names no hosts"),
        (" \n# nothing\n", "list names no hosts"),
        ("[]", "list names no hosts"),
        ('{"replies": []}', "list names no hosts"),
        ('{"type": "stats", "ok": 0}', "list names no hosts"),
        ("web1\nnot a host\n", "list:2: not a host in"),
        ("web1\n/web/\n", "list:2: /web/ is a regular expression"),
        ("web1\n-rf\n", "list:2: '-rf' names no host"),
        ('{"answers": []}', "list has neither of the lists replies, hosts, nodes"),
        ('[{"name": "web1"}]', "list: item 1 has no sender and no certname"),
        ('[{"sender": 5}]', "list: item 1 has no sender"),
        ('["web1"', "list is no JSON"),
        ('{"sender": "web1"}\n{"sender": \n', "list:2 is no JSON"),
        ("[" * 100_000, "list"),
        ("- {a: *b}\n", "anchors and aliases"),
        ("--- web1\n", "is no part of a host's name"),
    ],
)
def test_what_is_no_list_is_named_with_its_place_and_is_never_nobody(text, problem):
    with pytest.raises(DiscoveryError) as refused:
        read_hosts(text.encode(), "list")
    assert problem in str(refused.value)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(DiscoveryError, match="byte 1 is no UTF-8"):
        read_hosts(b"w\xff", "list")


def test_a_kind_that_is_said_is_not_guessed():
    with pytest.raises(DiscoveryError, match="is no JSON"):
        read_hosts(b"web1\n", "list", "json")
    assert read_hosts(b"web1", "list", "text") == ("web1",)


def test_a_list_has_a_bound():
    with pytest.raises(DiscoveryError, match="more than 100000 hosts"):
        read_hosts(b"web[1-60000]\ndb[1-60000]\n", "list")


def test_lines_that_name_the_same_hosts_without_end_are_refused():
    with pytest.raises(DiscoveryError, match="list:11: up to here the same hosts are named again and again, more than 1000000 times"):
        read_hosts(b"web[1-100000]\n" * 1_000, "list")
