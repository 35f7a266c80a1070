from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

ids = load_module("exim", Path(__file__).parents[1], "messageid")


@pytest.mark.parametrize("text", ["1xVWj6-00000i-1z", "1xVWj6-0000000000i-1zAb"])
def test_old_and_new_ids_are_ids(text):
    assert ids.is_message_id(text)
    assert (ids.subfolder_of(text), ids.arrival_of(text)) == ("6", 1795450628)


@pytest.mark.parametrize(
    "text", ["", "1xVWj6-00000i-1z\n", "1xVWj6-00000i-1", "1xVWj6-00000i-1zA", "../../etc/passwd", "-xVWj6-00000i-1z", "é" * 16]
)
def test_what_is_no_id_is_none(text):
    assert not ids.is_message_id(text)
