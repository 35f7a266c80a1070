import time

import pytest

from mcollective_py.ddl.validators import (
    MAX_SUBJECT,
    VALIDATORS,
    CannotCheck,
    check_length,
    check_member,
    check_regex,
    check_type,
)


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("string", ""),
        ("boolean", False),
        ("integer", -3),
        ("float", 1.0),
        ("number", 1),
        ("number", 1.5),
        ("hash", {"a": 1}),
        ("array", [1, "b"]),
        ("any", None),
    ],
)
def test_a_value_of_its_type_passes(type_name, value):
    check_type(value, type_name)


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("string", 5),
        ("string", None),
        ("list", 5),
        ("boolean", 1),
        ("boolean", "true"),
        ("integer", True),
        ("integer", 1.0),
        ("integer", "5"),
        ("float", 1),
        ("float", float("nan")),
        ("float", float("inf")),
        ("number", True),
        ("number", float("-inf")),
        ("number", "1"),
        ("hash", [("a", 1)]),
        ("hash", {1: "a"}),
        ("array", "abc"),
        ("array", {"a": 1}),
    ],
)
def test_a_value_of_another_type_is_refused_with_the_type_wanted(type_name, value):
    with pytest.raises(ValueError, match=type_name):
        check_type(value, type_name)


def test_length_counts_characters_and_not_bytes():
    check_length("äöüß", 4)
    check_length("x" * 1000, 0)
    with pytest.raises(ValueError, match="5 characters, 4 are allowed"):
        check_length("äöüßx", 4)


def test_a_member_is_one_of_the_choices_exactly():
    check_member("start", ("start", "stop"))
    with pytest.raises(ValueError, match="must be one of start, stop"):
        check_member("sta", ("start", "stop"))


@pytest.mark.parametrize("value", ["abc\n", "\nabc", "abc def", "xabc", "abcx\n", "abc\nabc"])
def test_a_regex_matches_the_whole_text_even_where_its_author_forgot_the_anchors(value):
    check_regex("abc", "abc")
    for pattern in ("abc", "^abc$"):
        with pytest.raises(ValueError, match="as a whole"):
            check_regex(value, pattern)


def test_word_characters_are_ascii():
    check_regex("abc_9", r"\w+")
    for word in ("straße", "٣"):
        with pytest.raises(ValueError):
            check_regex(word, r"\w+")


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|aa)*", "(a*)*b", "^([a-zA-Z0-9_.-]+)*$"])
def test_a_careless_pattern_costs_a_caller_s_text_no_time(pattern):
    started = time.monotonic()
    with pytest.raises(ValueError):
        check_regex("a" * MAX_SUBJECT + "!", pattern)
    with pytest.raises(ValueError):
        check_regex("a" * 200 + "!", pattern)
    assert time.monotonic() - started < 2.0


def test_the_first_of_two_alternatives_does_not_hide_the_second():
    check_regex("abcd", "abc|abcd")


def test_a_text_too_long_for_a_regex_is_refused_before_it_is_tried():
    check_regex("a" * MAX_SUBJECT, "a+")
    with pytest.raises(CannotCheck, match="it has 10001 characters, a regex is tried on 10000"):
        check_regex("a" * (MAX_SUBJECT + 1), "a+")


@pytest.mark.parametrize("value", ["", "exim4", "web01.example.net", "a b", "/etc/hosts", "a=b", "x-y", "straße", "50%", "a,b:c@d+e"])
def test_shellsafe_lets_ordinary_text_through(value):
    VALIDATORS["shellsafe"](value)


@pytest.mark.parametrize("character", list("`$;|&><'\"\\(){}*?[]~!#\n\r\t\0\x1b\x7f\x85\u2028\u200b\u202e\u00a0"))
@pytest.mark.parametrize("place", ["{}x", "x{}x", "x{}"])
def test_shellsafe_refuses_whatever_a_shell_or_a_terminal_reads_as_its_own(character, place):
    with pytest.raises(ValueError):
        VALIDATORS["shellsafe"](place.format(character) if character not in "{}" else place.replace("{}", character))


@pytest.mark.parametrize("value", ["-rf", "--help", "-"])
def test_shellsafe_refuses_what_looks_like_an_option(value):
    with pytest.raises(ValueError, match="begin with"):
        VALIDATORS["shellsafe"](value)


GOOD = [
    ("ipv4address", "192.0.2.1"),
    ("ipv4address", "0.0.0.0"),
    ("ipv6address", "2001:db8::1"),
    ("ipv6address", "::"),
    ("ipaddress", "192.0.2.1"),
    ("ipaddress", "2001:db8::1"),
    ("cidr", "192.0.2.0/24"),
    ("cidr", "2001:db8::/32"),
    ("cidr", "0.0.0.0/0"),
    ("regex", "^a(b|c)+$"),
    ("port", "1"),
    ("port", "65535"),
    ("path", "/var/spool/exim4"),
    ("hostname", "web01"),
    ("fqdn", "web01.example.net"),
    ("package_name", "libc6-dev"),
    ("package_name", "python3.11"),
    ("service_name", "getty@tty1"),
    ("service_name", "exim4"),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_named_validator_lets_its_own_through(name, value):
    VALIDATORS[name](value)


BAD = [
    ("ipv4address", "192.0.2.1/24"),
    ("ipv4address", "192.0.2.01"),
    ("ipv4address", "192.0.2.256"),
    ("ipv4address", "192.0.2"),
    ("ipv4address", "192.0.2.1\n"),
    ("ipv4address", " 192.0.2.1"),
    ("ipv4address", "١٩٢.0.2.1"),
    ("ipv4address", "2001:db8::1"),
    ("ipv4address", ""),
    ("ipv6address", "192.0.2.1"),
    ("ipv6address", "fe80::1%eth0"),
    ("ipv6address", "2001:db8::1/64"),
    ("ipv6address", "2001:db8::1\n"),
    ("ipv6address", ":" * 5000),
    ("ipaddress", "localhost"),
    ("cidr", "198.51.100.0"),
    ("cidr", "192.0.2.1/24"),
    ("cidr", "192.0.2.0/33"),
    ("cidr", "192.0.2.0/255.255.255.0"),
    ("cidr", "192.0.2.0/24\n"),
    ("regex", "a("),
    ("regex", "x" * (MAX_SUBJECT + 1)),
    ("port", "0"),
    ("port", "65536"),
    ("port", "080"),
    ("port", "80\n"),
    ("path", "etc/hosts"),
    ("path", "/etc/../root"),
    ("path", "/etc/hosts\n"),
    ("hostname", "web01.example.net"),
    ("hostname", "-web"),
    ("hostname", "web\n"),
    ("fqdn", "web01"),
    ("fqdn", "web01..net"),
    ("fqdn", "web01.example.net\n"),
    ("fqdn", ".".join(["a" * 60] * 5)),
    ("package_name", "--purge"),
    ("package_name", "exim4\n"),
    ("package_name", "exim4;id"),
    ("service_name", "-x"),
    ("service_name", "a\\x2db"),
    ("service_name", "a/b"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_named_validator_refuses_the_rest_and_never_quotes_it(name, value):
    with pytest.raises(ValueError) as caught:
        VALIDATORS[name](value)
    assert len(value) < 4 or value not in str(caught.value)
