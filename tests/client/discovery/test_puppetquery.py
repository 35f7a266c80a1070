import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcollective_py.client.discovery import puppetquery as query
from mcollective_py.facttest import FactTest

NASTY = st.text(max_size=40) | st.sampled_from(
    ['"', "'", "\\", '"]', "']] or true", '\\"', "\u2028", "\0", '","x"]]', "} or nodes {", "$$", "%27", "a'; drop table facts; --"]
)


def shape(value, marks):
    """A query with the texts of a filter taken out: what is left must not depend on them."""
    if isinstance(value, list):
        return [shape(item, marks) for item in value]
    return "?" if value in marks else value


@given(NASTY, NASTY)
def test_no_word_of_a_filter_can_be_more_than_a_text_in_a_query(one, other):
    for make in (
        lambda a, b: query.active(query.is_one_of([a, b])),
        lambda a, b: query.active(query.has_resource("Class", [a, b])),
        lambda a, b: query.fact_values([a, b], [b]),
        lambda a, b: query.fact_part("os.family", [a, b]),
    ):
        plain = shape(make("ONE", "OTHER"), {"ONE", "OTHER"})
        said = json.loads(json.dumps(make(one, other)))
        assert said == make(one, other)
        if not {one, other} & {"and", "=", "in", "array", "extract", "from", "certname", "name", "title", "type", "Class"}:
            assert shape(said, {one, other}) == plain


@given(NASTY)
def test_a_path_that_stands_in_a_query_as_it_is_holds_letters_digits_and_dots_only(path):
    if query.can_walk(path):
        assert all(step.isidentifier() and step.isascii() for step in path.split("."))
        assert query.part_key(path) == f"facts.{path}"
    else:
        with pytest.raises(ValueError, match="cannot walk"):
            query.fact_part(path, ["web1"])


@pytest.mark.parametrize("path", ["os.family", "a.b.c", "_x.Y1"])
def test_plain_paths_are_walked_by_puppetdb(path):
    assert query.can_walk(path)


@pytest.mark.parametrize(
    "path", ["os", "disks.0.size", "a..b", ".a", "a.", "a.b-c", 'a."b"', "a.b[0]", "a.é", "a b.c", "a." * 40 + "a"]
)
def test_all_else_is_walked_here(path):
    assert not query.can_walk(path)


def test_the_facts_that_a_dotted_name_may_be_about_are_the_longest_first():
    assert query.whole_names("os.release.major") == ["os.release.major", "os.release", "os"]
    assert query.whole_names("cores") == ["cores"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("role::web", "Role::Web"),
        ("ntp", "Ntp"),
        ("a::b_c::d2", "A::B_c::D2"),
        ("settings", "Settings"),
        ("Role::Web", None),
        ("::ntp", None),
        ("main", None),
        ("no such", None),
        ("", None),
    ],
)
def test_a_class_has_the_title_that_puppet_gives_it(name, title):
    assert query.class_title(name) == title


def test_titles_become_the_names_that_stand_in_a_classes_file():
    assert query.class_names(["Main", "Settings", "Role::Web"]) == {"settings": "Settings", "role::web": "Role::Web"}


def test_words_mean_names_as_on_a_host():
    names = ["web1", "web10", "db1"]
    assert query.matching("web1", names) == ["web1"]
    assert query.matching("/^web/", names) == ["web1", "web10"]
    assert query.matching("/(/", names) == []


def test_a_test_is_judged_as_on_a_host():
    assert query.passes(FactTest("cores", ">=", "4"), {"cores": 16})
    assert not query.passes(FactTest("cores", ">=", "4"), {})
    assert not query.passes(FactTest("cores", "=~", "/(/"), {"cores": 16})


def test_a_part_becomes_the_fact_with_nothing_else_in_it():
    assert query.nested("os.release.major", "12") == {"os": {"release": {"major": "12"}}}


def test_only_active_nodes_are_asked_for():
    assert query.active() == ["from", "nodes", ["extract", ["certname"], ["and", ["=", "node_state", "active"]]]]
    assert query.titles_of("Class") == ["from", "resources", ["extract", ["title"], ["=", "type", "Class"], ["group_by", "title"]]]
