import pytest

from mcollective_py.errors import Malformed
from mcollective_py.wire import marshal
from mcollective_py.wire.rubylimits import REPLY, REQUEST
from mcollective_py.wire.symbol import Symbol


def test_a_reply_may_be_larger_than_a_request():
    assert (REQUEST.size, REPLY.size) == (1024 * 1024, 4 * 1024 * 1024)


def test_an_envelope_is_held_to_much_less_but_for_its_size():
    envelope = REPLY.of_envelope()
    assert envelope.size == REPLY.size
    assert (envelope.depth, envelope.repeats_keys) == (12, False)
    assert envelope.values < REPLY.values // 10


def test_the_largest_filter_that_a_client_makes_fits_into_an_envelope():
    call = {"fstatement": {"r_compare": "x", "operator": "==", "value": "md5", "name": "fstat", "params": "/etc/hosts"}}
    envelope = {Symbol("filter"): {"compound": [[call, {"and": "and"}] * 256]}, Symbol("body"): "x"}
    assert marshal.loads(marshal.dumps(envelope), REQUEST.of_envelope()) == envelope


def test_an_envelope_of_very_many_values_is_refused():
    with pytest.raises(Malformed):
        marshal.loads(marshal.dumps({Symbol("filter"): [None] * 20_000}), REQUEST.of_envelope())
