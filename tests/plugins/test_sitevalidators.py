import logging

import pytest

from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.ddl.model import Input
from mcollective_py.ddl.validate import validate
from mcollective_py.ddl.validators import VALIDATORS
from mcollective_py.errors import InvalidRPCData, PluginError
from mcollective_py.node.deadline import Deadlines
from mcollective_py.plugins.loader import load_agent
from mcollective_py.plugins.sitevalidators import load_validator, validators_for
from mcollective_py.shipped import shipped_libdir

TAG = """\
class AssetTag:
    def validate(self, value):
        if not value.startswith("A-"):
            raise ValueError("must begin with A-")
"""
DDL = """\
metadata: {name: rack, description: D, author: A, license: L, version: "1", url: U, timeout: 30}
actions:
  - action: find
    description: Find
    input: {tag: {prompt: P, description: D, type: string, validation: asset_tag, default: A-0}}
"""
AGENT = """\
from mcollective_py.agent import Agent, action
class Rack(Agent):
    @action
    def find(self, request, reply): pass
"""


def write(folder, body=TAG, name="asset_tag"):
    place = folder / "validators" / name
    place.mkdir(parents=True)
    (place / "validator.py").write_text(body)
    return place


def an_input(validation="asset_tag", **more):
    return Input("tag", "", "", "string", validation=validation, **more)


def test_a_sites_validator_judges_as_ours_do(tmp_path):
    check = load_validator("asset_tag", write(tmp_path))
    assert check("A-1") is None
    with pytest.raises(ValueError, match="must begin with A-"):
        check("B-1")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return False", r"is not valid \(asset_tag\)"),
        ("return {}[value]", r"cannot be checked: the validator asset_tag failed \(KeyError\)"),
        ("raise ValueError('two\\nlines\\x1b[2J')", r"two\?lines\?\[2J"),
        ("raise ValueError", r"is not valid \(asset_tag\)"),
        ("self.validate(value)", r"failed \(RecursionError\)"),
    ],
)
def test_whatever_a_validator_does_wrong_refuses_the_value_and_quotes_it_nowhere(tmp_path, body, reason, caplog):
    caplog.set_level(logging.DEBUG)
    check = load_validator("asset_tag", write(tmp_path, f"class AssetTag:\n    def validate(self, value):\n        {body}\n"))
    with pytest.raises(ValueError, match=reason):
        check("secret-value")
    assert "secret-value" not in caplog.text


def test_without_any_of_the_sites_nothing_is_loaded():
    assert validators_for([an_input("shellsafe"), an_input("^a$"), an_input(None)], []) is VALIDATORS


def test_ours_cannot_be_replaced(tmp_path):
    write(tmp_path, "class Shellsafe:\n    def validate(self, value): pass\n", "shellsafe")
    assert validators_for([an_input("shellsafe")], [tmp_path]) is VALIDATORS


def test_an_unknown_one_stops_a_host_and_is_left_to_it_by_a_client(tmp_path):
    with pytest.raises(PluginError, match="the input tag wants the unknown validator asset_tag"):
        validators_for([an_input()], [tmp_path])
    assert "asset_tag" not in validators_for([an_input()], [tmp_path], is_strict=False)


@pytest.mark.parametrize(
    "body", ["class Other: pass", "class AssetTag: pass", "1/0", "class AssetTag:\n    def __init__(self): 1/0\n    validate = 1"]
)
def test_a_broken_one_stops_a_host_and_is_left_to_it_by_a_client(tmp_path, body):
    write(tmp_path, body)
    with pytest.raises(PluginError, match="asset_tag"):
        validators_for([an_input()], [tmp_path])
    assert "asset_tag" not in validators_for([an_input()], [tmp_path], is_strict=False)


def test_a_default_is_judged_too(tmp_path):
    write(tmp_path)
    with pytest.raises(PluginError, match="the default of the input tag itself must begin with A-"):
        validators_for([an_input(default="B-1")], [tmp_path])


def rack(libdir):
    folder = libdir / "agents" / "rack"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(AGENT)
    (folder / "ddl.yaml").write_text(DDL)
    return folder


def test_an_agent_is_checked_by_the_validator_of_its_own_folder(tmp_path):
    folder = rack(tmp_path)
    write(folder)
    agent = load_agent(folder)
    assert validate(agent.ddl, "find", {}, agent.validators) == {"tag": "A-0"}
    with pytest.raises(InvalidRPCData, match="find: the input tag must begin with A-"):
        validate(agent.ddl, "find", {"tag": "B-1"}, agent.validators)


def test_an_agent_is_checked_by_a_validator_of_any_libdir(tmp_path):
    folder = rack(tmp_path / "one")
    write(tmp_path / "two")
    assert "asset_tag" in load_agent(folder, libdirs=[tmp_path / "two"]).validators
    with pytest.raises(PluginError, match=r"rack: ddl\.yaml: the input tag wants the unknown validator asset_tag"):
        load_agent(folder)


def test_a_strict_reading_of_the_ddl_alone_needs_no_validator():
    assert ddl_from_yaml(DDL, "rack").actions["find"].inputs["tag"].default == "A-0"


SLOW = """\
import threading
class AssetTag:
    def validate(self, value):
        threading.Event().wait(30)
"""


def test_a_validator_that_hangs_refuses_the_value_when_its_time_is_over(tmp_path):
    deadlines = Deadlines()

    def ask(name, function, seconds):
        assert (name, seconds) == ("validator asset_tag", 2.0)
        return deadlines.call(name, function, 0.02)

    check = load_validator("asset_tag", write(tmp_path, SLOW), ask=ask)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"cannot be checked: the validator asset_tag gave no answer within 0\.02 s"):
            check("A-1")
    with pytest.raises(ValueError, match="cannot be checked: the validator asset_tag is not asked: 2 earlier"):
        check("A-1")


def test_a_validator_that_leaves_ends_no_daemon(tmp_path):
    body = "class AssetTag:\n    def validate(self, value):\n        raise SystemExit(1)\n"
    check = load_validator("asset_tag", write(tmp_path, body), ask=Deadlines().call)
    with pytest.raises(ValueError, match="cannot be checked"):
        check("A-1")


def test_an_agents_inputs_are_judged_with_the_deadline_of_its_host(tmp_path):
    write(tmp_path)
    folder = tmp_path / "agents" / "rack"
    folder.mkdir(parents=True)
    (folder / "ddl.yaml").write_text(DDL)
    (folder / "agent.py").write_text(AGENT)
    asked = []

    def ask(name, function, seconds):
        asked.append(name)
        return function()

    agent = load_agent(folder, libdirs=[tmp_path], ask=ask)
    asked.clear()
    validate(agent.ddl, "find", {"tag": "A-1"}, agent.validators)
    assert asked == ["validator asset_tag"]


def test_a_validator_that_comes_with_us_is_called_without_a_thread_and_a_sites_is_not(tmp_path):
    asked = []

    def ask(name, function, seconds):
        asked.append(name)
        return function()

    folder = shipped_libdir() / "agents" / "service"
    checks = validators_for([Input("service", "", "", "string", validation="unit_name")], (), folder, ask=ask)
    checks["unit_name"]("exim4")
    assert asked == []
    own = tmp_path / "validators" / "asset_tag"
    own.mkdir(parents=True)
    (own / "validator.py").write_text(TAG)
    checks = validators_for([Input("tag", "", "", "string", validation="asset_tag")], (), tmp_path, only_owned=False, ask=ask)
    checks["asset_tag"]("A-1")
    assert asked == ["validator asset_tag"]
