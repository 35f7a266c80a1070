"""The validator of several packages in one input."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_class

check = load_class("package_list", Path(__file__).parents[1] / "validators" / "package_list", "validator")().validate


@pytest.mark.parametrize(
    "value", ["nginx", "nginx,curl", "nginx=1.24.0-1,openssl=3.0.*", "libc6:i386=2.36-9", "g++", "glibc.i686=2.34-1.el9~rc^1"]
)
def test_packages_pass(value):
    check(value)


@pytest.mark.parametrize(
    "value", ["", ",", "a,", "a b", "a;b", "-o", "a,-o", "a=", "a=-1", "$(x)", "a\n", "a,\nb", "@group", "/x.rpm", "é", "a=1=2"]
)
def test_anything_else_does_not(value):
    with pytest.raises(ValueError, match="must be packages"):
        check(value)


def test_there_is_a_bound():
    check(",".join(["a"] * 100))
    with pytest.raises(ValueError, match="at most 100"):
        check(",".join(["a"] * 101))
