import pytest

from mcollective_py.client.share import read_share


@pytest.mark.parametrize(
    ("word", "share"),
    [("10", (10, False)), ("0", (0, False)), ("007", (7, False)), ("25%", (25, True)), ("0%", (0, True)), ("100%", (100, True))],
)
def test_a_number_or_a_percentage_is_read(word, share):
    assert read_share(word) == share


@pytest.mark.parametrize("word", ["", "%", "101%", "-1", "1.5", "1 ", "1%%", "ten", "٣", "1" * 10, "0x1"])
def test_nothing_else_is_one(word):
    assert read_share(word) is None
