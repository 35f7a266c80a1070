from random import Random

import pytest

from mcollective_py.errors import FilterError
from mcollective_py.matching.nodeset import MAX_NAMES, expand, fold, is_nodeset


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("web1", ("web1",)),
        ("web[1-3]", ("web1", "web2", "web3")),
        ("web[08-11,33].example.com", tuple(f"web{n}.example.com" for n in ("08", "09", "10", "11", "33"))),
        ("web[08-101]", tuple(f"web{n:02}" for n in range(8, 102))),
        ("[1-2]", ("1", "2")),
        ("rack[1-2]-web[01-02]", ("rack1-web01", "rack1-web02", "rack2-web01", "rack2-web02")),
        ("web[1-2],db1,web[2-3]", ("web1", "web2", "db1", "web3")),
        (" web[ 1 , 2 ] , db1", ("web1", "web2", "db1")),
        ("web1,web2", ("web1", "web2")),
        ("web[001]", ("web001",)),
        ("web[0-1]", ("web0", "web1")),
    ],
)
def test_a_word_means_its_names_in_their_order_with_the_zeros_in_front(word, names):
    assert expand(word) == names


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("", "a name that is empty"),
        ("web1,,web2", "a name that is empty"),
        ("web[1-3", "a [ without its ]"),
        ("web1-3]", "a ] without its ["),
        ("web[[1]]", "a bracket in a bracket"),
        ("web[]", "[] in the node set 'web[]' is neither a number nor a range"),
        ("web[a-c]", "[a-c] in the node set 'web[a-c]' is neither a number nor a range: write web[01-20,33]"),
        ("web[1:3]", "[1:3] in the node set"),
        ("web[3-1]", "runs backwards: write 1-3"),
        ("web[01-3]", "ends of different width"),
        ("web[1-03]", "ends of different width"),
        ("/web1/,web2", "give a regular expression an option of its own"),
        ("-[1-2]", "names no host"),
        ("a..[1-2]", "names no host"),
        ("web[1-2]\x1b", "is no part of a host's name"),
        ("w" * 255 + "[1-2]", "names no host"),
    ],
)
def test_a_word_that_is_no_node_set_is_refused_with_the_reason(word, problem):
    with pytest.raises(FilterError) as refused:
        expand(word)
    assert problem in str(refused.value)


@pytest.mark.parametrize("word", ["web[0-99999999999]", "a[1-1000]b[1-1000]", "a[1-9]" * 40, "web[1-60000],db[1-60000]"])
def test_more_names_than_a_fleet_has_are_refused_before_they_are_made(word):
    with pytest.raises(FilterError, match=f"means more than {MAX_NAMES} hosts"):
        expand(word)


@pytest.mark.parametrize(
    ("names", "folded"),
    [
        ((), ""),
        (("web1",), "web1"),
        (("web2", "web1", "web1"), "web[1-2]"),
        (("db1", "web01", "web02", "web40"), "db1,web[01-02,40]"),
        (("web08", "web09", "web10", "web100"), "web[08-10,100]"),
        (("web98", "web99", "web100", "web01"), "web[01,98-100]"),
        (("web1", "web01", "web2", "web02"), "web[1-2,01-02]"),
        (("r1-w1", "r1-w2", "r2-w1", "r2-w2"), "r[1-2]-w[1-2]"),
        (("r1-w1", "r1-w2", "r2-w1"), "r1-w[1-2],r2-w1"),
        (("10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.1.2"), "10.0.[0-1].[1-2]"),
        (("web10.a", "web2.a", "web1"), "web1,web[2,10].a"),
    ],
)
def test_names_fold_to_the_node_set_a_reader_expects(names, folded):
    assert fold(names) == folded


def test_what_was_folded_expands_to_the_same_names():
    random = Random(1)
    pieces = ("web", "-", ".x", "0", "1", "2", "9", "01", "99", "100", "a")
    for _ in range(2000):
        names = {"n" + "".join(random.choices(pieces, k=random.randint(1, 5))) for _ in range(random.randint(1, 40))}
        got = expand(fold(names))
        assert set(got) == names
        assert len(got) == len(names)


def test_a_hundred_thousand_hosts_fold_and_expand():
    names = [f"web{number:06}.example.com" for number in range(100_000)]
    assert fold(names) == "web[000000-099999].example.com"
    assert expand("web[000000-099999].example.com") == tuple(names)


def test_a_hundred_thousand_names_without_a_pattern_come_back_the_same():
    names = {f"ip-10-{n * 7 % 251}-{n * 13 % 241}-{n * 31 % 239}" for n in range(100_000)}
    assert set(expand(fold(names))) == names


@pytest.mark.parametrize(
    ("word", "is_one"),
    [("web[1-2]", True), ("web1,web2", True), ("web[1", True), ("web1", False), ("/web[12]/", False), ("/a,b/", False), ("", False)],
)
def test_a_node_set_has_brackets_or_commas_and_is_no_regular_expression(word, is_one):
    assert is_nodeset(word) is is_one
