import os
import sys

import pytest

from mcollective_py.client.discovery.base import Question
from mcollective_py.client.discovery.stdin import Stdin
from mcollective_py.errors import DiscoveryError, UsageError
from mcollective_py.filter import Filter

ALL = Question(Filter(), "mcollective", 1.0)


@pytest.fixture
def piped(monkeypatch):
    """Makes standard input a pipe with this text in it."""
    opened = []

    def pipe(text):
        reader, writer = os.pipe()
        os.write(writer, text.encode())
        os.close(writer)
        opened.append(os.fdopen(reader))
        monkeypatch.setattr(sys, "stdin", opened[-1])

    yield pipe
    for file in opened:
        file.close()


def test_hosts_are_read_to_the_end_of_the_input(piped):
    piped("web1\ndb1\n")
    assert Stdin((), None).discover(ALL).nodes == ("web1", "db1")
    piped('[{"sender": "web1"}]')
    assert Stdin(("JSON",), None).discover(ALL).nodes == ("web1",)


def test_an_empty_input_is_an_error_and_never_nobody(piped):
    for text in ("", "  \n \n"):
        piped(text)
        with pytest.raises(DiscoveryError, match="standard input names no hosts: it is empty"):
            Stdin((), None).discover(ALL)


def test_a_closed_input_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DiscoveryError, match="is closed"):
        Stdin((), None).discover(ALL)


def test_its_option_is_a_kind_of_list():
    for options in (("xml",), ("text", "json")):
        with pytest.raises(UsageError, match="auto, text, json"):
            Stdin(options, None)
