import pytest

from mcollective_py.cli.nearnames import near_names, unheard_lines

KNOWN = [f"web{number:02}.example.com" for number in range(1, 37)] + ["db1.example.com", "db1.example.org"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("web01", ["web01.example.com"]),  # the domain was left out
        ("WEB01", ["web01.example.com"]),
        ("web01.exmaple.com", ["web01.example.com"]),
        ("db1", ["db1.example.com", "db1.example.org"]),
        ("wbe07.example.com", ["web07.example.com"]),  # a slip, with the right number
        ("web1", ["web01.example.com"]),  # without its zero
        ("web37.example.com", []),  # not web34, web35 and web36
        ("gone.example.com", []),  # a domain in common is no likeness
    ],
)
def test_a_name_means_the_known_host_that_is_written_almost_so(name, meant):
    assert near_names(name, KNOWN) == meant


def test_silent_hosts_that_are_known_have_the_right_name():
    assert unheard_lines(["web01.example.com"], KNOWN) == []
    assert unheard_lines(["web01"], []) == []
    assert unheard_lines(["web01", "gone"], KNOWN) == ["web01 was never heard of: did you mean web01.example.com?"]


def test_of_many_names_three_are_told():
    told = unheard_lines(["web01", "web02", "web03", "web04", "web05"], KNOWN)
    assert (len(told), told[-1]) == (4, "2 more names were never heard of")
