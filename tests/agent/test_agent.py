import logging
import subprocess
import sys

from mcollective_py.agent import Agent, action
from mcollective_py.agent.base import actions_of
from mcollective_py.node.view import NodeView


class Base(Agent):
    @action
    def status(self, request, reply):
        return "base"

    @action
    def stop(self, request, reply):
        return "base"


class Service(Base):
    @action
    def status(self, request, reply):
        return "own"

    def internal(self):
        return "never"

    shown = property(lambda self: "never")


def an_agent(facts):
    return Service(NodeView("node1", facts=facts), {}, logging.getLogger("x"))


def test_actions_are_those_marked_here_and_in_the_bases_and_nothing_else():
    found = actions_of(Service)
    assert sorted(found) == ["status", "stop"]
    assert (found["status"](None, None, None), found["stop"](None, None, None)) == ("own", "base")


def test_an_agent_makes_sense_everywhere_unless_it_says_otherwise():
    assert Service.activate_when(NodeView("node1"), {}) is True


def test_a_fact_is_read_by_its_dotted_name():
    agent = an_agent({"os": {"family": "Debian"}, "cpus": [{"model": "x"}], "none": None})
    assert [agent.fact(name) for name in ("os.family", "cpus.0.model", "none", "os.absent")] == ["Debian", "x", None, None]


def test_no_fact_is_known_where_there_are_no_facts():
    assert an_agent(None).fact("os.family") is None


def test_what_runs_programs_comes_through_the_door_and_is_imported_when_asked_for():
    program = (
        "import sys\nimport mcollective_py.agent as door\n"
        "before = 'mcollective_py.node.command' in sys.modules\n"
        "print(before, door.run.__name__, door.CommandResult.__name__, hasattr(door, 'nothing'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "False run CommandResult False\n"
