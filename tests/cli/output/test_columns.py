import pytest

from mcollective_py.cli.output.columns import cut, output_names, padded, shared_out, text_width
from mcollective_py.client.results import RPCResult
from tests.cli.output.fleet import SERVICE


def result(**data):
    return RPCResult("web1", "service", "status", 0, "OK", data)


def test_outputs_stand_in_the_order_of_the_ddl_and_others_behind():
    assert output_names([result(b=1, status=1), result(a=1)], SERVICE, "status") == ["status", "version", "config", "pid", "a", "b"]
    assert output_names([result(b=1), result(a=1)], None, None) == ["a", "b"]


def test_a_host_cannot_make_more_than_a_thousand_columns():
    assert len(output_names([result(**{f"k{number}": 1 for number in range(5000)})], None, None)) == 1000


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("", 0), ("日本", 4), ("e\u0301", 1), ("…", 1)])
def test_the_width_of_a_text_is_that_on_a_terminal(text, width):
    assert text_width(text) == width


@pytest.mark.parametrize(
    ("text", "width", "shown"), [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abcde…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…")]
)
def test_what_is_too_long_is_cut_with_a_sign(text, width, shown):
    assert cut(text, width) == shown
    assert text_width(shown) <= width


def test_blanks_fill_up_to_the_width():
    assert (padded("ab", 4), padded("ab", 4, is_right=True), padded("日", 4)) == ("ab  ", "  ab", "日  ")


@pytest.mark.parametrize(
    ("widths", "room", "given"),
    [
        ([5, 5], 20, [5, 5]),
        ([5, 30], 20, [5, 15]),
        ([30, 30, 4], 44, [20, 20, 4]),
        ([100, 50, 10], 60, [25, 25, 10]),
        ([100, 100], 10, [8, 8]),
        ([3, 100], 4, [3, 8]),
    ],
)
def test_the_widest_columns_give_way_first_and_none_more_than_need_be(widths, room, given):
    assert shared_out(widths, room, 8) == given
