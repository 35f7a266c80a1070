import pytest

from mcollective_py.client.aggregate.formats import formatted


@pytest.mark.parametrize(
    ("pattern", "values", "text"),
    [
        ("%s", ["up"], "up"),
        ("%5s = %s", ["up", 3], "   up = 3"),
        ("%-5s|", ["up"], "up   |"),
        ("%0.2f", [1], "1.00"),
        ("%d mails", [2.9], "2 mails"),
        ("%u", [7], "7"),
        ("%x", [255.0], "ff"),
        ("100%% of %s", ["x"], "100% of x"),
        ("%s", ["up", 3], "up"),
        ("no more", ["up", 3], "no more"),
        ("%2$d x %1$s", ["up", 3], "3 x up"),
    ],
)
def test_formats_are_filled_in_as_ruby_does(pattern, values, text):
    assert formatted(pattern, *values) == text


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("%s %s", [1]),
        ("%3$s", [1, 2]),
        ("%0$s", [1, 2]),
        ("%d", ["x"]),
        ("%n", [1]),
        ("%", [1]),
        ("%9999s", [1]),
        ("%*d", [1]),
        ("%{x}", [1]),
        ("x" * 1001, []),
    ],
)
def test_a_format_that_does_not_fit_is_a_value_error(pattern, values):
    with pytest.raises(ValueError, match="format"):
        formatted(pattern, *values)
