"""Whether the kernel's rules are as we left them."""

from pathlib import Path

import pytest

from agents.iptables.generation import Generation
from agents.iptables.untouched import (
    FILE,
    INEXACT_FOR,
    Mark,
    Seen,
    Sight,
    keep_seen,
    parse_seen,
    read_seen,
    seen_text,
    uses_nf_tables,
)

EXACT = Seen(Sight(Generation(7, 28)), "nft DROP", (1, 2, 3), "boot", 100.0)
COUNTED = EXACT._replace(sight=Sight(Generation(7, 28), Mark(3, 77)))


def still(seen: Seen, now: float = 101.0, **other: object) -> bool:
    _, settings, store, boot, _ = seen
    said = {"sight": seen.sight, "settings": settings, "store": store, "boot": boot} | other
    return seen.is_still(**said, now=now)  # type: ignore[arg-type]  # of several types, by name


def test_nothing_was_changed_where_all_is_as_it_was():
    assert still(EXACT) and still(EXACT, now=1e9) and still(COUNTED)


@pytest.mark.parametrize(
    "other",
    [
        {"sight": None},
        {"sight": Sight(Generation(7, 29))},
        {"sight": Sight(Generation(8, 28))},
        {"settings": "nft REJECT"},
        {"store": (1, 2, 4)},
        {"boot": "next"},
    ],
)
def test_something_may_have_been_changed_where_anything_is_not(other: dict[str, object]):
    assert not still(EXACT, **other)


def test_marks_of_sets_are_believed_for_a_time_alone():
    assert not still(COUNTED, now=100.0 + INEXACT_FOR) and not still(COUNTED, now=99.0)
    assert not still(COUNTED, sight=Sight(Generation(7, 28), Mark(3, 78)))


def test_what_is_kept_is_found_again_and_nobody_elses_to_read(tmp_path: Path):
    assert read_seen(str(tmp_path)) is None
    keep_seen(str(tmp_path), COUNTED)
    assert read_seen(str(tmp_path)) == COUNTED == parse_seen(seen_text(COUNTED))
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600 and [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"namespace":1', seen_text(EXACT).replace("28", '"many"')])
def test_what_cannot_be_read_is_as_nothing(tmp_path: Path, text: str):
    (tmp_path / FILE).write_text(text)
    assert read_seen(str(tmp_path)) is None


def test_where_it_cannot_be_kept_nothing_is(tmp_path: Path):
    keep_seen(str(tmp_path / "nowhere"), EXACT)
    assert read_seen(str(tmp_path / "nowhere")) is None


def test_the_legacy_iptables_is_told_from_that_of_nf_tables(tmp_path: Path):
    for name, program in (("iptables", "xtables-nft-multi"), ("ip6tables", "xtables-nft-multi"), ("old", "xtables-legacy-multi")):
        (tmp_path / program).touch()
        (tmp_path / name).symlink_to(program)
    new, new6, old = (str(tmp_path / name) for name in ("iptables", "ip6tables", "old"))
    assert uses_nf_tables(new, new6) and not uses_nf_tables(new, old)


def test_the_mark_after_a_change_is_that_before_with_what_came_and_without_what_went():
    assert Mark(3, 77).changed(Mark(1, 5), Mark(2, 30)) == Mark(2, 52)
