import io
import json

import pytest

from mcollective_py import RPCResult, RPCStats, show
from mcollective_py.client.aggregate.summaries import Summary
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.errors import UsageError

DDL = ddl_from_yaml(
    """\
metadata: {name: service, description: D, author: A, license: L, version: "1", url: U, timeout: 5}
actions:
  - {action: status, description: D, display: always, output: {status: {description: D, display_as: Status}}}
  - {action: stop, description: D, display: failed, output: {status: {description: D, display_as: Status}}}
""",
    "service",
)
WEB1 = RPCResult("web1", "service", "status", 0, "OK", {"status": "run\x1b[2Jning"})
WEB2 = RPCResult("web2", "service", "status", 1, "no such service", {})
STATS = RPCStats(
    agent="service", action="status", discovered=("web1", "web2", "db1"), responses=2, ok=1, failed=1, no_response=("db1",)
)


def printed(*words, **options):
    stream = io.StringIO()
    taken = show.results(*words, file=stream, **options)
    return taken, stream.getvalue()


def test_results_are_printed_as_mco_prints_them_and_given_back():
    taken, text = printed([WEB1, WEB2], DDL)
    assert taken == [WEB1, WEB2]
    assert text.splitlines()[:2] == ["web1", r"   Status: run\x1b[2Jning"]
    assert "Request Aborted" in text and "no such service" in text


def test_a_ddl_says_which_results_are_shown_and_display_overrules_it():
    stop = [RPCResult("web1", "service", "stop", 0, "OK", {}), RPCResult("web2", "service", "stop", 1, "no", {})]
    assert "web1" not in printed(stop, DDL)[1] and "web2" in printed(stop, DDL)[1]
    assert "web1" in printed(stop, DDL, display="ok")[1]
    assert printed(stop, DDL, display="none")[1] == ""
    assert "web1" in printed(stop)[1]


def test_other_formats_are_those_of_the_command_line():
    assert json.loads(printed([WEB2], DDL, format="json")[1])["replies"][0]["statusmsg"] == "no such service"
    assert printed([WEB1, WEB2], DDL, format="senders")[1] == "web1\n"
    with pytest.raises(UsageError, match="there is no format 'xml': there are text, json"):
        printed([WEB1], format="xml")
    with pytest.raises(UsageError, match="display is ok, all, failed, none, not 'always'"):
        printed([WEB1], display="always")


def test_statistics_name_who_is_silent_after_the_summaries(capsys):
    summary = Summary("Status", "summary", "status", ("running = 1",), {"running": 1}, None)
    show.stats(STATS, [summary])
    text = capsys.readouterr().out
    assert text.index("Summary of Status:") < text.index("No response from:") < text.index("Finished processing 2 / 3 hosts")
    assert show.report(STATS, [summary]) == text
    assert "Nodes" in show.report(STATS, verbose=True)


def test_the_silent_hosts_alone():
    assert show.no_response_report(STATS).split() == ["No", "response", "from:", "db1"]
    assert show.no_response_report(RPCStats()) == ""
