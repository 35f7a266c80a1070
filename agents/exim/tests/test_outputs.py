"""What Exim's programs print, recorded of Exim 4.96."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

FOLDER, CASES = Path(__file__).parents[1], Path(__file__).parent / "cases"
bp = load_module("exim", FOLDER, "bp")
hints = load_module("exim", FOLDER, "hints")
places = load_module("exim", FOLDER, "places")
health = load_module("exim", FOLDER, "health")
commands = load_module("exim", FOLDER, "commands")
layout = load_module("exim", FOLDER, "layout")
msglog = load_module("exim", FOLDER, "msglog")


def case(name):
    return (CASES / f"{name}.txt").read_text()


def test_a_listing_of_exim_bp():
    found = bp.parse_bp(case("bp"))
    assert [(one.id, one.sender, one.is_frozen, one.size) for one in found] == [
        ("1xVWj6-00000i-1z", "alice@example.org", True, 263),
        ("1xVWj6-00000i-20", "x@y.example", False, 231),
        ("1xVWj6-00000j-2i", "spam@bad.example", False, 241),
        ("1xVWj7-00000u-2f", "", False, 1638),
    ]
    assert found[2].recipients == ("defer1@example.net",)
    assert found[2].delivered[-1] == "reject1@example.net"
    assert bp.exim_bp("/usr/sbin/exim4", "slow") == ["/usr/sbin/exim4", "-qGslow", "-bp"]


def test_the_summary_of_that_listing_is_what_exiqsumm_made_of_it():
    now = 1795450690
    assert layout.summary_text(layout.domain_rows(bp.parse_bp(case("bp")), now)).rstrip() == case("exiqsumm").rstrip().replace(
        "0m", "1m"
    )


def test_that_listing_again_as_exim_prints_it():
    lines = layout.listing_lines(layout.mailq_row(mail, mail.arrived) for mail in bp.parse_bp(case("bp")))
    assert lines == [line for line in case("bp").rstrip("\n").split("\n") if not line.startswith("        D ")] + [""]


def test_places():
    told = places.parse_places(case("bP-places"))
    found = places.places_of(told, {}, "/usr/sbin/exim4")
    assert (found.spool, found.mainlog, found.paniclog) == ("/var/spool/exim4", "/var/log/exim4/mainlog", "/var/log/exim4/paniclog")
    assert places.places_of(told, {"spool": "/s/", "mainlog": "/m"}, "/e").spool == "/s"
    assert places.places_of({"spool_directory": "/s"}, {}, "/e").mainlog == "/s/log/mainlog"
    assert places.places_of({"spool_directory": "/s", "log_file_path": "syslog"}, {}, "/e").mainlog == ""
    with pytest.raises(Exception, match=r"plugin\.exim\.spool"):
        places.places_of({}, {}, "/e")


def test_retry_times():
    rows = hints.parse_retry(case("dumpdb-retry"))
    assert [row["key"] for row in rows] == [
        "defer1@example.net:<spam@bad.example>", "defer-b@example.org:<>", "defer@example.com:<alice@example.org>",
    ]  # fmt: skip
    assert {row["kind"] for row in rows} == {"recipient"}
    assert (rows[0]["errno"], rows[0]["next"] - rows[0]["last"], rows[0]["expired"]) == (-44, 900, False)
    assert rows[0]["error"].endswith("451 4.3.0 come back later")
    assert len(hints.about(rows, "EXAMPLE.net")) == 1


def test_version():
    assert health.parse_version(case("bV")) == "4.96"
    assert health.parse_version("no exim") == ""


def test_an_address_stands_behind_two_dashes():
    assert commands.exim_bt("/usr/sbin/exim4", "a@b") == ["/usr/sbin/exim4", "-bt", "--", "a@b"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0m"), (59, "0m"), (5459, "90m"), (5460, "2h"), (72 * 3600, "72h"), (73 * 3600, "3d"), (10 * 86_400, "10d")],
)
def test_ages_as_exim_rounds_them(seconds, text):
    assert layout.age_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(1023, "1023"), (2458, "2.4K"), (10_240, "10K"), (3 * 1024**2, "3.0M"), (12 * 1024**2, "12M")]
)
def test_sizes_as_exim_rounds_them(size, text):
    assert layout.size_text(size) == text


def test_the_last_trouble_of_a_message_and_what_it_has_in_common_with_others():
    found = msglog.parse_msglog(case("msglog-1xVWj6-00000j-2i"))
    assert (found.attempts, found.tried) == (1, "2026-11-23 16:17:09")
    assert msglog.kind_of_error(found.error) == "451 4.3.0 come back later"
    assert msglog.parse_msglog(case("msglog-1xVWj7-00000u-2f")) == msglog.LastTry()
    assert msglog.kind_of_error("H=mx.example.net [192.0.2.1]: Connection timed out") == "Connection timed out"
