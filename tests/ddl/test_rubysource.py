import pytest

from mcollective_py.ddl.rubysource import MAX_DEPTH, MAX_MADE, MAX_REPEATED, MAX_TEXT, MAX_VALUES, RubySource
from mcollective_py.errors import DDLError


def source(text):
    return RubySource(text, "x", "x.ddl")


def rest(found):
    found.skip_lines()
    return found.text[found.pos :]


def test_a_place_is_line_and_column_from_one():
    found = source("ab\ncd\n")
    assert [found.place(at) for at in (0, 2, 3, 5, 6)] == [(1, 1), (1, 3), (2, 1), (2, 3), (3, 1)]


def test_an_error_names_plugin_file_line_and_column():
    found = source("ab\ncd\n")
    assert str(found.error("is wrong", 4)) == "x: x.ddl:2:2: is wrong"


def test_blanks_comments_and_joined_lines_are_passed_over():
    assert rest(source(" \t# a comment\n\\\n  # another\n\n  word")) == "word"


def test_windows_line_ends_and_a_byte_order_mark_are_nothing():
    assert rest(source("\ufeff# one\r\n\r\nword")) == "word"


def test_sections_of_comment_are_passed_over_wherever_a_line_begins_with_them():
    assert rest(source("=begin\nif x\n=end\n=begin words\n=end words\nword")) == "word"
    assert rest(source(" =begin\n")) == "=begin\n"


def test_a_section_of_comment_must_end():
    with pytest.raises(DDLError, match=r"x\.ddl:1:1: =begin without =end"):
        source("=begin\nif x\n")


def test_what_follows_end_is_data():
    assert rest(source("\n__END__\nif x\n")) == ""
    assert rest(source("__END__x")) == "__END__x"


def test_a_method_may_stand_on_the_next_line_and_a_number_may_not():
    found = source("\n   # words\n  .each")
    assert found.continues_with_dot() and found.text[found.pos :] == "each"
    found = source("\n.5")
    assert not found.continues_with_dot() and found.pos == 0


def test_every_cost_has_its_bound():
    with pytest.raises(DDLError, match=f"{MAX_TEXT + 1} characters, {MAX_TEXT} are allowed"):
        source("x" * (MAX_TEXT + 1))
    found = source("")
    with pytest.raises(DDLError, match=f"more than {MAX_VALUES} values"):
        found.count(MAX_VALUES + 1)
    with pytest.raises(DDLError, match=f"more than {MAX_MADE} characters together"):
        found.made("x" * (MAX_MADE + 1))
    with pytest.raises(DDLError, match=f"repeat more than {MAX_REPEATED} characters"):
        found.repeated(MAX_REPEATED + 1)
    for _ in range(MAX_DEPTH):
        found.enter()
    found.leave()
    found.enter()
    with pytest.raises(DDLError, match=f"nested deeper than {MAX_DEPTH}"):
        found.enter()
