"""One line of a list."""

import pytest

from agents.iptables.addresses import Shortest
from agents.iptables.entry import Entry
from agents.iptables.listlines import entry_of_line, entry_of_row, line_of
from mcollective_py.agent import InvalidRPCData

NOW = 1_700_000_000.0


def entry(line: str) -> Entry | None:
    return entry_of_line(line, NOW, Shortest())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("192.0.2.7", Entry("192.0.2.7")),
        ("  2001:DB8::7 \r", Entry("2001:db8::7")),
        ("block 192.0.2.0/24", Entry("192.0.2.0/24")),
        ("allow 192.0.2.7 for=2h", Entry("192.0.2.7", "allow", expires=NOW + 7200)),
        ("192.0.2.7\tfor=90\tticket=OPS-7 # as asked", Entry("192.0.2.7", ticket="OPS-7", expires=NOW + 90)),
        ("192.0.2.7 until=1700000060", Entry("192.0.2.7", expires=NOW + 60)),
        ("192.0.2.7 until=2023-11-14T22:14:20Z", Entry("192.0.2.7", expires=NOW + 60)),
        ("192.0.2.7 until=2023-11-14T23:14:20+01:00", Entry("192.0.2.7", expires=NOW + 60)),
        ("192.0.2.7 proto=tcp ports=587,25", Entry("192.0.2.7", "block", "tcp", "25,587")),
        ("192.0.2.7 protocol=icmp", Entry("192.0.2.7", "block", "icmp")),
        (r'192.0.2.7 reason="spam \"burst\" \\ #1"', Entry("192.0.2.7", reason='spam "burst" \\ #1')),
        ("192.0.2.7 reason=spam#1", Entry("192.0.2.7", reason="spam#1")),
        ("", None),
        ("   # a comment", None),
        ("192.0.2.7 until=1699999999", None),
    ],
)
def test_a_line_has_one_entry_or_none(line: str, expected: Entry | None):
    assert entry(line) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("www.example.net", "names are not looked up"),
        ("192.0.2.7, 192.0.2.8", "is no address"),
        ("192.0.2.7 192.0.2.8", "'192.0.2.8' is no option: for=2h"),
        ("deny 192.0.2.7", "'deny' is no address"),
        ("allow", "an address such as 192.0.2.7"),
        ("192.0.2.7 fro=2h", "'fro' is no option: for, until"),
        ("192.0.2.7 for=soon", "for must be a duration"),
        ("192.0.2.7 for=0", "from one second to ten years"),
        ("192.0.2.7 for=20000d", "for"),
        ("192.0.2.7 for=1h until=1800000000", "by for or by until"),
        ("192.0.2.7 until=tomorrow", "is no moment such as 2026-11-24T03:00:00Z"),
        ("192.0.2.7 until=2026-11-24T03:00:00", "has no time zone"),
        ("192.0.2.7 until=99999999999", "ten years"),
        ("192.0.2.7 reason=a reason=b", "reason stands there twice"),
        ('192.0.2.7 reason="a', "is no option"),
        ("192.0.2.7 reason=" + "x" * 201, "at most 200 characters"),
        ("192.0.2.7 ticket=" + "x" * 65, "at most 64 characters"),
        ('192.0.2.7 reason="a\x1b[2J"', "a text of one line"),
        ("192.0.2.7 proto=icmp ports=25", "tcp or udp"),
        ("192.0.2.7 proto=sctp", "'sctp' is no protocol"),
        ("192.0.2.7" + " " * 900 + "for=1h", "900 at most"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(line: str, reason: str):
    with pytest.raises(InvalidRPCData, match=reason):
        entry(line)


def test_an_object_says_the_same_by_the_same_names():
    row = {"network": "192.0.2.0/24", "kind": "allow", "for": 60, "reason": "tests", "protocol": "tcp", "ports": [25, "587"]}
    assert entry_of_row(row, NOW, Shortest()) == Entry("192.0.2.0/24", "allow", "tcp", "25,587", "tests", expires=NOW + 60)
    for wrong, reason in (
        ({"network": "192.0.2.7", "colour": 1}, "'colour' is nothing that an entry has"),
        ({"network": 7}, "is wanted"),
        ({}, "is wanted"),
        ({"network": "192.0.2.7", "kind": "drop"}, "'drop' is no kind: block or allow"),
        ({"network": "192.0.2.7", "reason": 5}, "a text of one line"),
        ({"network": "192.0.2.7", "until": True}, "until: a moment"),
        ({"network": "192.0.2.7", "ports": {}}, "is no port"),
    ):
        with pytest.raises(InvalidRPCData, match=reason):
            entry_of_row(wrong, NOW, Shortest())


@pytest.mark.parametrize(
    "made",
    [
        Entry("192.0.2.7"),
        Entry("2001:db8::/32", "allow", "udp", "53,8000-8010", 'a "b" \\ c # d', "OPS 7", expires=NOW + 60),
        Entry("192.0.2.7", reason="#x"),
        Entry(
            "2001:db8:1111:2222:3333:4444:5555:6666",
            "allow",
            "tcp",
            ",".join(str(60000 + 2 * n) for n in range(15)),
            '"' * 200,
            "\\" * 64,
            expires=NOW + 60,
        ),
    ],
)
def test_what_is_written_is_read_again(made: Entry):
    assert entry(line_of(made)) == made


def test_ports_without_a_protocol_are_those_of_tcp():
    assert entry("192.0.2.7 ports=25") == entry("192.0.2.7 proto=tcp ports=25")


def test_lines_with_the_same_options_are_read_once_and_are_no_less_checked():
    alike: dict[str, Entry] = {}
    lines = [
        "192.0.2.7 for=60 reason=a",
        "2001:db8::7 for=60 reason=a",
        "allow 192.0.2.9 for=60 reason=a",
        "192.0.2.0/24 for=60 reason=a",
    ]
    found = [entry_of_line(line, NOW, Shortest(), alike) for line in lines]
    assert found == [entry(line) for line in lines]
    with pytest.raises(InvalidRPCData, match=r"0.0.0.0/0 is everybody"):
        entry_of_line("0.0.0.0/0 for=60 reason=a", NOW, Shortest(), alike)
