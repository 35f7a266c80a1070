import pytest

from mcollective_py.client.filterwords import narrowed
from mcollective_py.errors import FilterError
from mcollective_py.facttest import FactTest
from mcollective_py.filter import Filter

UK = FactTest("country", "==", "uk")


def test_no_words_mean_every_host():
    assert narrowed() == Filter()


def test_one_text_is_one_word_and_several_are_several():
    assert narrowed(with_class="role::web", identity=["web1", "web2"], with_agent=("echo",), fact="country=uk") == Filter(
        (UK,), ("role::web",), ("echo",), ("web1", "web2")
    )


def test_combined_words_are_facts_and_classes():
    assert narrowed(combined="role::web country=uk") == Filter((UK,), ("role::web",))


def test_an_expression_is_a_compound_filter():
    web = [{"statement": "web"}, {"and": "and"}, {"not": "not"}, {"statement": "country=uk"}]
    assert narrowed(compound="web and not country=uk") == Filter(compound=(web,))
    assert narrowed(Filter(compound=(web,)), compound=["a", "b"]).compound == (web, [{"statement": "a"}], [{"statement": "b"}])


def test_words_narrow_the_filter_that_is_there():
    compound = ([{"statement": "x"}],)
    assert narrowed(Filter(classes=("a",), compound=compound), with_class="b", fact="country=uk") == Filter(
        (UK,), ("a", "b"), compound=compound
    )


def test_a_word_that_cannot_be_read_is_an_error():
    with pytest.raises(FilterError):
        narrowed(fact="nonsense")
