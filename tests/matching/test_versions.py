import itertools

import pytest

from mcollective_py.matching.versions import version_keys

ASCENDING = [
    "1.0~beta1",
    "1.0-alpha",
    "1.0-rc1",
    "1.0-rc2",
    "1.0",
    "1.0a",
    "1.0-1",
    "1.0-2",
    "1.0-10",
    "1.0.1",
    "1.2",
    "1.10",
    "2",
    "1:0.1",
]


@pytest.mark.parametrize(("left", "right"), list(itertools.combinations(ASCENDING, 2)))
def test_versions_sort_in_their_own_order(left, right):
    keys = version_keys(left, right)
    assert keys is not None
    assert keys[0] < keys[1]


@pytest.mark.parametrize(("left", "right"), [("8", "8.0"), ("8.0", "8.0.0"), ("v1.2", "1.2"), ("1.2.RC1", "1.2.rc1")])
def test_some_versions_are_the_same(left, right):
    keys = version_keys(left, right)
    assert keys is not None
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("8", "9"),
        ("1.2", "uk"),
        ("1.5 GiB", "1.2"),
        ("2024-01-02", "2024-01-10"),
        ("", "1.2"),
        ("1..2", "1.2"),
        ("1.2\n", "1.2"),
        ("1." * 200, "1.2"),
    ],
)
def test_what_does_not_look_like_a_version_is_none(left, right):
    assert version_keys(left, right) is None
    assert version_keys(right, left) is None
