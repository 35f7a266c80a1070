import pytest

from mcollective_py.cli.issued import day, extension_words, issued_row, serial_number, state
from mcollective_py.errors import UsageError
from mcollective_py.security.cainventory import Issued

NOW = 1_800_000_000.0


def test_the_text_of_an_extension_may_have_any_sign():
    assert extension_words(["pp_role=a=b", "pp_zone=x y"]) == {"pp_role": "a=b", "pp_zone": "x y"}


@pytest.mark.parametrize("word", ["pp_role", "pp_role=", "=web", ""])
def test_a_word_that_is_no_extension_says_how_it_is_written(word):
    with pytest.raises(UsageError, match="write NAME=TEXT"):
        extension_words([word])


def test_serial_numbers_are_read_as_they_are_shown_here_and_by_openssl():
    assert serial_number("0fA1") == serial_number("0F:A1") == 0xFA1


def test_a_certificate_is_revoked_before_it_is_expired():
    issued = Issued(0xFA1, NOW - 2, NOW - 1, "node", "web1")
    assert state(issued, NOW) == "expired"
    assert state(issued, NOW - 1.5) == "valid"
    assert issued_row(Issued(0xFA1, NOW - 2, NOW - 1, "node", "web1", True), NOW) == {
        "name": "web1", "role": "node", "serial": "fa1", "not_before": NOW - 2, "not_after": NOW - 1, "state": "revoked",
    }  # fmt: skip
    assert day(NOW) == "2027-01-15"
