from datetime import datetime, timedelta, timezone

import pytest

from mcollective_py.cli.audit.moments import moment_of
from mcollective_py.errors import UsageError

NOW = datetime(2026, 11, 23, 22, 30, 15, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("2h", "2026-11-23T20:30:15+01:00"),
        ("90m ago", "2026-11-23T21:00:15+01:00"),
        ("3d", "2026-11-20T22:30:15+01:00"),
        ("today", "2026-11-23T00:00:00+01:00"),
        ("14:30", "2026-11-23T14:30:00+01:00"),
        ("2026-11-22", "2026-11-22T00:00:00+01:00"),
        ("2026-11-22 03:00", "2026-11-22T03:00:00+01:00"),
        ("2026-11-22T03:00:00Z", "2026-11-22T03:00:00+00:00"),
    ],
)
def test_what_an_operator_types_is_a_moment(word, meant):
    assert moment_of(word, NOW) == datetime.fromisoformat(meant).timestamp()


@pytest.mark.parametrize("word", ["", "yesterday", "25:00", "2026-13-01", "-2h", "12"[:1] + "x"])
def test_what_is_no_time_is_told_with_what_would_be(word):
    with pytest.raises(UsageError, match="is no time: write 2h, 3d, today"):
        moment_of(word, NOW)
