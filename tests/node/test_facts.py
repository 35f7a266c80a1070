import pytest

from mcollective_py.node.facts import MISSING, as_text, find_fact

FACTS = {
    "country": "uk",
    "nothing": None,
    "os": {"release": {"major": "12"}},
    "networking": {"interfaces": {"eth0.100": {"ip": "10.0.0.1"}, "eth0": {"ip": "10.0.0.2"}}},
    "mountpoints": {"/srv/a.b": {"size": 1}},
    "disks": [{"size": 10}, [1, 2]],
    "a.b": "whole",
    "a": {"b": "walked", "c": 3, "d.e": "shorter first"},
    "a.d": {"e": "longer first"},
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("country", "uk"),
        ("nothing", None),
        ("os.release.major", "12"),
        ("os.release", {"major": "12"}),
        ("networking.interfaces.eth0.100.ip", "10.0.0.1"),
        ("networking.interfaces.eth0.ip", "10.0.0.2"),
        ("mountpoints./srv/a.b.size", 1),
        ("disks.0.size", 10),
        ("disks.1.1", 2),
        ("a.b", "whole"),
        ("a.c", 3),
        ("a.d.e", "longer first"),
    ],
)
def test_a_fact_is_found_by_its_name(name, value):
    assert find_fact(FACTS, name) == value


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "os.",
        ".os",
        "os..release",
        "nosuch",
        "country.x",
        "disks.2",
        "disks.x",
        "disks.-1",
        "disks.0_0",
        "disks.٠",
        "disks." + "9" * 5000,
        ".".join(["os"] * 2000),
    ],
)
def test_a_name_that_leads_nowhere_is_missing(name):
    assert find_fact(FACTS, name) is MISSING


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (None, ""),
        (True, "true"),
        (False, "false"),
        (10, "10"),
        (10**30, "1" + "0" * 30),
        (2**4096 - 1, str(2**4096 - 1)),
        (0.10, "0.1"),
        (5.0, "5.0"),
        (1e20, "1.0e+20"),
        (574627077486879.0, "574627077486879.0"),
        (1e15, "1.0e+15"),
        (1674151970599042.8, "1674151970599042.8"),
        (-5746270774868791.0, "-5.746270774868791e+15"),
        (9999999999999998.0, "9.999999999999998e+15"),
        (1e16, "1.0e+16"),
        (0.0001, "0.0001"),
        (1.5e-7, "1.5e-07"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_a_scalar_becomes_the_text_that_ruby_writes(value, text):
    assert as_text(value) == text


def test_a_number_that_python_writes_no_digits_of_becomes_hexadecimal():
    assert as_text(1 << 20_000) == "0x1" + "0" * 5000
    assert as_text(-(1 << 20_000)) == "-0x1" + "0" * 5000
