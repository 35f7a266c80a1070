import pytest

from mcollective_py.security.callers import CallerPatterns


@pytest.mark.parametrize("name", ["alice.mcollective", "a.b.mcollective", "9-x_y.mcollective"])
def test_a_star_takes_whatever_stands_there(name):
    assert CallerPatterns(["*.mcollective"]).match(name)


@pytest.mark.parametrize(
    "name",
    [
        "web1.example.com",
        ".mcollective",
        "mcollective",
        "alicemcollective",
        "alice.mcollectivex",
        "evil.mcollective.attacker.net",
        "x.privilegedXmcollective",
        "alice.mcollective\n",
        "alice\n.mcollective",
        "alice.mcollective\x00",
        "älice.mcollective",
        "Alice.mcollective",
        "a/b.mcollective",
        "",
    ],
)
def test_a_name_that_is_not_the_pattern_whole_is_no_caller(name):
    assert not CallerPatterns(["*.mcollective"]).match(name)


def test_one_of_several_patterns_is_enough_and_none_takes_nobody():
    patterns = CallerPatterns(["*.mcollective", "ops-??.example.com", "carol"])
    assert patterns.match("ops-01.example.com")
    assert patterns.match("carol")
    assert not patterns.match("ops-001.example.com")
    assert not patterns.match("carols")
    assert not CallerPatterns([]).match("alice.mcollective")


@pytest.mark.parametrize("pattern", ["*", "**", "*.*", "?", "", "Alice", "a b", "(a|b)", "[ab]", "/x/", "a\n", ".mcollective"])
def test_a_pattern_that_is_none_or_takes_everybody_is_refused(pattern):
    with pytest.raises(ValueError, match=r"no pattern|every host"):
        CallerPatterns([pattern])
