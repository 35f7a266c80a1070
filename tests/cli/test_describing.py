from mcollective_py.cli.describing import filter_lines
from mcollective_py.filter import Filter


def test_no_filter_means_everybody():
    assert filter_lines(Filter()) == ["Every host of the collective is meant: there is no filter."]


def test_one_condition_stands_alone():
    lines = filter_lines(Filter.parse(facts=["country=uk"]))
    assert lines == ["Hosts are meant of which this is true:", "", "   its fact country is 'uk'"]


def test_each_kind_of_condition_has_its_words():
    lines = filter_lines(
        Filter.parse(
            facts=["cores>=4", "os=~deb", "site!=x"], classes=["web", "/db/"], agents=["puppet"], identities=["web1", "/^mail/"]
        )
    )
    assert lines[0] == "Hosts are meant of which all of these are true:"
    assert lines[2:] == [
        "   its fact cores is at least '4'",
        "   its fact os matches deb",
        "   its fact site is something else than 'x'",
        "   it has the Puppet class web",
        "   it has a Puppet class that matches /db/",
        "   it has the agent puppet",
        "   its name is web1 or matches /^mail/",
    ]


def test_excluded_hosts_are_told_too():
    assert filter_lines(Filter(), ["web[1-3]", "/^db/"])[2:] == ["   its name is not web[1-3]", "   its name does not match /^db/"]


def test_a_compound_filter_is_a_tree():
    lines = filter_lines(Filter.parse(compound=["(country=uk and web) or not fstat('/etc/motd').size>0"]))
    assert lines[2:] == [
        "   at least one of these is true:",
        "      all of these are true:",
        "         its fact country is 'uk'",
        "         it has the Puppet class web",
        "      this is not true:",
        "         the data plugin fstat, asked for '/etc/motd', gives a size that is more than '0'",
    ]


def test_what_binds_more_is_deeper():
    lines = filter_lines(Filter.parse(compound=["not a or b and agent('puppet').timeout=~/1/"]))
    assert lines[2:] == [
        "   at least one of these is true:",
        "      this is not true:",
        "         it has the Puppet class a",
        "      all of these are true:",
        "         it has the Puppet class b",
        "         the data plugin agent, asked for 'puppet', gives a timeout that matches /1/",
    ]
