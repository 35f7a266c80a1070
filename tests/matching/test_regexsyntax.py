import pytest

from mcollective_py.matching.regexsyntax import MAX_PATTERN, Alt, Cat, Char, Edge, RegexRefused, Repeat, parse_regex


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "empty"),
        ("(", "missing"),
        (")", "too many"),
        ("a)b", "too many"),
        ("[a", "too early"),
        ("a\\", "too early"),
        ("*a", "nothing before"),
        ("a|*", "nothing before"),
        ("a*+", "possessive"),
        ("a{2}+", "possessive"),
        ("a****", "too many quantifiers"),
        ("(a)\\1", "back-references"),
        ("\\k<a>", "back-references"),
        ("(?=a)", "look-ahead"),
        ("(?!a)", "look-ahead"),
        ("(?<=a)", "look-behind"),
        ("(?<!a)", "look-behind"),
        ("(?>a)", "atomic"),
        ("(?q)", "not taken"),
        ("\\p{Alpha}", "not taken"),
        ("[a&&b]", "&&"),
        ("[[:nosuch:]]", "no class"),
        ("[z-a]", "backwards"),
        ("[a-\\d]", "backwards"),
        ("a{3,2}", "backwards"),
        ("a{99999}", "too large"),
        ("\\xzz", "character code"),
        ("\\u{110000}", "character code"),
        ("(" * 50 + "a" + ")" * 50, "nested"),
        ("[" * 50 + "a" + "]" * 50, "nested"),
        ("a" * (MAX_PATTERN + 1), "1000 characters"),
    ],
)
def test_a_pattern_that_is_not_taken_is_refused_with_the_reason(pattern, reason):
    with pytest.raises(RegexRefused, match=reason):
        parse_regex(pattern)


def test_a_pattern_of_the_longest_length_is_taken():
    assert isinstance(parse_regex("a" * MAX_PATTERN), Cat)


def test_the_tree_has_the_shape_of_the_pattern():
    tree = parse_regex("^(?:a|b){2,3}$")
    assert isinstance(tree, Cat)
    edge, repeat, end = tree.items
    assert edge == Edge("bol")
    assert end == Edge("eol")
    assert isinstance(repeat, Repeat)
    assert (repeat.least, repeat.most) == (2, 3)
    assert isinstance(repeat.item, Alt)
    assert [item.literal for item in repeat.item.items if isinstance(item, Char)] == ["a", "b"]


def test_a_brace_that_is_no_quantifier_is_a_brace():
    tree = parse_regex("a{b}")
    assert isinstance(tree, Cat)
    assert [item.literal for item in tree.items if isinstance(item, Char)] == ["a", "{", "b", "}"]
