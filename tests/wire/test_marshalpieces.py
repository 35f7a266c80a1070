import math
import tracemalloc

import pytest

from mcollective_py.errors import Malformed
from mcollective_py.wire.marshalpieces import (
    check_digits,
    count_number_keys,
    decode,
    packed_integer,
    read_codec,
    read_count,
    read_float,
    read_regexp,
    refuse,
    size_of,
    weigh,
    wide_text,
)
from mcollective_py.wire.rubylimits import REQUEST, RubyLimits
from mcollective_py.wire.symbol import Regexp, Symbol


@pytest.mark.parametrize(
    ("data", "value", "end"),
    [(b"\x00", 0, 1), (b"\x06", 1, 1), (b"\x01\xff", 255, 2), (b"\x02\x00\x01x", 256, 3), (b"\xfa", -1, 1), (b"\xff\x00", -256, 2),
     (b"\xfe\xff\xfe", -257, 3), (b"\xfc\x00\x00\x00\xc0", -(2**30), 5)],
)  # fmt: skip
def test_a_packed_integer_gives_its_value_and_its_end(data, value, end):
    assert packed_integer(data, 0) == (value, end)


def test_a_length_beyond_the_data_ends_there_too():
    assert packed_integer(b"\x04\x01", 0) == (1, 5)
    with pytest.raises(IndexError):
        packed_integer(b"", 0)


def test_a_count_is_never_negative():
    assert read_count(b"\x01\xff", 0) == (255, 2)
    with pytest.raises(Malformed, match="a length or a number of -1"):
        read_count(b"\xfa", 0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0.0),
        ("3.25", 3.25),
        ("1e100", 1e100),
        ("-1.5e-7", -1.5e-7),
        ("inf", math.inf),
        ("-inf", -math.inf),
        # The first 37 bits and the rest, as Ruby 1.8 wrote 1.1, 0.1 and 3.3 (Ruby 3.1 reads the same).
        ("1.1000000000000001\0\x99\x9a", 1.1),
        ("-0.10000000000000001\0\x99\x9a", -0.1),
        ("3.2999999999999998\0ff", 3.3),
        ("17\0\x00\x01", 17.000000000000004),
        ("0\0\x01", 2.0**-45),  # none wrote this
    ],
)
def test_a_float_is_read_to_the_last_bit(text, value):
    assert repr(read_float(text)) == repr(value)


def test_the_number_that_is_none_is_read():
    assert math.isnan(read_float("nan"))


@pytest.mark.parametrize("text", ["", "1e999", "1\0", "1\0abc", "nan\0a", "0x1", "1_000", "٣"])
def test_other_texts_are_no_floats(text):
    with pytest.raises(Malformed, match="float"):
        read_float(text)


def test_the_codec_is_what_the_instance_variable_says():
    symbols, objects = [Symbol("E")], []
    assert read_codec(b"\x06;\x00T", 0, symbols, objects, REQUEST) == ("utf-8", 4)
    assert read_codec(b"\x06;\x00F", 0, symbols, objects, REQUEST) == ("ascii", 4)
    assert read_codec(b'\x06:\rencoding"\x0bKOI8-R', 0, symbols, objects, REQUEST) == ("koi8-r", 19)
    assert read_codec(b'\x06;\x06"\x08Foo', 0, symbols, objects, REQUEST) == ("", 8)
    assert read_codec(b"\x06;\x06@\x00", 0, symbols, objects, REQUEST) == ("koi8-r", 5)
    assert read_codec(b"\x00", 0, symbols, objects, REQUEST) == ("", 1)
    assert (symbols, objects) == (["E", "encoding"], [b"KOI8-R", b"Foo"])


def test_text_that_is_none_in_its_encoding_stays_bytes():
    assert decode("é".encode(), "utf-8") == "é"
    assert decode(b"\xff", "utf-8") == b"\xff"
    assert decode(b"abc", "") == b"abc"


def test_digits_are_counted_without_writing_them():
    limits = RubyLimits(digits=20)
    check_digits(10**20 - 1, 10, limits)
    with pytest.raises(Malformed, match="more than 20 digits"):
        check_digits(10**20, 10, limits)
    with pytest.raises(Malformed, match="more than 20 digits"):
        check_digits(0, 22, limits)  # too long, whatever it is


def test_numbers_are_counted_among_the_keys_of_a_hash_beyond_its_first_64():
    first = [None] * 128
    assert count_number_keys([*first, 5, 6, 0.5, 7, "5", 8, True, 9, b"5", 9.5], 10) == 8
    assert count_number_keys([*range(128), 2**60, 0, -(2**60 - 1), 0], 65) == 0
    with pytest.raises(Malformed, match="too many integers or floats as keys"):
        count_number_keys([*first, 2**60, 0], 63)


def test_text_beyond_ascii_counts_as_wide_as_it_is_held():
    assert wide_text(b"abc", 0, 3, "utf-8", 0) == ("abc", 0)
    assert wide_text(b"\xff", 0, 1, "utf-8", 0) == (b"\xff", 0)
    text, left = wide_text("x😀y".encode(), 1, 5, "utf-8", 200)
    assert (text, left < 200) == ("😀", True)
    with pytest.raises(Malformed, match="too much memory"):
        wide_text("😀".encode(), 0, 4, "utf-8", 40)


@pytest.mark.parametrize(
    ("sign", "codec", "room", "fits"),
    [
        ("😀", "utf-8", 400_000, False),
        ("😀", "utf-8", 401_000, True),
        ("漢", "utf-8", 201_000, True),
        ("漢", "gb18030", 399_000, False),
    ],
)
def test_long_text_is_measured_before_it_is_made(sign, codec, room, fits):
    data = b"x" * 100_000 + sign.encode(codec)
    tracemalloc.start()
    try:
        if fits:
            assert wide_text(data, 0, len(data), codec, room)[0] == "x" * 100_000 + sign
        else:
            with pytest.raises(Malformed, match="too much memory"):
                wide_text(data, 0, len(data), codec, room)
            assert tracemalloc.get_traced_memory()[1] < 10_000
    finally:
        tracemalloc.stop()


def test_a_regular_expression_keeps_only_what_says_how_it_matches():
    assert read_regexp(b"/\x06a\x27", 0, [], [], REQUEST) == (Regexp("a", 7), 4)
    assert read_regexp(b"I/\x07\xc3\xa9\x10\x06;\x00T", 0, [Symbol("E")], [], REQUEST) == (Regexp("é"), 10)


def test_a_refusal_has_no_long_or_unprintable_name():
    with pytest.raises(Malformed) as error:
        refuse(b"c\x04\x00\x00\x01\x00" + b"\x1b" * 65536, 0, [], REQUEST)
    assert str(error.value) == f"a Ruby class ({'?' * 60}) is not taken: only plain data are"


def test_a_container_weighs_what_it_holds_and_is_walked_once():
    inner = ["abc", b"de"]
    outer = {"k": inner, 1: [inner, None]}
    weights = {}
    assert weigh(inner, weights) == (4, 5, 1)
    assert weigh(outer, weights) == (2 + 2 + 4 + (2 + 4 + 1), 1 + 8 + 5 + 5 + 8, 3)
    assert weights[id(inner)] == (4, 5, 1)
    inner.append("more")  # not seen any more
    assert weigh(outer, weights) == (15, 27, 3)
    assert size_of(1.5) == 8
