import pytest

from mcollective_py.node.ordered import OrderedText


def test_it_is_a_text_and_its_order_is_to_be_given():
    assert OrderedText("1.10") == "1.10"
    with pytest.raises(NotImplementedError, match="OrderedText has no order"):
        OrderedText("1.10").order("1.9")
