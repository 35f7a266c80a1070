import pytest

from mcollective_py.security.csrextensions import ARC, ExtensionRule, extension_der, extension_oid, puppet_extensions, utf8string
from tests.cputime import cpu_seconds


def test_puppets_extensions_go_by_puppets_words_and_others_of_its_arc_by_number():
    values = [
        (f"{ARC}3.13", b"\x0c\x03ops"),
        (f"{ARC}1.1", b"\x0c\x04u-u-"),
        (f"{ARC}1.26", b"\x0c\x05alice"),
        (f"{ARC}1.27", b"\x0c\x01x"),
        (f"{ARC}2.7.1", b"\x0c\x04\xc3\xa4\xc3\xb6"),
        ("2.5.29.17", b"anything"),
        ("1.3.6.1.4.1.34380.10.1", b"anything"),
    ]
    assert puppet_extensions(values) == (
        ("1.3.6.1.4.1.34380.1.1.27", "x"),
        ("1.3.6.1.4.1.34380.1.2.7.1", "\u00e4\u00f6"),
        ("pp_auth_role", "ops"),
        ("pp_owner", "alice"),
        ("pp_uuid", "u-u-"),
    )


def test_lengths_are_read_as_der_has_them():
    assert utf8string(b"\x0c\x00") == ""
    assert utf8string(b"\x0c\x7f" + b"x" * 127) == "x" * 127
    assert utf8string(b"\x0c\x81\x80" + b"x" * 128) == "x" * 128
    assert utf8string(b"\x0c\x82\x04\x00" + b"x" * 1024) == "x" * 1024


@pytest.mark.parametrize(
    ("der", "says"),
    [
        (b"", "no UTF8String"),
        (b"\x0c", "no UTF8String"),
        (b"web", "no UTF8String"),
        (b"\x13\x03web", "no UTF8String"),  # a PrintableString
        (b"\x0c\x04web", "a length that is not its own"),
        (b"\x0c\x02web", "a length that is not its own"),
        (b"\x0c\x81\x03web", "not in DER"),
        (b"\x0c\x81", "not in DER"),
        (b"\x0c\x82\x00\x80" + b"x" * 128, "not in DER"),
        (b"\x0c\x80web\x00\x00", "not in DER"),
        (b"\x0c\x84\xff\xff\xff\xff", "not in DER, or too large"),
        (b"\x0c\x82\x04\x01" + b"x" * 1025, "1025 bytes, the limit is 1024"),
        (b"\x0c\x02\xc3\x28", "no UTF-8"),
        (b"\x0c\x02\xed\xa0", "no UTF-8"),
        (b"\x0c\x04ops\n", "cannot be printed"),
        (b"\x0c\x03\x1b[m", "cannot be printed"),
        (b"\x0c\x03\xe2\x80\xae", "cannot be printed"),  # text from right to left
        (b"\x0c\x04ops\x00", "cannot be printed"),
    ],
)
def test_a_value_that_is_no_plain_text_is_refused(der, says):
    with pytest.raises(ValueError, match=f"its extension pp_role: .*{says}"):
        puppet_extensions([(f"{ARC}1.13", der)])


def test_more_extensions_than_anybody_has_are_refused():
    with pytest.raises(ValueError, match="65 extensions"):
        puppet_extensions([(f"{ARC}2.{number}", b"\x0c\x00") for number in range(65)])


def test_a_rule_names_the_first_word_that_is_not_fulfilled():
    rule = ExtensionRule(["pp_role", "pp_auth_role=ops-?", f"{ARC}2.1=*"])
    there = [("pp_role", "web"), ("pp_auth_role", "ops-1"), (f"{ARC}2.1", "x y")]
    assert rule.missing(there) is None
    assert rule.missing(there[1:]) == "pp_role"
    assert rule.missing([("pp_role", ""), *there[1:]]) == "pp_role"
    assert rule.missing([there[0], ("pp_auth_role", "ops-12"), there[2]]) == "pp_auth_role=ops-?"
    assert rule.missing([there[0], ("pp_auth_role", "xops-1"), there[2]]) == "pp_auth_role=ops-?"
    assert rule.missing(there[:2]) == f"{ARC}2.1=*"
    assert ExtensionRule([]).missing([]) is None


@pytest.mark.parametrize("word", ["", "=", "pp_auth_role=", "pp_auth_rule=x", "1.2.3=x", "PP_ROLE=x", "pp role=x", "2.5.29.17=x"])
def test_a_rule_about_what_is_no_extension_of_puppets_is_refused(word):
    with pytest.raises(ValueError):
        ExtensionRule([word])


@pytest.mark.parametrize(
    ("pattern", "value", "holds"),
    [
        ("*", "a", True),
        ("a*", "a", False),
        ("a*", "ab", True),
        ("*a*", "aaa", True),
        ("*a*", "ba", False),
        ("?b?", "abc", True),
        ("?b?", "ab", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-b-b-", False),
        ("**", "a", False),
        ("[a]", "a", False),
        ("a.c", "abc", False),
    ],
)
def test_a_star_is_one_character_or_more_and_all_else_is_meant_as_it_stands(pattern, value, holds):
    assert (ExtensionRule([f"pp_role={pattern}"]).missing([("pp_role", value)]) is None) == holds


def test_a_rule_of_many_stars_takes_no_longer_than_its_length_says():
    rule = ExtensionRule([f"pp_role={'*a' * 40}!"])
    assert rule.missing([("pp_role", "a" * 1000)])
    assert cpu_seconds(lambda: rule.missing([("pp_role", "a" * 1000)]), enough=0.5) < 0.5


@pytest.mark.parametrize("text", ["web", "", "x" * 127, "x" * 128, "ü" * 128, "x" * 1024])
def test_what_is_written_is_read_back(text):
    assert utf8string(extension_der(text)) == text


@pytest.mark.parametrize("text", ["a\nb", "x" * 1025, "x" * 70000, "\ud800"])
def test_a_text_that_could_not_be_read_back_is_not_written(text):
    with pytest.raises(ValueError):
        extension_der(text)


def test_words_have_their_identifiers_and_a_sites_own_stand_for_themselves():
    assert extension_oid("pp_role") == f"{ARC}1.13"
    assert extension_oid("pp_auth_role") == f"{ARC}3.13"
    assert extension_oid(f"{ARC}2.7") == f"{ARC}2.7"
    for word in ("role", "2.5.29.17", f"{ARC}x", ""):
        with pytest.raises(ValueError, match="is none of Puppet's extensions"):
            extension_oid(word)
