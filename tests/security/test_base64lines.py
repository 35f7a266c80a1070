import pytest

from mcollective_py.errors import Malformed
from mcollective_py.security.base64lines import decode_lines, encode_lines


def test_lines_have_60_characters_and_each_has_its_end():
    assert encode_lines(b"\0" * 46) == "A" * 60 + "\n" + "AA==\n"
    assert encode_lines(b"") == ""


@pytest.mark.parametrize("text", [b"AAEC", b"AA\nEC\n", b" A A E C ", b"AAEC\r\n"])
def test_any_lines_are_read(text):
    assert decode_lines(text, "the key") == b"\0\1\2"


@pytest.mark.parametrize("text", [b"", b"AAE", b"AA-_", b"A\0EC", b"AA=C"])
def test_what_is_no_base64_is_named(text):
    with pytest.raises(Malformed, match="the key is not base64"):
        decode_lines(text, "the key")
