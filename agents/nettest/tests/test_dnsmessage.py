"""Answers of name servers as bytes: what is no answer is refused, whatever it is."""

import random
import struct
from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

dns = load_module("nettest", Path(__file__).parents[1], "dnsmessage")

NAME = b"\x03www\x07example\x00"
HEAD = struct.pack("!HHHHHH", 7, 0x8180, 1, 1, 0, 0)
GOOD = HEAD + NAME + struct.pack("!HH", 1, 1) + b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, 1])


def test_a_question_has_the_name_the_type_and_the_size_that_we_take():
    asked = dns.question(7, "www.example.", "MX")
    assert asked == struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 1) + NAME + struct.pack("!HH", 15, 1) + bytes(
        [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
    )


def test_an_answer_is_read():
    answer = dns.parse_answer(GOOD, 7, "www.example", "A")
    assert answer == dns.Answer("NOERROR", ("192.0.2.1",), 60, False, False)
    assert dns.parse_answer(GOOD, 7, "WWW.Example.", "A").records == ("192.0.2.1",)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD[:11],
        GOOD[:-1],
        b"\0\x08" + GOOD[2:],  # another number
        GOOD[:2] + b"\x01\x80" + GOOD[4:],  # a question
        GOOD.replace(b"www", b"wwx"),
        HEAD + NAME + struct.pack("!HH", 28, 1),
        HEAD + b"\xc0\x0c" + struct.pack("!HH", 1, 1),  # a name that is itself
        HEAD + b"\x40abc",
        HEAD + NAME + struct.pack("!HH", 1, 1) + b"\xc0\xff",
        GOOD[:-6] + struct.pack("!H", 5) + bytes(5),  # an address of five bytes
    ],
)
def test_what_is_no_answer_to_the_question_is_refused(data):
    with pytest.raises(dns.BadAnswer):
        dns.parse_answer(data, 7, "www.example", "A")


def test_names_that_lead_to_each_other_end():
    with pytest.raises(dns.BadAnswer, match="circle"):
        dns.read_name(b"\xc0\x02\xc0\x00", 0)


def test_any_bytes_are_an_answer_or_refused():
    chance = random.Random(5)
    for kind in dns.TYPES:
        good = bytearray(HEAD + NAME + struct.pack("!HH", dns.TYPES[kind], 1) + b"\xc0\x0c")
        for _ in range(300):
            tail = struct.pack("!HHIH", dns.TYPES[kind], 1, 60, chance.randrange(40)) + chance.randbytes(chance.randrange(40))
            try:
                answer = dns.parse_answer(bytes(good) + tail, 7, "www.example", kind)
            except dns.BadAnswer:
                continue
            assert all(isinstance(record, str) and len(record) <= 4096 for record in answer.records)


def test_the_name_of_an_address_is_asked_for():
    assert dns.question_name("192.0.2.1", "PTR") == "1.2.0.192.in-addr.arpa"
    assert dns.question_name("fd77::1", "PTR").endswith(".d.f.ip6.arpa")
    assert dns.question_name("www.example", "A") == "www.example"
    with pytest.raises(ValueError, match="ask for PTR"):
        dns.question_name("192.0.2.1", "A")


def test_servers_are_read_as_the_resolver_reads_them():
    lines = [
        "# x",
        "nameserver 192.0.2.1",
        "search a",
        "nameserver fe80::1%eth0",
        "nameserver nonsense",
        " nameserver 192.0.2.2 x",
        "nameserver 192.0.2.3",
    ]
    assert dns.nameservers("\n".join(lines)) == ["192.0.2.1", "fe80::1%eth0", "192.0.2.2"]
