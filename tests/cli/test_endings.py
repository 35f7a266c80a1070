import pytest

from mcollective_py.cli.endings import ago, ending, in_brackets


@pytest.mark.parametrize(
    ("ended", "age", "words"),
    [
        ("known", None, "all known answered"),
        ("known", 840.0, "all known answered; full window 14 min ago"),
        ("window", None, "full window"),
        ("limit", None, "enough found"),
        ("interrupted", None, "interrupted"),
        ("named", None, ""),
        ("source", None, ""),
        ("", 5.0, ""),
    ],
)
def test_how_a_discovery_ended_in_words(ended, age, words):
    assert ending(ended, age) == words


def test_nothing_to_say_takes_no_brackets():
    assert (in_brackets("full window"), in_brackets("")) == (" (full window)", "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0 s"), (119.9, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172799, "47 h"), (172800, "2 days")],
)
def test_a_time_span_is_told_in_its_largest_unit(seconds, words):
    assert ago(seconds) == words
