import pytest

from agents.shell.output import whole_text


@pytest.mark.parametrize(
    ("data", "is_last", "text", "count"),
    [
        (b"abc", False, "abc", 3),
        (b"a\xc3\xa4", False, "a\u00e4", 3),
        (b"a\xc3", False, "a", 1),
        (b"a\xc3", True, "a\ufffd", 2),
        (b"a\xe2\x82", False, "a", 1),
        (b"a\xf0\x9f\x98", False, "a", 1),
        (b"\xf0\x9f\x98\x80", False, "\U0001f600", 4),
        (b"a\xff\x80", False, "a\ufffd\ufffd", 3),
        (b"\x80\x80\x80\x80\x80", False, "\ufffd" * 5, 5),
        (b"", False, "", 0),
    ],
)
def test_a_part_ends_with_a_whole_character_unless_nothing_follows(data, is_last, text, count):
    assert whole_text(data, is_last=is_last) == (text, count)


def test_parts_make_the_whole_wherever_they_are_cut():
    data = "gr\u00fc\u00dfe \U0001f600 \u20ac".encode()
    for cut in range(len(data) + 1):
        first, count = whole_text(data[:cut], is_last=False)
        second, _ = whole_text(data[count:], is_last=True)
        assert first + second == data.decode()
