"""Replies as aggregates get them, and an action that has one output summarized."""

import pytest

from mcollective_py.client.aggregate.summaries import Summaries
from mcollective_py.client.results import RPCResult
from mcollective_py.ddl.model import ActionDDL, Aggregate, Output


def result(sender, value, statuscode=0, refusal=None):
    return RPCResult(sender, "acme", "status", statuscode, "OK", {"x": value}, refusal)


class Asked:
    """The summaries of one output `x`, shown as "X"."""

    def __call__(self, function, values, format=None, options=None, libdirs=()):
        """The one summary of values, a host each: web1, web2, ..."""
        (found,) = self.all([Aggregate(function, "x", format, options or {})], values, libdirs)
        return found

    def all(self, aggregates, values, libdirs=()):
        action = ActionDDL("status", "Status", outputs={"x": Output("x", "A value", "X")}, aggregates=tuple(aggregates))
        summaries = Summaries(action, libdirs)
        for number, value in enumerate(values, 1):
            summaries.add(value if isinstance(value, RPCResult) else result(f"web{number}", value))
        return summaries.finished()


@pytest.fixture
def asked():
    return Asked()


@pytest.fixture
def reply():
    return result
