"""Spools of other shapes with a real Exim: split, with a named queue, closed to who reads it; and the rates that Exim keeps."""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.parts.eximlab import SPOOL, EximLab, exim_lab

pytestmark = pytest.mark.parts

HOST = "mx1"
_MORE = "split_spool_directory = true\nadmin_groups = nogroup\nacl_smtp_mail = sorting"
_ACL = """
  accept
sorting:
  warn  senders = slow@example.org
        queue = slow
  warn  ratelimit = 100 / 1h / strict / sender-$sender_address
"""
_PROGRAM = """
import json, sys
from pathlib import Path
from mcollective_py.testing import AgentHarness
agent = AgentHarness(Path({folder!r}), config={config!r})
for line in sys.stdin:
    action, inputs = json.loads(line)
    reply = agent.call(action, **inputs)
    print(json.dumps([reply.statuscode, reply.statusmsg, dict(reply.data)]), flush=True)
"""
_AGENT = Path(__file__).parents[2] / "agents" / "exim"


@pytest.fixture(scope="module")
def exim() -> Iterator[EximLab]:
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-exim-") as name,
        exim_lab(Path(name), [HOST], more=_MORE, acl=_ACL) as lab,
    ):
        lab.send(
            HOST,
            *({"sender": f"user{number}@example.org", "recipients": ["defer@example.com"]} for number in range(12)),
            {"sender": "slow@example.org", "recipients": ["defer@example.net"], "subject": "slowly"},
        )
        yield lab


def told(
    exim: EximLab, *calls: tuple[str, dict[str, Any]], user: str = "root", config: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """The outputs of these calls of the agent in the host, which must succeed. user: who calls."""
    lines = "\n".join(json.dumps(call) for call in calls)
    program = f'{sys.executable} -c "$PROGRAM"'
    as_user = program if user == "root" else f"setpriv --reuid {user} --regid nogroup --groups nogroup {program}"
    text = _PROGRAM.format(folder=str(_AGENT), config=config or {})
    text = exim.shell(HOST, f"cd /; PROGRAM=$(cat <<'EOT'\n{text}\nEOT\n)\n{as_user} <<'EOT'\n{lines}\nEOT\n")
    answers = [json.loads(line) for line in text.splitlines()]
    assert [answer[0] for answer in answers] == [0] * len(calls), answers
    return [answer[2] for answer in answers]


def test_a_split_spool_and_a_named_queue_are_read_whole(exim: EximLab) -> None:
    spread = exim.shell(HOST, f"cd {SPOOL}; find input slow/input -name '*-H' | xargs -n1 dirname | sort -u").split()
    assert any(folder.startswith("input/") for folder in spread), spread
    assert any(folder.startswith("slow/input") for folder in spread), spread
    listing, slow, usual = told(
        exim,
        ("list", {"columns": "sender,queue,subject"}),
        ("count", {"select": "queue=slow"}),
        ("count", {"select": "queue=''"}),
    )
    assert {row["sender"]: row["queue"] for row in listing["messages"]} == {
        **{f"user{number}@example.org": "" for number in range(12)},
        "slow@example.org": "slow",
    }
    assert (slow["messages"], usual["messages"], listing["total"]) == (1, 12, 13)
    theirs = exim.exim(HOST, "-qGslow", "-bp") + exim.exim(HOST, "-bp")
    assert all(row["id"] in theirs for row in listing["messages"])


def test_one_message_of_a_split_spool_and_of_a_named_queue(exim: EximLab) -> None:
    listing = told(exim, ("list", {"columns": "queue"}))[0]["messages"]
    for row in (listing[0], next(row for row in listing if row["queue"])):
        (shown,) = told(exim, ("show", {"msgid": row["id"]}))
        assert shown["message"]["queue"] == row["queue"]
        assert "Subject:" in shown["headers"]


def test_where_the_spool_is_closed_exim_itself_is_asked(exim: EximLab) -> None:
    calls: tuple[tuple[str, dict[str, Any]], ...] = (("mailq", {}), ("list", {"select": "queue=slow", "columns": "sender"}))
    (mine, _), (theirs, slow) = told(exim, *calls), told(exim, *calls, user="nobody", config={"queues": "slow"})
    without_age = [[{**row, "age": ""} for row in data["mailq"]] for data in (mine, theirs)]
    assert without_age[0] == without_age[1]
    assert [row["sender"] for row in slow["messages"]] == ["slow@example.org"]


def test_the_rates_that_exim_keeps(exim: EximLab) -> None:
    rates, one = (answer["rates"] for answer in told(exim, ("ratelimits", {}), ("ratelimits", {"about": "user3@"})))
    assert len(rates) >= 13
    assert [row["key"].rpartition("/")[2] for row in one] == ["sender-user3@example.org"]
    assert one[0]["rate"] > 0
    assert one[0]["time"] > 1_700_000_000
