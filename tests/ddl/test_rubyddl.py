from pathlib import Path

import pytest

from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.ddl.model import DDL, DataDDL, PluginDDL
from mcollective_py.ddl.rubyddl import decode_ruby, plugin_from_ruby
from mcollective_py.ddl.validate import can_check, convert, validate
from mcollective_py.ddl.write import ddl_to_yaml
from mcollective_py.errors import DDLError, InvalidRPCData
from mcollective_py.wire.symbol import Symbol

FILES = Path(__file__).parent / "ruby"
AGENTS = sorted(file.stem for file in FILES.glob("*.ddl") if "_" not in file.stem)


def agent(name):
    return plugin_from_ruby(decode_ruby((FILES / f"{name}.ddl").read_bytes()), name, f"{name}.ddl")


def test_the_loop_of_the_service_agent_is_four_actions():
    ddl = agent("service")
    assert list(ddl.actions) == ["status", "start", "restart", "stop"]
    assert (ddl.metadata.name, ddl.metadata.timeout, ddl.notes) == ("service", 60.0, ())
    stop = ddl.actions["stop"]
    assert (stop.description, stop.display, stop.impact) == ("Stop one service", "failed", "change")
    assert stop.outputs["status"].description == "What it does after stopping it"
    assert (stop.inputs["service"].validation, stop.inputs["service"].maxlength) == ("service_name", 90)
    assert [(one.function, one.output) for one in stop.aggregates] == [("summary", "status")]


ACTIONS = {
    "eximng": ["mailq", "size", "rm", "freeze", "thaw", "giveup"],
    "filemgr": ["status", "touch", "remove"],
    "iptables": ["block", "unblock", "listblocked"],
    "nrpe": ["runcommand"],
    "odd": ["first", "bare"],
    "package": ["install", "update", "uninstall", "purge", "yum_clean", "count"],
    "process": ["list"],
    "puppet": ["resource", "disable", "last_run_summary", "runonce"],
}


@pytest.mark.parametrize(("name", "actions"), ACTIONS.items())
def test_the_agents_of_the_field_are_read(name, actions):
    ddl = agent(name)
    assert list(ddl.actions) == actions
    assert len(ddl.notes) == (1 if name == "odd" else 0)  # its default does not match its own validation


@pytest.mark.parametrize("name", AGENTS)
def test_written_as_yaml_and_loaded_it_is_the_same_ddl(name):
    ddl = agent(name)
    assert all(can_check(one.validation) for one in _inputs(ddl) if one.validation and "puppet_" not in one.validation)
    assert ddl_from_yaml(ddl_to_yaml(ddl), name) == ddl


def test_what_words_of_a_command_line_mean_is_known_from_it():
    inputs = convert(agent("puppet"), "runonce", {"force": "yes", "splaylimit": "5", "server": "puppet:8140"})
    assert inputs == {"force": True, "splaylimit": 5, "server": "puppet:8140"}


def test_a_validator_nobody_has_here_is_left_to_hosts_by_a_client_and_stops_a_host():
    text = decode_ruby((FILES / "puppet.ddl").read_bytes()).replace(":puppet_tags", ":acme_tags")
    ddl = plugin_from_ruby(text, "puppet", "puppet.ddl")
    assert validate(ddl, "runonce", {"tags": "one,two"}, trusts_host=True) == {"tags": "one,two"}
    with pytest.raises(InvalidRPCData, match="input tags cannot be checked here: there is no validator acme_tags"):
        validate(ddl, "runonce", {"tags": "one,two"})
    with pytest.raises(InvalidRPCData, match="121 characters, 120 are allowed"):
        validate(ddl, "runonce", {"tags": "x" * 121}, trusts_host=True)


HEAD = 'metadata :name => "x", :description => "d", :author => "a", :license => "l", :version => "1", :url => "u", :timeout => 5\n'


def test_a_regex_our_engine_does_not_take_is_noted_kept_and_refused_in_a_ddl_yaml():
    text = HEAD + (
        'action "a", :description => "d" do\ninput :i, :prompt => "p", :description => "d", :type => :string, :optional => false,\n'
        ":validation => '^(?!root).+$', :maxlength => 9\nend"
    )
    ddl = plugin_from_ruby(text, "x", "x.ddl")
    assert "look-ahead and look-behind are not taken): only hosts check it" in ddl.notes[0]
    assert validate(ddl, "a", {"i": "anybody"}, trusts_host=True) == {"i": "anybody"}
    with pytest.raises(InvalidRPCData, match="cannot be checked here: look-ahead"):
        validate(ddl, "a", {"i": "anybody"})
    with pytest.raises(DDLError, match=r"ddl.yaml:\d+: actions\[0\].input.i.validation: neither"):
        ddl_from_yaml(ddl_to_yaml(ddl), "x")


def test_a_default_that_is_not_valid_is_left_out_with_a_note():
    text = HEAD + (
        'action "a", :description => "d" do\n'
        'input :i, :prompt => "p", :description => "d", :type => :boolean, :optional => false, :default => "yes"\nend'
    )
    ddl = plugin_from_ruby(text, "x", "x.ddl")
    assert ddl.actions["a"].inputs["i"].default is None
    assert ddl.notes == ("x.ddl:3: actions[0].input.i.default: the default itself must be true or false (boolean): it is left out",)


def test_a_choice_that_is_a_symbol_reaches_the_wire_as_one():
    text = HEAD + (
        'action "a", :description => "d" do\n'
        'input :i, :prompt => "p", :description => "d", :type => :list, :list => [:start, :stop],\n'
        ":optional => false, :default => :stop\nend"
    )
    ddl = plugin_from_ruby(text, "x", "x.ddl")
    for checked in (validate(ddl, "a", {"i": "start"}), validate(ddl, "a", {})):
        assert type(checked["i"]) is Symbol
    with pytest.raises(InvalidRPCData, match="must be one of start, stop"):
        validate(ddl, "a", {"i": "restart"})


def test_a_data_plugin_is_read_with_its_loop():
    ddl = plugin_from_ruby((FILES / "stock_data.ddl").read_text(), "stock", "stock_data.ddl")
    assert (ddl.metadata.name, ddl.description, list(ddl.outputs)) == ("stock", "Stock of a shelf", ["count", "weight"])
    assert not ddl.needs_query
    assert ddl.query is not None and ddl.query.validation == r"^[a-z]+\d*$"
    assert (ddl.outputs["count"].display_as, ddl.outputs["count"].default) == ("Count", 0)
    assert ddl.usage.startswith("Ask for what lies in a place:\n\n    -S")


def test_a_discovery_method_has_its_capabilities():
    found = plugin_from_ruby((FILES / "catalogue_discovery.ddl").read_text(), "catalogue", "catalogue.ddl")
    assert isinstance(found, PluginDDL)
    assert (found.metadata.name, found.capabilities) == ("catalogue", ("identity", "classes", "facts"))


def test_its_words_say_what_kind_of_plugin_it_is_of():
    assert isinstance(plugin_from_ruby(HEAD, "x", "x.ddl"), PluginDDL)
    assert isinstance(plugin_from_ruby(HEAD + 'dataquery :description => "d"', "x", "x.ddl"), DataDDL)
    assert isinstance(plugin_from_ruby(HEAD + 'action "a", :description => "d"', "x", "x.ddl"), DDL)


def test_a_file_of_an_older_time_is_read_in_its_own_letters():
    assert decode_ruby("é".encode()) == "é"
    assert decode_ruby("é".encode("latin-1")) == "é"


def _inputs(ddl: DDL):
    return [wanted for action in ddl.actions.values() for wanted in action.inputs.values()]
