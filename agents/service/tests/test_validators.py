import pytest

from agents.service.validators.unit_name.validator import UnitName
from agents.service.validators.unit_names.validator import UnitNames

VALIDATORS = {"unit_name": UnitName(), "unit_names": UnitNames()}


def check(name, value):
    VALIDATORS[name].validate(value)


@pytest.mark.parametrize("value", ["ssh", "exim4.service", "getty@tty1", "a:b_c.d", r"dev-disk-by\x2duuid.device", r"\x2dodd", "9p"])
def test_names_of_services_and_units(value):
    check("unit_name", value)
    check("unit_names", f"{value},ssh")


BAD = (
    "",
    "-ssh",
    "--now",
    "a b",
    "a;b",
    "a\n",
    "a\nb",
    "$(id)",
    "`id`",
    "a/b",
    "../x",
    "a*",
    "a?",
    "[a]",
    r"a\x2",
    r"a\y",
    "a'b",
    "é",
    "a=b",
)


@pytest.mark.parametrize("value", BAD)
def test_what_is_none_is_refused(value):
    with pytest.raises(ValueError, match="must be"):
        check("unit_name", value)
    with pytest.raises(ValueError, match="must be"):
        check("unit_names", f"ssh,{value}")


def test_so_many_in_one_request_and_no_more():
    check("unit_names", ",".join("a" * 20))
    with pytest.raises(ValueError, match="at most 20"):
        check("unit_names", ",".join("a" * 21))
