"""The orders of versions, by examples and against the tools' own."""

import random
import shutil
import subprocess

import pytest

from agents.package.versions import compare_dpkg, compare_rpm, compare_rpm_text, sort_key, version_holds

DPKG = [
    ("1.0", "1.0", 0),
    ("1.0~rc1", "1.0", -1),
    ("1.0~~", "1.0~", -1),
    ("1.0-1", "1.0", 1),
    ("1.0-0", "1.0", 0),
    ("1:0.1", "9.9", 1),
    ("0:1.0", "1.0", 0),
    ("3.0.13-1~deb12u1", "3.0.13-1", -1),
    ("1.10", "1.9", 1),
    ("1.0+b1", "1.0", 1),
    ("1.0a", "1.0+", -1),
    ("2.4.1-3-2", "2.4.1-3-10", -1),
    ("00001", "1", 0),
    (f"1.{'9' * 150}", f"1.1{'0' * 150}", -1),
]
RPM = [
    ("1.0", "1.0-5", 0),
    ("1.0-1", "1.0-2", -1),
    ("2:0.9-1", "1.0-1", 1),
    ("0:1.0-1", "1.0-1", 0),
    ("1.0~rc1-1", "1.0-1", -1),
    ("1.0^git1-1", "1.0-1", 1),
    ("1.0^git1-1", "1.0.1-1", -1),
    ("1.0^git1~pre-1", "1.0^git1-1", -1),
    ("5.14.0-427.el9_4", "5.14.0-70.el9_0", 1),
    ("1.0a", "1.0.1", -1),
    ("1_0", "1.0", 0),
]


@pytest.mark.parametrize(("left", "right", "order"), DPKG)
def test_dpkg_orders_versions_so(left, right, order):
    assert (compare_dpkg(left, right), compare_dpkg(right, left)) == (order, -order)


@pytest.mark.parametrize(("left", "right", "order"), RPM)
def test_rpm_orders_versions_so(left, right, order):
    assert (compare_rpm(left, right), compare_rpm(right, left)) == (order, -order)


@pytest.mark.parametrize("text", ["", "1.0 2", "1.0\n", "x:1", "1.0;id", "a" * 201, "-", "1:"])
def test_what_is_no_version_is_refused(text):
    for compare in (compare_dpkg, compare_rpm):
        with pytest.raises(ValueError, match="no version of"):
            compare(text, "1.0")


def test_a_claim_on_a_version_holds_by_the_order_of_the_system():
    assert version_holds("dpkg", "3.0.11-1~deb12u2", "<", "3.0.13")
    assert version_holds("rpm", "3.0.13-27.el9", "=", "3.0.13")
    assert not version_holds("dpkg", "3.0.13-27", "<=", "3.0.13")


def test_versions_are_sorted():
    assert sorted(["1.10", "1.9", "1.9~1"], key=sort_key("rpm")) == ["1.9~1", "1.9", "1.10"]


def pairs(alphabet, version):
    """Five thousand pairs of versions, half of them near one another: the same ones in every run."""
    source = random.Random(20260101)
    made = []
    for _ in range(5000):
        one = version(source)
        other = version(source)
        if source.random() < 0.5:
            letters = list(one)
            for _ in range(source.randint(0, 2)):
                letters.insert(
                    source.randint(min(3, len(letters)), len(letters)), source.choice(alphabet)
                )  # after an epoch and a digit
            other = "".join(letters)
        made.append((one, other))
    return made


def text_of(source, alphabet, most=9):
    return "".join(source.choice(alphabet) for _ in range(source.randint(1, most)))


def test_thousands_of_versions_are_ordered_as_dpkg_orders_them(tmp_path):
    perl = shutil.which("perl")
    if perl is None or subprocess.run([perl, "-MDpkg::Version", "-e", "1"], capture_output=True).returncode:
        pytest.skip("dpkg's own library for Perl is not installed")
    alphabet = "0012345679abzAZ..++~"

    def version(source):
        epoch, revision = source.choice(["", "", "0:", "1:"]), source.choice(["", "-1", "-0", "-" + text_of(source, alphabet, 4)])
        return f"{epoch}1{text_of(source, alphabet)}{revision}"

    made = pairs(alphabet, version)
    script = 'chomp; my ($one, $other) = split / /; print version_compare($one, $other), "\n"'
    told = subprocess.run(
        [perl, "-MDpkg::Version", "-ne", script],
        input="".join(f"{one} {other}\n" for one, other in made),
        capture_output=True,
        text=True,
    )
    orders = [int(word) for word in told.stdout.split()]
    assert len(orders) == len(made), told.stderr
    assert set(orders) == {-1, 0, 1}
    assert [pair for pair, order in zip(made, orders, strict=True) if compare_dpkg(*pair) != order] == []


def test_thousands_of_versions_are_ordered_as_rpm_orders_them(tmp_path):
    rpm = shutil.which("rpm")
    if rpm is None:
        pytest.skip("rpm is not installed")
    alphabet = "0012345679abzAZ..__++~^"
    made = pairs(alphabet, lambda source: text_of(source, alphabet, 12))
    (tmp_path / "pairs").write_text("".join(f"{one} {other}\n" for one, other in made))
    lua = 'for line in io.lines("%s") do print(rpm.vercmp(string.match(line, "(%%S+) (%%S+)")) .. "\\n") end'
    told = subprocess.run([rpm, "--eval", f"%{{lua: {lua % (tmp_path / 'pairs')}}}"], capture_output=True, text=True)
    orders = [int(word) for word in told.stdout.split()]
    assert len(orders) == len(made), told.stderr
    assert set(orders) == {-1, 0, 1}
    assert [pair for pair, order in zip(made, orders, strict=True) if compare_rpm_text(*pair) != order] == []
