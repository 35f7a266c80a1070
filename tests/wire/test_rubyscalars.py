import math

import pytest

from mcollective_py.errors import Malformed
from mcollective_py.wire.rubylimits import REQUEST, RubyLimits
from mcollective_py.wire.rubyscalars import RubyScalars
from mcollective_py.wire.symbol import Regexp, Symbol


def plain(text):
    return RubyScalars(REQUEST).plain(text)


def tagged(text, tag):
    return RubyScalars(REQUEST).tagged(text, tag)


def same(value, expected):
    """Equal, and of the same types."""
    return type(value) is type(expected) and (repr(value) == repr(expected))


# What Ruby 3.1 said to each of these.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nUlL", None),
        ("true", True), ("yes", True), ("On", True), ("YES", True), ("false", False), ("no", False), ("oFF", False),
        ("y", "y"), ("n", "n"), ("nil", "nil"), ("none", "none"), ("yess", "yess"),
        ("ye\u017f", True), ("o\ufb00", False),  # letters that Unicode counts as the same
        ("no\n", False), ("no\non", True), ("no\nx", "no\nx"), ("on\n\n", "on\n\n"), ("~\n~", "~\n~"), ("null\n", None),
        ("0", 0), ("12", 12), ("+12", 12), ("-1", -1), ("1000000000000000000000", 10**21),
        ("1_000", 1000), ("1,000", 1000), ("1,2", 12), ("1,,2", "1,,2"), ("1_", "1_"), ("_1", "_1"),
        ("017", 15), ("0777", 511), ("08", "08"), ("0o17", "0o17"), ("07,1", 57), ("00", 0), ("0_", 0), ("-010", -8),
        ("0x1f", 31), ("-0x1_F", -31), ("0X1f", "0X1f"), ("0b101", 5), ("0b12", "0b12"),
        ("1.5", 1.5), ("-1.5", -1.5), (".5", 0.5), ("1.", 1.0), ("1.e+3", 1000.0), ("1.0e+100", 1e100), ("1,000.5", 1000.5),
        ("1e3", "1e3"), ("1.5e3", "1.5e3"), (".", "."), ("-.", "-."), ("1.2.3", "1.2.3"), ("1.5e+400", math.inf), ("-0.0", -0.0),
        (".inf", math.inf), ("+.INF", math.inf), ("-.Inf", -math.inf), (".nan", math.nan), ("-.nan", "-.nan"),
        ("12:30:45", 45045), ("12:30", 45000), ("-1:30:00", -1800), ("1:60", "1:60"), ("1:2:3:4", "1:2:3:4"), ("1__0:30", 5400),
        ("190:20:30.15", 685230.15), ("1:30.5", 5430.0), ("10:30._5", 37800.0),
        (":foo", Symbol("foo")), (":foo bar", Symbol("foo bar")), (':"foo bar"', Symbol("foo bar")), (":'a'b", Symbol("a")),
        ("::Foo", Symbol(":Foo")), (':":x"', Symbol("x")), (':""', Symbol("")), (':"', Symbol('"')), (":", ":"),
        (":a\nbcde", ":a\nbcde"),
        ("2024-1", "2024-1"), ("2024-13-01", "2024-13-01"), ("2024-01-01T10:00", "2024-01-01T10:00"), ("=", "="), ("<<", "<<"),
        ("- a", "- a"), ("-", "-"), ("--", "--"), ("+x", "+x"), ("1x", "1x"), ("1 2", "1 2"), ("127.0.0.1", "127.0.0.1"),
        ("\u0661", "\u0661"), ("1\u0661", "1\u0661"),  # digits, but none that Ruby counts with
    ],
)  # fmt: skip
def test_a_plain_scalar_is_what_ruby_takes_it_for(text, value):
    assert same(plain(text), value)


@pytest.mark.parametrize("text", ["2024-01-01", "2024-1-1", "2024-02-31", "2024-01-01 10:00:00", "2001-12-14t21:59:43.10-05:00"])
def test_dates_and_times_are_refused_as_ruby_refuses_them(text):
    with pytest.raises(Malformed, match=r"is a (date|time): neither is taken"):
        plain(text)


@pytest.mark.parametrize("text", ["0x_", "0b,", ".e+1", "-.e-5"])
def test_what_ruby_takes_for_a_number_and_fails_on_is_refused(text):
    with pytest.raises(Malformed, match="is no number"):
        plain(text)


def test_numbers_have_so_many_digits_at_most():
    few = RubyScalars(RubyLimits(digits=5))
    assert few.plain("-12,345") == -12345
    assert few.plain("1.345") == 1.345
    for text in ("123456", "0x12345", "1.23456", "1:30:00.00", "0b10101", "000000"):
        with pytest.raises(Malformed, match="the limit is 5"):
            few.plain(text)
    assert few.plain("123456 apples") == "123456 apples"


def test_a_symbol_that_comes_again_is_the_same_object_and_counts_once():
    scalars = RubyScalars(RubyLimits(symbols=2))
    assert scalars.plain(":a") is scalars.plain(":a")
    assert scalars.tagged("b", "!ruby/symbol") is scalars.tagged("b", "!ruby/sym")
    with pytest.raises(Malformed, match="more than 2 symbols"):
        scalars.plain(":c")


@pytest.mark.parametrize(
    ("text", "tag", "value"),
    [
        ("12", "tag:yaml.org,2002:str", "12"), (":a", "!str", ":a"), ("2024-01-01", "!ruby/string", "2024-01-01"),
        ("12", "tag:yaml.org,2002:int", 12), ("abc", "tag:yaml.org,2002:int", "abc"), ("yes", "tag:yaml.org,2002:bool", True),
        ("", "tag:yaml.org,2002:null", None), ("x", "tag:yaml.org,2002:null", "x"), ("", "!", None),
        ("1", "tag:yaml.org,2002:float", 1.0), ("1e3", "!float", 1000.0), ("1_0.5", "!float", 10.5), (".inf", "!float", math.inf),
        ("/wA=", "!binary", b"\xff\0"), (" /w\n A= \n", "tag:yaml.org,2002:binary", b"\xff\0"), ("", "!binary", b""),
        (":a", "!ruby/symbol", Symbol(":a")), ("", "!ruby/sym", Symbol("")), ('"x"', "!ruby/symbol", Symbol('"x"')),
        ("/a/", "!ruby/regexp", Regexp("a")), ("/a\\/b/mix", "!ruby/regexp", Regexp("a\\/b", 7)), ("//", "!ruby/regexp", Regexp("")),
        ("/a/b/i", "!ruby/regexp", Regexp("a/b", 1)), ("/a\nb/n", "!ruby/regexp", Regexp("a\nb")), ("/[/", "!ruby/regexp", Regexp("[")),
    ],
)  # fmt: skip
def test_a_tag_says_what_a_scalar_is(text, tag, value):
    assert same(tagged(text, tag), value)


@pytest.mark.parametrize(
    ("text", "tag", "says"),
    [
        ("x", "!ruby/object:Gem::Installer", "'!ruby/object:Gem::Installer' is not taken"),
        ("os.system", "tag:yaml.org,2002:python/name:os.system", "python/name:os.system' is not taken"),
        ("x", "!ruby/class", "is not taken"),
        ("x", "!ruby/string:Evil", "is not taken"),
        ("x", "!str:Evil", "is not taken"),
        ("x", "!ruby/symbolic", "is not taken"),
        ("1..2", "!ruby/range", "is not taken"),
        ("x", "!foo\x1b[2J", r"'!foo\\x1b"),
        ("a", "!binary", "no base64"),
        ("YQ==YQ==", "!binary", "no base64"),
        ("é", "!binary", "no base64"),
        ("abc", "!float", "'abc' is no number"),
        ("", "!float", "is no number"),
        ("yes", "!float", "is no number"),
        ("a", "!ruby/regexp", "without its slashes"),
        ("/", "!ruby/regexp", "without its slashes"),
        ("", "!ruby/regexp", "without its slashes"),
        ("/a/q", "!ruby/regexp", "without its slashes"),
        ("/a/i\n", "!ruby/regexp", "without its slashes"),
    ],
)
def test_a_tag_that_names_a_class_and_text_that_does_not_fit_its_tag_are_refused(text, tag, says):
    with pytest.raises(Malformed, match=says):
        tagged(text, tag)
