import argparse

import pytest

from mcollective_py.cli.noop import with_noop
from mcollective_py.ddl.model import DDL, NOOP, ActionDDL, Metadata
from mcollective_py.errors import UsageError

ACTIONS = {"restart": ActionDDL("restart", "", {"noop": NOOP}, supports_noop=True), "wipe": ActionDDL("wipe", "")}
SERVICE = DDL(Metadata("service", "", "", "", "", "", 5.0), ACTIONS)
ASKED, UNASKED = argparse.Namespace(noop=True), argparse.Namespace(noop=False)


def test_noop_becomes_an_input():
    assert with_noop(SERVICE, "restart", {"unit": "a"}, ASKED) == {"unit": "a", "noop": True}


@pytest.mark.parametrize("options", [UNASKED, argparse.Namespace()])
def test_without_the_option_the_inputs_stay_as_they_are(options):
    assert with_noop(SERVICE, "wipe", {"unit": "a"}, options) == {"unit": "a"}


def test_an_action_that_does_not_support_it_is_refused_by_name():
    with pytest.raises(UsageError, match="service wipe cannot say what it would do: --noop is for restart; nothing was sent"):
        with_noop(SERVICE, "wipe", {}, ASKED)


def test_words_that_contradict_the_option_are_refused():
    with pytest.raises(UsageError, match="say different things"):
        with_noop(SERVICE, "restart", {"noop": False}, ASKED)
