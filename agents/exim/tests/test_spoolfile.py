"""Spool files of a real Exim 4.96, and what they are with one thing changed."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

spool = load_module("exim", Path(__file__).parents[1], "spoolfile")
CASES = Path(__file__).parent / "cases"
FROZEN, HALF_DONE, BOUNCE = "1xVWj6-00000i-1z", "1xVWj6-00000j-2i", "1xVWj7-00000u-2f"


def content(id):
    return (CASES / f"spool-{id}.txt").read_bytes()


def test_a_frozen_message():
    mail = spool.parse_header_file(content(FROZEN), FROZEN, 25)
    assert (mail.sender, mail.recipients, mail.delivered) == ("alice@example.org", ("defer@example.com",), ())
    assert (mail.arrived, mail.frozen_since, mail.is_frozen) == (1795450628, 1795450679, True)
    assert (mail.size, mail.subject, mail.user, mail.delays) == (263, "Will come later", "Debian-exim", 0)
    assert (mail.host, mail.helo, mail.auth, mail.host_name) == ("127.0.0.1", "client.lab.test", "", "")


def test_of_a_message_that_is_half_delivered_those_who_have_it_are_told_apart():
    mail = spool.parse_header_file(content(HALF_DONE), HALF_DONE, 25)
    assert mail.recipients == ("defer1@example.net",)
    assert mail.delivered == ("u1@example.net", "u2@example.net", "u3@example.net", "reject1@example.net")
    assert mail.auth == "mallory"


def test_a_bounce_has_no_sender():
    mail = spool.parse_header_file(content(BOUNCE), BOUNCE, 1098)
    assert (mail.sender, mail.is_bounce, mail.size) == ("", True, 557 - 7 + 1080)


def test_a_message_of_a_newer_exim_has_a_longer_id():
    id = "1xVWj6-0000000000i-1zAb"
    mail = spool.parse_header_file(content(FROZEN).replace(FROZEN.encode(), id.encode(), 1), id, 32)
    assert (mail.id, mail.sender) == (id, "alice@example.org")


def test_who_got_it_in_a_delivery_that_runs_waits_no_longer():
    mail = spool.parse_header_file(content(FROZEN), FROZEN, 25, spool.parse_journal(b"defer@example.com\nhalf@writ"))
    assert (mail.recipients, mail.delivered) == ((), ("defer@example.com",))


@pytest.mark.parametrize(
    "line",
    [
        "defer@example.com rfc822;x@y 10,3  0,-1#3",
        "defer@example.com  0,0 errors@example.org 18,-1#3",
        "defer@example.com errors@example.org 18,0#1",
    ],
)
def test_what_stands_behind_a_recipient_is_none_of_its_address(line):
    changed = content(FROZEN).replace(b"\n1\ndefer@example.com\n", f"\n1\n{line}\n".encode())
    assert spool.parse_header_file(changed, FROZEN).recipients == ("defer@example.com",)


def test_variables_of_access_control_lists_are_passed_over_whatever_they_look_like():
    value = "x\n-frozen 1\n\n000  Subject: no"
    changed = content(HALF_DONE).replace(b"-tls_resumption A\n", f"-aclm 0 {len(value)}\n{value}\n-tls_resumption A\n".encode())
    mail = spool.parse_header_file(changed, HALF_DONE, 25)
    assert mail == spool.parse_header_file(content(HALF_DONE), HALF_DONE, 25)
    assert spool.parse_headers(changed) == spool.parse_headers(content(HALF_DONE))


def test_a_subject_is_read_as_people_read_it_and_on_one_line():
    text = b"Subject: =?utf-8?B?R3LDvMOfZQ==?=\n from me\n"
    changed = content(FROZEN).replace(b"025  Subject: Will come later\n", b"%03d  %s" % (len(text), text))
    assert spool.parse_header_file(changed, FROZEN).subject == "Grüße from me"


def test_a_header_that_was_taken_away_counts_no_longer():
    changed = content(FROZEN).replace(b"025  Subject", b"025* Subject")
    mail = spool.parse_header_file(changed, FROZEN, 25)
    assert (mail.subject, mail.size) == ("", 238)
    assert not any(header.startswith("Subject") for header in spool.parse_headers(changed))


def test_a_header_of_a_thousand_bytes_and_more_counts_as_all_do():
    long = b"X-Long: %s\n" % (b"x" * 1200)
    mail = spool.parse_header_file(content(FROZEN) + b"%d  %s" % (len(long), long), FROZEN, 25)
    assert (mail.subject, mail.size) == ("Will come later", 263 + len(long))


def test_the_sender_can_be_seen_without_the_rest():
    assert spool.sender_of(content(HALF_DONE)) == "spam@bad.example"
    assert spool.sender_of(b"x\ny") is None


@pytest.mark.parametrize("id", [FROZEN, HALF_DONE, BOUNCE])
def test_a_file_that_ends_anywhere_is_broken_or_whole_and_never_an_accident(id):
    whole = content(id)
    for end in range(len(whole)):
        try:
            mail = spool.parse_header_file(whole[:end], id)
        except spool.BrokenSpoolFile:
            continue
        assert mail.recipients, end


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<spam@bad.example>", b"spam@bad.example"),
        (b"\nYY u2", b"\nYQ u2"),
        (b"\n5\n", b"\n6\n"),
        (b"\n5\n", b"\nfive\n"),
        (b"\n5\n", b"\n99999999999999999999\n"),
        (b"1795450628 0", b"soon 0"),
        (b"182P", b"999P"),
        (b"182P", b"xx2P"),
        (b"1xVWj6-00000j-2i-H", b"1xVWj6-00000j-2j-H"),
        (b"-tls_resumption A", b"-frozen yes"),
        (b"-tls_resumption A\n", b"-aclm 0 " + b"9" * 5000 + b"\n\n"),
    ],
)
def test_what_is_no_spool_file_says_so(old, new):
    with pytest.raises(spool.BrokenSpoolFile):
        spool.parse_header_file(content(HALF_DONE).replace(old, new, 1), HALF_DONE)


@pytest.mark.parametrize("encoded", ["=?unicode_escape?Q?=5Cud800?=", "=?utf-7?Q?+2AA-?=", "=?raw_unicode_escape?Q?=5Cud800?="])
def test_a_subject_of_half_a_character_can_be_sent(encoded):
    subject = spool._subject_of(f"Win {encoded}".encode())
    assert subject == "Win \ufffd"
    assert spool._subject_of(b"=?unicode_escape?Q?=5Cud83d=5Cude00?=") == "\U0001f600"
