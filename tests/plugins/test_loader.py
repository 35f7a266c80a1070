import os

import pytest

from mcollective_py.errors import DDLError, PluginError
from mcollective_py.node.view import NodeView
from mcollective_py.plugins.loader import AgentIndex, load_agent, load_ddl, load_facts_source

VIEW = NodeView("node1.example.net", facts={"os": {"family": "Debian"}})

DDL = """\
metadata: {name: service, description: D, author: A, license: L, version: "1", url: U, timeout: 30}
actions:
  - action: status
    description: Status
    impact: read
    timeout: 5
    input: {service: {prompt: P, description: D, type: string, validation: service_name}}
  - {action: stop, description: Stop, impact: destructive}
"""

AGENT = """\
from mcollective_py.agent import Agent, action

class Service(Agent):
    @action
    def status(self, request, reply):
        reply["status"] = self.internal()

    @action
    def stop(self, request, reply):
        pass

    def internal(self):
        return "running"
"""


@pytest.fixture(autouse=True)
def umask():
    old = os.umask(0o022)
    yield
    os.umask(old)


class Settings:
    def __init__(self, plugins=None, **texts):
        self.plugins, self.texts = plugins or {}, texts

    def plugin(self, name):
        return self.plugins.get(name, {})

    def text(self, key):
        return self.texts.get(key)


def write_agent(libdir, name="service", agent=AGENT, ddl=DDL):
    folder = libdir / "agents" / name
    folder.mkdir(parents=True, mode=0o755)
    for file, text in (("agent.py", agent), ("ddl.yaml", ddl)):
        if text is not None:
            (folder / file).write_text(text)
            (folder / file).chmod(0o644)
    return folder


def test_an_rpc_agent_has_its_ddl_its_metadata_and_its_actions(tmp_path):
    agent = load_agent(write_agent(tmp_path))
    assert (agent.name, agent.cls.__name__, agent.metadata.timeout) == ("service", "Service", 30.0)
    assert sorted(agent.actions) == ["status", "stop"]
    assert [agent.timeout(action) for action in ("status", "stop", None)] == [5.0, 30.0, 30.0]
    assert [agent.only_reads(action) for action in ("status", "stop", None, "absent")] == [True, False, False, False]
    assert agent.describe() == {
        "agent": "service",
        "name": "service",
        "description": "D",
        "author": "A",
        "license": "L",
        "version": "1",
        "url": "U",
        "timeout": 30.0,
    }


@pytest.mark.parametrize(
    "name", ["__class__", "__init__", "internal", "activate_when", "fact", "handlemsg", "node", "config", "logger"]
)
def test_nothing_but_declared_actions_is_in_the_table_of_calls(tmp_path, name):
    agent = load_agent(write_agent(tmp_path))
    assert name not in agent.actions
    with pytest.raises(TypeError):
        agent.actions[name] = print


PLAIN = """\
class Echo:
    "Sends the body back. Twice."
    timeout = 2.5
    impact = "read"
    version = "1.2"
    def handlemsg(self, msg):
        return msg.body
"""


def test_a_plain_class_gets_metadata_from_what_it_says_of_itself(tmp_path):
    agent = load_agent(write_agent(tmp_path, "echo", PLAIN, None))
    assert (agent.ddl, dict(agent.actions), agent.timeout(None), agent.only_reads(None)) == (None, {}, 2.5, True)
    assert (agent.metadata.description, agent.metadata.version) == ("Sends the body back. Twice.", "1.2")


def test_a_plain_class_that_says_nothing_has_10_seconds_and_may_change_things(tmp_path):
    agent = load_agent(write_agent(tmp_path, "echo", "class Echo:\n    def handlemsg(self, msg): return None\n", None))
    assert (agent.timeout(None), agent.only_reads(None)) == (10.0, False)


BROKEN = [
    ("service", None, DDL, "there is no agent.py in its folder"),
    ("service", "class Service(:\n", DDL, "agent.py:1: SyntaxError"),
    ("service", "import no_such_module\n", DDL, "agent.py:1: ModuleNotFoundError"),
    ("service", "1 / 0\n", DDL, "agent.py:1: ZeroDivisionError"),
    ("service", "raise SystemExit(1)\n", DDL, "agent.py:1: SystemExit"),
    ("service", "class Servce: pass\n", DDL, "agent.py has no class Service, there is Servce"),
    ("service", "class Service: pass\n", DDL, "the class Service is neither an Agent nor has it a handlemsg"),
    ("service", "class Service:\n    handlemsg = 5\n", DDL, "neither an Agent nor has it a handlemsg"),
    ("service", "class Service:\n    def handlemsg(self): pass\n", DDL, "handlemsg must take self, msg"),
    ("service", AGENT + "    def handlemsg(self, msg): pass\n", DDL, "an RPC agent's handlemsg is never called"),
    ("service", AGENT, None, "there is no ddl.yaml in its folder"),
    ("service", AGENT, "metadata: [", "ddl.yaml:2: no YAML"),
    ("service", AGENT, DDL.replace("impact: read", "impakt: read"), "ddl.yaml:5: actions[0].impakt: unknown key, did you mean impact?"),
    ("service", AGENT, DDL.replace("name: service,", "name: other,"), "says other, but the folder is called service"),
    (
        "service",
        AGENT.replace("def stop", "def before_processing"),
        DDL.replace("action: stop", "action: before_processing"),
        "before_processing is asked around every action, and cannot be one",
    ),
    ("service", AGENT, DDL.replace("action: stop", "action: halt"), "agent.py has actions that ddl.yaml does not declare: stop"),
    ("service", AGENT, DDL + "  - {action: start, description: S}\n", "ddl.yaml declares actions that agent.py does not have: start"),
    ("service", AGENT.replace("    @action\n    def stop", "    def stop"), DDL, "declares actions that agent.py does not have: stop"),
    ("service", AGENT.replace("stop(self, request, reply)", "stop(self, request)"), DDL, "stop must take self, request, reply"),
    (
        "service",
        AGENT,
        DDL.replace("service_name", "servise_name"),
        "the input service wants the unknown validator servise_name, did you mean service_name?",
    ),
    ("echo", PLAIN.replace("2.5", "0"), None, "timeout must be seconds, above 0"),
    ("echo", PLAIN.replace("2.5", "'2'"), None, "timeout must be seconds, above 0"),
    ("echo", PLAIN.replace("2.5", "float('nan')"), None, "timeout must be seconds, above 0"),
    ("echo", PLAIN.replace('"read"', '"reads"'), None, "impact must be one of read, change, destructive"),
]


@pytest.mark.parametrize(("name", "agent", "ddl", "reason"), BROKEN)
def test_a_broken_folder_is_refused_with_the_reason(tmp_path, name, agent, ddl, reason):
    with pytest.raises(PluginError) as caught:
        load_agent(write_agent(tmp_path, name, agent, ddl))
    assert str(caught.value).startswith(f"{name}: ")
    assert reason in caught.value.reason


def test_broken_folders_are_named_and_the_others_load_all_the_same(tmp_path):
    write_agent(tmp_path)
    write_agent(tmp_path, "broken", "1 / 0\n", None)
    write_agent(tmp_path, "Wrong-Name", PLAIN, None)
    index = AgentIndex.load_all([tmp_path], Settings(), VIEW)
    assert {"discovery", "echo", "rpcutil", "service"} <= set(index)
    assert sorted((error.plugin, error.reason.split(": ")[-1]) for error in index.skipped) == [
        ("Wrong-Name", "a plugin's name is lower case letters, digits and _"),
        ("broken", "division by zero"),
    ]


def test_a_broken_agent_is_not_replaced_by_the_shipped_one_of_its_name(tmp_path):
    write_agent(tmp_path, "echo", "1 / 0\n", None)
    index = AgentIndex.load_all([tmp_path], Settings(), VIEW)
    assert "echo" not in index
    assert [error.plugin for error in index.skipped] == ["echo"]


def test_a_ddl_that_is_no_text_is_refused(tmp_path):
    folder = write_agent(tmp_path)
    (folder / "ddl.yaml").write_bytes(b"metadata: \xff\xfe\n")
    with pytest.raises(DDLError, match=r"ddl\.yaml: cannot be read"):
        load_agent(folder)


def test_a_ddl_is_read_without_running_the_agent(tmp_path):
    assert sorted(load_ddl(write_agent(tmp_path, agent="1 / 0\n")).actions) == ["status", "stop"]


# --- who could change it ---


def test_a_file_of_an_agent_that_others_can_write_keeps_it_from_loading(tmp_path):
    folder = write_agent(tmp_path)
    load_agent(folder, only_owned=True)
    (folder / "agent.py").chmod(0o666)
    with pytest.raises(PluginError, match=r"not loaded for safety: .*agent\.py can be written by others"):
        load_agent(folder, only_owned=True)
    load_agent(folder)


def test_a_libdir_that_others_can_write_keeps_its_agents_from_loading(tmp_path):
    write_agent(tmp_path / "lib", "echo", PLAIN, None)
    (tmp_path / "lib").chmod(0o777)
    index = AgentIndex.load_all([tmp_path / "lib"], Settings(), VIEW, only_owned=True)
    assert "echo" not in index
    assert "lib can be written by others" in index.skipped[0].reason


def test_a_file_that_leads_out_of_its_folder_keeps_the_agent_from_loading(tmp_path):
    folder = write_agent(tmp_path)
    (tmp_path / "outside.py").write_text("x = 1\n")
    (folder / "inside.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(PluginError, match="is a link that leads out of"):
        load_agent(folder)


def test_code_is_not_run_before_it_is_known_whose_it_is(tmp_path):
    folder = write_agent(tmp_path, agent=f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (folder / "agent.py").chmod(0o666)
    with pytest.raises(PluginError, match="safety"):
        load_agent(folder, only_owned=True)
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root checks without being asked")
def test_root_checks_without_being_asked(tmp_path):
    (write_agent(tmp_path, "echo", PLAIN, None) / "agent.py").chmod(0o666)
    assert "echo" not in AgentIndex.load_all([tmp_path], Settings(), VIEW)
    assert "echo" in AgentIndex.load_all([tmp_path], Settings(), VIEW, only_owned=False)


# --- which are active ---


@pytest.mark.parametrize("word", ["false", "0", "no", "n", "False"])
def test_one_agent_can_be_turned_off(word):
    index = AgentIndex.load_all([], Settings({"echo": {"activate_agent": word}}), VIEW)
    assert ("echo" in index, "rpcutil" in index) == (False, True)
    assert index.inactive["echo"] == f"plugin.echo.activate_agent is {word}"
    assert index.skipped == ()


def test_all_can_be_turned_off_but_those_named_and_discovery():
    index = AgentIndex.load_all([], Settings({"rpcutil": {"activate_agent": "true"}}, activate_agents="false"), VIEW)
    assert sorted(index) == ["discovery", "rpcutil"]


def test_discovery_is_turned_off_by_name_alone():
    assert "discovery" not in AgentIndex.load_all([], Settings({"discovery": {"activate_agent": "false"}}), VIEW)


def test_code_of_an_agent_that_is_turned_off_is_not_run(tmp_path):
    write_agent(tmp_path, "broken", "1 / 0\n", None)
    index = AgentIndex.load_all([tmp_path], Settings({"broken": {"activate_agent": "false"}}), VIEW)
    assert index.skipped == ()


WHEN = AGENT + "\n    @classmethod\n    def activate_when(cls, node, config):\n        return {}\n"


@pytest.mark.parametrize(
    ("expression", "active"),
    [("node.facts['os']['family'] == 'Debian'", True), ("config.get('on') == 'yes'", True), ("node.identity == 'x'", False)],
)
def test_an_agent_decides_by_facts_and_settings_whether_it_makes_sense_here(tmp_path, expression, active):
    write_agent(tmp_path, agent=WHEN.format(expression))
    index = AgentIndex.load_all([tmp_path], Settings({"service": {"on": "yes"}}), VIEW)
    assert ("service" in index) is active
    assert ("service" in index.inactive) is not active


def test_an_activate_when_that_fails_counts_as_broken(tmp_path):
    write_agent(tmp_path, agent=WHEN.format("node.facts['no such fact']"))
    index = AgentIndex.load_all([tmp_path], Settings(), VIEW)
    assert [error.reason for error in index.skipped] == ["activate_when: KeyError: 'no such fact'"]


def test_the_shipped_agents_load_even_from_a_checkout_of_somebody_else():
    index = AgentIndex.load_all([], Settings(), VIEW, only_owned=True)
    assert {"discovery", "echo", "rpcutil"} <= set(index)
    assert index.skipped == ()


# --- facts sources ---

SOURCE = """\
class Redis:
    def __init__(self, settings):
        self.settings = settings
    def load(self):
        return dict(self.settings)
    def fingerprint(self):
        return None
"""


def write_source(tmp_path, text):
    folder = tmp_path / "facts" / "redis"
    folder.mkdir(parents=True)
    (folder / "source.py").write_text(text)
    return folder


def test_a_facts_source_is_made_with_its_settings(tmp_path):
    source = load_facts_source("redis", write_source(tmp_path, SOURCE), {"host": "x"})
    assert source.load() == {"host": "x"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SOURCE.replace("fingerprint", "fingerprints"), "the class Redis has no fingerprint"),
        ("class Redis: pass\n", "has no load and no fingerprint"),
        (SOURCE.replace("self.settings = settings", "settings['port']"), "KeyError: 'port'"),
        ("class Reddis: pass\n", "source.py has no class Redis, there is Reddis"),
        ("1 / 0\n", "source.py:1: ZeroDivisionError"),
    ],
)
def test_a_broken_facts_source_is_refused_with_the_reason(tmp_path, text, reason):
    with pytest.raises(PluginError) as caught:
        load_facts_source("redis", write_source(tmp_path, text), {})
    assert reason in str(caught.value)


def test_a_facts_source_that_others_can_write_is_refused_where_that_matters(tmp_path):
    folder = write_source(tmp_path, SOURCE)
    (folder / "source.py").chmod(0o666)
    with pytest.raises(PluginError, match="safety"):
        load_facts_source("redis", folder, {}, only_owned=True)
    load_facts_source("redis", folder, {}, only_owned=False)


NAMED_TWICE = f"aliases: [services, daemons]\n{DDL}"


def test_an_agent_answers_to_its_other_names_with_the_settings_and_the_policy_of_its_own(tmp_path):
    write_agent(tmp_path, ddl=NAMED_TWICE)
    index = AgentIndex.load_all([tmp_path], Settings({"services": {"activate_agent": "no"}}), VIEW)
    assert {"service", "services", "daemons"} <= set(index)
    assert index["services"] is index["service"]
    assert (index["services"].name, index["services"].describe("services")["agent"]) == ("service", "services")


def test_an_agent_of_its_own_name_comes_before_the_other_name_of_another(tmp_path):
    write_agent(tmp_path, ddl=NAMED_TWICE)
    own = write_agent(tmp_path, "daemons", AGENT.replace("Service", "Daemons"), DDL.replace("name: service", "name: daemons"))
    assert AgentIndex.load_all([tmp_path], Settings(), VIEW)["daemons"].folder == own


def test_an_agent_that_is_turned_off_answers_to_none_of_its_names(tmp_path):
    write_agent(tmp_path, ddl=NAMED_TWICE)
    index = AgentIndex.load_all([tmp_path], Settings({"service": {"activate_agent": "no"}}), VIEW)
    assert not {"service", "services", "daemons"} & set(index)
