import gc

import pytest

from mcollective_py.agent.uncollected import uncollected


def test_garbage_is_looked_for_again_afterwards_also_after_a_failure():
    with pytest.raises(ValueError, match="made up"), uncollected():
        assert not gc.isenabled()
        raise ValueError("made up")
    assert gc.isenabled()


def test_who_looks_for_none_anyway_goes_on_so():
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
