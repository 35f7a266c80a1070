"""`mco doctor` as its user runs it, on the real small site."""

import json
import re


def test_a_client_that_works_is_0_and_counts_its_checks(desk):
    answer = desk.mco("doctor", "-t", "1")
    assert (answer.code, answer.err) == (0, "")
    assert answer.lines[0].startswith("ok    configuration ")
    assert answer.lines[-1].split(":")[0].endswith(" checks")
    assert "hosts in mcollective" in answer.out


def test_a_host_checks_itself(desk):
    answer = desk.mco("doctor", "--server", "-c", str(desk.running.site.folder / "hosts" / "web1" / "server.cfg"))
    assert answer.code == 0
    assert re.search(r"the broker lets this host read the requests for \d+ agents", answer.out)
    assert f"runs, pid {desk.running.processes['web1'].pid}, and is connected to a broker" in answer.out


def test_a_failure_is_1_with_the_fix_below_it_and_strict_says_of_which_kind(desk, tmp_path):
    closed = tmp_path / "client.cfg"
    closed.write_text(desk.config.read_text().replace(f"port = {desk.running.broker_port}", "port = 1"))
    answer = desk.mco("doctor", "-c", str(closed))
    assert answer.code == 1
    at = next(number for number, line in enumerate(answer.lines) if line.startswith("fail  broker 1 TCP"))
    assert answer.lines[at + 1].strip().startswith("fix: start the broker there")
    assert any(line.startswith("skip  hosts") for line in answer.lines)
    assert desk.mco("doctor", "-c", str(closed), "--strict").code == 69
    assert desk.mco("doctor", "-c", str(tmp_path / "nosuch.cfg"), "--strict").code == 78


def test_json_is_one_document(desk):
    document = json.loads(desk.mco("doctor", "-t", "1", "--json").out)
    assert (document["side"], document["ok"], document["interrupted"]) == ("client", True, False)
    assert {"name", "outcome", "seen", "fix"} == set(document["checks"][0])
