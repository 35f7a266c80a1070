import pytest

from mcollective_py.sizes import size_words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1.5 * 1024**2, "1.5 MiB"), (5 * 1024**3, "5.0 GiB"), (1024**6, "1.0 EiB")],
)
def test_sizes_are_told_in_the_unit_that_fits(value: float, words: str):
    assert size_words(value) == words


@pytest.mark.parametrize("value", [None, "12", True, -1, float("nan"), float("inf"), 1024**7, 10**400])
def test_what_is_no_size_is_nothing(value: object):
    assert size_words(value) == ""
