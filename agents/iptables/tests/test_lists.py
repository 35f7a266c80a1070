"""Whole lists: of files, in requests, all or nothing."""

import base64
import json
import zlib
from time import monotonic

import pytest

from agents.iptables.addresses import Shortest
from agents.iptables.entry import Entry
from agents.iptables.lists import inputs_of_lines, lines_of_inputs, parse_lines, parse_text, sendable, wanted
from mcollective_py.agent import InvalidRPCData

NOW = 1_700_000_000.0
FILE = """# the burst of Sunday
192.0.2.7 reason="spam burst"   # first seen by mx1

2001:db8::/32 for=2h
192.0.2.7 reason="spam burst"
allow 192.0.2.8
"""
ENTRIES = [Entry("192.0.2.7", reason="spam burst"), Entry("2001:db8::/32", expires=NOW + 7200), Entry("192.0.2.8", "allow")]


def many(count: int) -> list[str]:
    return [f"11.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(count)]


def test_a_file_has_comments_and_what_is_the_same_twice_is_once():
    assert parse_text(FILE, NOW) == ENTRIES


def test_json_is_a_list_of_objects_and_lines_or_an_object_with_entries():
    rows = [{"network": "192.0.2.7", "reason": "spam burst"}, "2001:db8::/32 for=2h", {"network": "192.0.2.8", "kind": "allow"}]
    assert parse_text(json.dumps(rows), NOW) == parse_text(json.dumps({"entries": rows}), NOW) == ENTRIES


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("192.0.2.7\n\n# x\n192.0.2\n", "^line 4: '192.0.2' is no address"),
        ("192.0.2.7\n192.0.2.7 for=2h", "^line 2: 192.0.2.7 stands in line 1 already, with other options"),
        ('[{"network": "192.0.2.7"}, 5]', "^entry 2: is neither an object nor a line"),
        ('["192.0.2.7", "192.0.2.7 for=2h"]', "^entry 2: 192.0.2.7 stands in entry 1 already"),
        ("[", "begins as JSON and is none"),
        ("[" * 100_000, "begins as JSON and is none"),
        ('{"hosts": []}', "a list in JSON is an array"),
        ("\n" * 200_001, "200000 at most"),
        ("\n".join(many(100_001)), "100000 at most"),
        ("#" * (16 << 20) + "#", "16 MiB at most"),
    ],
)
def test_one_bad_line_refuses_all_by_its_number(text: str, reason: str):
    with pytest.raises(InvalidRPCData, match=reason):
        parse_text(text, NOW)


def test_a_hundred_thousand_lines_with_one_bad_one_are_refused_at_once():
    lines = many(100_000)
    lines[77_776] = "0.0.0.0/0"
    started = monotonic()
    with pytest.raises(InvalidRPCData, match=r"^line 77777: 0.0.0.0/0 is everybody"):
        parse_lines(lines, NOW)
    assert monotonic() - started < 30


def test_who_checks_entries_is_told_of_by_line_as_well():
    def check(entry: Entry) -> None:
        if entry.network == "192.0.2.9":
            raise InvalidRPCData("192.0.2.9 is the default gateway")

    with pytest.raises(InvalidRPCData, match=r"^line 3: 192.0.2.9 is the default gateway"):
        parse_lines(["192.0.2.7", "", "192.0.2.9"], NOW, None, check)


def test_a_request_carries_a_short_list_as_it_is_and_a_long_one_packed():
    assert inputs_of_lines(["192.0.2.7", ""]) == {"list": ["192.0.2.7", ""]}
    lines = many(100_000)
    inputs = inputs_of_lines(lines)
    assert inputs["encoding"] == "zlib"
    assert all(len(part) <= 400_000 for part in inputs["list"])
    assert lines_of_inputs(inputs) == lines
    assert len(wanted(inputs, NOW)) == 100_000


def test_a_list_that_no_request_can_carry_is_refused_before_it_is_sent():
    import random

    numbers = random.Random(7)
    lines = [
        f"2001:db8:{':'.join(f'{numbers.randrange(1 << 16):x}' for _ in range(6))} ticket={numbers.random()}" for _ in range(60_000)
    ]
    with pytest.raises(InvalidRPCData, match=r"too long for one request .* send it in parts"):
        inputs_of_lines(lines)


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({}, "an array of lines"),
        ({"list": "192.0.2.7"}, "an array of lines"),
        ({"list": [7]}, "an array of lines"),
        ({"list": ["%%%"], "encoding": "zlib"}, "cannot be unpacked"),
        ({"list": [base64.b64encode(b"nothing packed").decode()], "encoding": "zlib"}, "cannot be unpacked"),
        ({"list": [base64.b64encode(zlib.compress(b"192.0.2.7")[:-5]).decode()], "encoding": "zlib"}, "cut off"),
        ({"list": [base64.b64encode(zlib.compress(b"#" * (17 << 20))).decode()], "encoding": "zlib"}, "more than 16 MiB"),
        ({"list": [base64.b64encode(zlib.compress(b"\xff")).decode()], "encoding": "zlib"}, "cannot be unpacked"),
    ],
)
def test_what_is_packed_wrongly_is_refused(inputs: dict, reason: str):
    with pytest.raises(InvalidRPCData, match=reason):
        wanted(inputs, NOW)


def test_what_is_sent_of_a_file_keeps_its_line_numbers_and_its_ends():
    assert sendable(FILE, NOW) == [
        "", '192.0.2.7 reason="spam burst"   # first seen by mx1', "", "2001:db8::/32 for=2h", '192.0.2.7 reason="spam burst"',
        "allow 192.0.2.8", "",
    ]  # fmt: skip
    assert sendable('["2001:db8::/32 for=2h"]', NOW) == ["2001:db8::/32 until=2023-11-15T00:13:20Z"]
    assert sendable("10.0.0.0/7", NOW) == ["10.0.0.0/7"]  # how wide is too wide is for each host to say
    with pytest.raises(InvalidRPCData, match=r"^line 1: 0.0.0.0/0 is everybody"):
        sendable("0.0.0.0/0", NOW, Shortest(1, 1))
