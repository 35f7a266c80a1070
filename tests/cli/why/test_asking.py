"""Asking real hosts in memory: what they say, what silence beside them means, and how far a clock is off."""

import time

import pytest

from mcollective_py.cli.why.asking import Asking
from mcollective_py.cli.why.question import Hypothesis
from mcollective_py.client.client import Client
from mcollective_py.client.known import KnownHosts
from mcollective_py.filter import Filter
from mcollective_py.testing.collective import Collective


@pytest.fixture
def collective(tmp_path):
    with Collective(tmp_path, settings={"collectives": "mcollective,dmz", "main_collective": "mcollective"}) as made:
        yield made


def asking(collective, agent=None, action=None, filter=None, known=None, **fields):
    asked = Hypothesis(agent, action, {}, filter or Filter(), "mcollective", 60, **fields)
    return Asking(collective.client(), asked, timeout=0.7, known=known)


def by_host(found):
    return {each.host: each for each in found}


def test_each_host_says_its_own_stage_and_the_clocks_agree(collective):
    collective.add("web1", classes=["web"])
    collective.add("db1", facts={"secret": "hunter2"})
    found = by_host(asking(collective, "rpcutil", "ping", Filter.parse(classes=["web"])).verdicts(["web1", "db1"]))
    assert (found["web1"].outcome, found["web1"].ahead) == ("run", 0.0)
    assert (found["db1"].stage, found["db1"].reason) == ("filter", "class web: not on this host")


def test_a_host_of_another_collective_is_silent_and_found_there(collective):
    collective.add("web1")
    collective.add("dmz1", settings={"collectives": "dmz", "main_collective": "dmz"})
    (found,) = asking(collective).verdicts(["dmz1"])
    assert found.outcome == "silent"
    assert found.notes == ("1. it is not in the collective mcollective: it answers in dmz: add -T dmz",)


def test_a_host_that_takes_nothing_by_its_name_answers_a_ping(collective):
    collective.add("web1", settings={"direct_addressing": "0"})
    (found,) = asking(collective).verdicts(["web1"])
    assert found.notes[0].startswith("1. it answers a ping that goes to everybody, and nothing that goes to it by name")


def test_a_host_that_was_there_is_remembered_with_its_time(collective, tmp_path):
    collective.add("web1", "web2")
    collective.client().discover()
    collective.hosts["web2"].stop()
    (found,) = asking(collective, known=KnownHosts(tmp_path / "known")).verdicts(["web2"])
    assert found.notes[0].startswith("1. it is down, cut off, or its daemon has stopped: it was last heard ")


def test_everybody_is_who_answers_and_who_is_remembered(collective, tmp_path):
    collective.add("web1", "web2")
    collective.client().discover()
    collective.hosts["web2"].stop()
    assert asking(collective, known=KnownHosts(tmp_path / "known")).everybody(0.5) == ["web1", "web2"]


@pytest.mark.parametrize(("ahead", "told"), [(3.0, 3.0), (-3.0, -3.0)])
def test_a_clock_that_is_off_is_measured(collective, ahead, told):
    collective.add("web1")
    site = collective.client()
    connector = collective.broker.connector("late", is_daemon=False)
    client = Client(site.config, connector, site.security, identity="desk", clock=lambda: time.time() + ahead)
    (found,) = Asking(client, Hypothesis(None, None, {}, Filter(), "mcollective", 60), timeout=2).verdicts(["web1"])
    assert found.ahead == pytest.approx(told, abs=1.0)
