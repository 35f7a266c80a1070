import pytest

from mcollective_py.errors import FilterError
from mcollective_py.facttest import FactTest, is_fact_word, is_regex


@pytest.mark.parametrize(
    ("word", "fact", "operator", "value"),
    [
        ("country=uk", "country", "==", "uk"),
        ("country==uk", "country", "==", "uk"),
        ("country=/u./", "country", "=~", "/u./"),
        ("country==/u./", "country", "=~", "/u./"),
        ("country=~u.", "country", "=~", "u."),
        ("cpus>=4", "cpus", ">=", "4"),
        ("cpus=>4", "cpus", ">=", "4"),
        ("cpus<=4", "cpus", "<=", "4"),
        ("cpus=<4", "cpus", "<=", "4"),
        ("cpus<4", "cpus", "<", "4"),
        ("cpus>4", "cpus", ">", "4"),
        ("country!=uk", "country", "!=", "uk"),
        ("os.release.major = 12", "os.release.major", "==", "12"),
        ("motd=a=b c", "motd", "==", "a=b c"),
    ],
)
def test_a_fact_word_is_read_as_the_command_line_has_it(word, fact, operator, value):
    assert FactTest.parse(word) == FactTest(fact, operator, value)


@pytest.mark.parametrize("word", ["country", "", "=uk", "country=", " = ", "two words=x", "a~b"])
def test_a_word_that_is_no_fact_test_is_an_error_and_never_everybody(word):
    with pytest.raises(FilterError):
        FactTest.parse(word)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("country>>de", "another operator"),
        ("country===de", "another operator"),
        ("country=!de", "another operator"),
        ("country!==de", "another operator"),
        ("cpus > = 4", "another operator"),
        ("country<>de", "another operator"),
        ("country!=~de", "another operator"),
        ("country!=/de/", "a regular expression stands after = or =~, never after !="),
        ("cpus>/4/", "never after >"),
        ("country!='de'", "quotes"),
        ('country!="de"', "quotes"),
        ("country=~/DE/i", "flags"),
        ("country!=de and os=linux", "one test in a word"),
        ("country!=de os=linux", "one test in a word"),
        ("cpus>4 cpus<8", "one test in a word"),
        ("cpus>4 && cpus < 8", "one test in a word"),
        ("country=de or country=uk", "one test in a word"),
    ],
)
def test_a_slip_that_would_hold_on_nearly_every_host_is_refused(word, reason):
    with pytest.raises(FilterError, match=reason):
        FactTest.parse(word)


@pytest.mark.parametrize(
    ("word", "operator", "value"),
    [
        ("motd=~/=quiet/", "=~", "/=quiet/"),
        ("motd=/a and b=c/", "=~", "/a and b=c/"),
        ("country!=Trinidad and Tobago", "!=", "Trinidad and Tobago"),
        ("path=/srv/i", "==", "/srv/i"),
        ("path=~/srv", "=~", "/srv"),
        ("cmdline=root=/dev/sda1 quiet=1", "==", "root=/dev/sda1 quiet=1"),
    ],
)
def test_an_odd_value_that_can_mean_but_one_thing_is_taken(word, operator, value):
    assert (FactTest.parse(word).operator, FactTest.parse(word).value) == (operator, value)


def test_slashes_on_both_ends_make_a_regex():
    assert is_regex("/web/")
    assert not is_regex("/")
    assert not is_regex("/web")
    assert not is_regex("web/")


@pytest.mark.parametrize(
    ("word", "is_one"), [("country=uk", True), ("cpus>=4", True), ("role::web", False), ("=uk", False), ("a!b", False)]
)
def test_a_word_with_a_name_an_operator_and_a_value_is_a_fact_test(word, is_one):
    assert is_fact_word(word) is is_one
