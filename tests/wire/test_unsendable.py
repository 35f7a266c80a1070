from mcollective_py.wire.unsendable import Unsendable


def test_the_place_is_told_from_the_outside_in():
    bad = Unsendable("a set cannot be sent")
    for key in ("b", 1, None, "a"):
        bad.inside(key)
    assert str(bad.error()) == "a set cannot be sent, at a[None][1].b"


def test_without_anything_around_it_the_place_is_the_top():
    assert str(Unsendable("nan is no JSON number").error()) == "nan is no JSON number, at the top"


def test_long_keys_are_cut_and_what_python_does_not_show_is_named_by_its_type():
    bad = Unsendable("odd")
    bad.inside("k" * 100)
    bad.inside(10**5000)
    assert str(bad.error()) == f"odd, at [int].{'k' * 60}"
