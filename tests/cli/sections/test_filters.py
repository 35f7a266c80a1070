import pytest

from mcollective_py.cli.application import Application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.cli.sections.filters import filter_of, has_filter
from mcollective_py.errors import FilterError
from mcollective_py.facttest import FactTest
from mcollective_py.filter import Filter


class Call(Application):
    sections = ("common", "filter", "rpc")


def options(*words):
    return parse(parser_for("call", Call()), words)


def test_the_historic_names_of_filter_options_mean_the_same():
    short = options("-F", "a=1", "-C", "web", "-A", "x", "-I", "h1", "-W", "b=2 db")
    middle = options("--wf", "a=1", "--wc", "web", "--wa", "x", "--wi", "h1", "--with", "b=2 db")
    long = options("--with-fact", "a=1", "--with-class", "web", "--with-agent", "x", "--with-identity", "h1", "-W", "b=2 db")
    expected = Filter(
        facts=(FactTest("a", "==", "1"), FactTest("b", "==", "2")), classes=("web", "db"), agents=("x",), identities=("h1",)
    )
    assert filter_of(short) == filter_of(middle) == filter_of(long) == expected


def test_a_filter_that_cannot_be_read_is_an_error_and_never_everybody():
    with pytest.raises(FilterError):
        filter_of(options("-F", "nonsense"))
    with pytest.raises(FilterError):
        filter_of(options("-C", ""))


def test_more_names_than_a_message_has_room_for_are_taken_and_their_expressions_checked():
    many = [word for number in range(100) for word in ("-I", f"web{number}")]
    assert len(filter_of(options(*many)).identities) == 100
    with pytest.raises(FilterError, match="regular expression"):
        filter_of(options(*many, "-I", "/a{2,1}/"))


def test_any_word_of_a_filter_is_a_filter():
    assert [has_filter(options(*words)) for words in ((), ("-x", "web1"), ("-I", "web1"), ("-S", "web"))] == [False, False, True, True]


@pytest.mark.parametrize(
    ("word", "instead"),
    [("web*", "/^web/"), ("*.example.com", r"/\.example\.com$/"), ("web??", "/^web..$/"), ("*web*", "/web/"), ("*", "leave it out")],
)
@pytest.mark.parametrize("option", ["-I", "-x"])
def test_a_wildcard_is_an_error_that_says_how_such_names_are_written_here(option, word, instead):
    with pytest.raises(FilterError) as error:
        filter_of(options(option, word))
    assert str(error.value).startswith(f"{word!r} is no host's name: ")
    assert instead in str(error.value)


def test_an_expression_that_no_host_takes_has_a_mark_under_it():
    with pytest.raises(FilterError) as error:
        filter_of(options("-S", "web", "-S", "not country =~ /(/"))
    assert str(error.value).split("\n")[1:] == ["    not country =~ /(/", "                   ^"]


@pytest.mark.parametrize(
    "words", [("-C", "/web(/"), ("-I", "/a{2,1}/"), ("-A", "/[/"), ("-F", "country=~(("), ("-W", "os=/(?=x)/"), ("-S", "not web=/(/")]
)
def test_an_expression_that_no_host_takes_is_an_error(words):
    with pytest.raises(FilterError, match="regular expression"):
        filter_of(options(*words))
