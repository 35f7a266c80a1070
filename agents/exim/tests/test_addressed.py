"""Addresses in which strangers wrote what looks like the rest of a line: recorded of Exim 4.96, which took them all."""

import time
from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

FOLDER, CASES = Path(__file__).parents[1], Path(__file__).parent / "cases"
addressed = load_module("exim", FOLDER, "addressed").addressed
logline = load_module("exim", FOLDER, "logline")
msglog = load_module("exim", FOLDER, "msglog")
deliverylog = load_module("exim", FOLDER, "deliverylog")
LINES = (CASES / "mainlog-quoted.txt").read_text().splitlines()
HEAD = "2026-11-23 19:22:53 1xVZcr-00000r-2r "


@pytest.mark.parametrize(
    ("text", "address", "original"),
    [
        ("bob@example.com R=sink", "bob@example.com", ""),
        ("bob@example.com <list@example.com> R=sink", "bob@example.com", "list@example.com"),
        ("|/usr/bin/vacation bob <bob@example.com> R=userforward", "|/usr/bin/vacation bob", "bob@example.com"),
        ('a b@example.com <"a b"@example.com> R=sink', "a b@example.com", '"a b"@example.com'),
        ('"a R=x"@example.com R=sink', '"a R=x"@example.com', ""),
        ('bob@example.com <"a> R=x"@example.com> R=sink', "bob@example.com", '"a> R=x"@example.com'),
        (
            'a <"a"@b> r=x@example.com <"a <\\"a\\"@b> R=x"@example.com> R=sink',
            'a <"a"@b> r=x@example.com',
            '"a <\\"a\\"@b> R=x"@example.com',
        ),
    ],
)
def test_an_address_ends_where_exim_ends_it(text, address, original):
    assert addressed(text)[:2] == (address, original)
    assert text[addressed(text)[2] :].startswith(" R=")


def test_a_sender_and_a_message_id_forge_neither_host_nor_login_nor_recipient():
    line = logline.parse_line(LINES[0])
    assert line.address == '"a H=trusted [192.0.2.9] P=esmtpa A=plain:boss R=1xVYmR-00000a-1y for x"@evil.test'
    assert (line.name, line.helo, line.ip, line.recipients) == ("", "client.lab.test", "127.0.0.1", ("bob@example.com",))
    told = {"P": "esmtp", "S": "380", "id": '"q R=1xVYmR-00000a-1y A=plain:boss U=root"@evil.test'}
    assert dict(line.fields) == told


def test_a_recipient_forges_no_host_and_no_answer():
    failed, delivered, deferred = map(logline.parse_line, LINES[2:])
    assert (failed.original, failed.ip, failed.text) == ('"no> H=mx8 [1.1.1.1]: "@nowhere.test', "", "no such place")
    assert (delivered.ip, delivered.remote, delivered.fields["C"]) == ("10.77.0.2", "", "250 taken")
    assert (deferred.address, deferred.code, deferred.text) == ("z <boss@home.test> r=sink@example.com", 22, "Invalid argument")


@pytest.mark.parametrize("name", ["P", "F"])
def test_a_sender_beside_a_delivery_forges_none_either(name):
    line = logline.parse_line(
        f'{HEAD}=> bob@x.test {name}=<"s> H=mx9 [192.0.2.9] C=\\"no"@evil.test> R=sink H=mx [10.0.0.1] C="250 ok"'
    )
    assert (line.name, line.ip, line.fields["R"], line.fields["C"]) == ("mx", "10.0.0.1", "sink", "250 ok")


def test_the_reason_is_that_of_exim():
    (story,) = deliverylog.parse_deliveries([LINES[2]], [LINES[2][20:36]]).values()
    assert (story.failed, story.trouble) == (1, "no such place")
    assert msglog.parse_msglog((CASES / "msglog-quoted.txt").read_text()).error == "Invalid argument"


def test_no_text_of_others_takes_long_to_read():
    began = time.monotonic()
    msglog.parse_msglog(f"2026-11-23 19:24:03 x R=x [x]{'A=a' * 1000} error b@example.com R=sink T=smtp defer (22): no")
    msglog.kind_of_error("A=a" * 130)
    for text in ("H=a" + "(" * 15_000, ' <"' * 5000, ' <"\\" ' * 3000, "451" + " QT=1" * 3000 + " x", ' F=<"' * 3000):
        for sign in ("<=", "=>", "=="):
            logline.parse_line(f"{HEAD}{sign} a@b.test {text}")
    assert time.monotonic() - began < 60  # some 2 s; one more letter took twice as long
