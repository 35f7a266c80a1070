import pytest

from mcollective_py.ddl.quantities import bytes_of, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5", 1.5), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("2d", 172800), ("1w", 604800), ("250ms", 0.25)],
)
def test_a_duration_is_read_as_seconds(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1", "1 h", "5m\n", "1h30", "1e3", "nan", "99999999w", "１h"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="must be a duration"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("4096", 4096), ("10K", 10240), ("10kb", 10240), ("1.5M", 1572864), ("2GiB", 2147483648), ("5B", 5)]
)
def test_a_size_is_read_as_bytes(text, size):
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "K", "-1", "1 K", "10X", "10K\n", "1e3", "10iB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="must be a size"):
        bytes_of(text)
