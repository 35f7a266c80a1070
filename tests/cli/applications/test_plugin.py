import json
import re
from pathlib import Path

import pytest


@pytest.fixture
def config(tmp_path):
    broken = tmp_path / "lib" / "agents" / "broken"
    broken.mkdir(parents=True)
    (broken / "ddl.yaml").write_text("metadata: 5\n")
    file = tmp_path / "client.cfg"
    file.write_text(f"libdir = {tmp_path / 'lib'}\n")
    file.chmod(0o600)
    return str(file)


def test_agents_are_listed_and_broken_ones_flagged(desk, config):
    answer = desk.mco("plugin", "doc", "-c", config)
    assert answer.code == 0
    assert any(line.split()[:1] == ["rpcutil"] for line in answer.lines)
    assert any(line.split()[:2] == ["broken", "BROKEN:"] for line in answer.lines)
    assert any("mco rpc echo --body VALUE" in line for line in answer.lines)


@pytest.mark.parametrize("name", ["rpcutil", "agent/rpcutil"])
def test_an_agent_is_documented(desk, name):
    answer = desk.mco("plugin", "doc", name)
    assert answer.code == 0
    assert "get_fact" in answer.out


def test_a_plain_agent_is_documented_from_its_source(desk):
    answer = desk.mco("plugin", "doc", "echo")
    assert answer.code == 0
    assert answer.lines[2] == "Sends the body of any request straight back."
    assert "   Timeout: 2 s\n" in answer.out
    assert re.search(r"   Source: /\S+/agents/echo\n", answer.out)
    assert answer.lines[-1] == "A plain agent, without actions: `mco rpc echo --body VALUE` sends it a message, JSON or text."
    assert json.loads(desk.mco("plugin", "doc", "echo", "-j").out)["timeout"] == 2


def test_a_libdir_that_is_not_there_is_told(desk, tmp_path):
    file = tmp_path / "client.cfg"
    file.touch(mode=0o600)
    file.write_text("libdir = /nonexistent/lib\n")
    assert desk.mco("plugin", "doc", "-c", str(file)).err == f"{file}: libdir: there is no folder /nonexistent/lib\n"
    assert desk.mco("plugin", "doc", "-q", "-c", str(file)).err == ""


def test_another_verb_is_answered_with_what_there_is(desk):
    answer = desk.mco("plugin", "knit")
    assert answer.code == 1
    assert "there is no `mco plugin knit`: there are `mco plugin doc [KIND/NAME|NAME|FILE.ddl]`; " in answer.err
    assert "did you mean `mco plugin validate`?" in desk.mco("plugin", "valdate").err


HEAD = 'metadata :name => "A Title", :description => "Ruby has it", :author => "a", :license => "l", :version => "2", :url => "u", '


@pytest.fixture
def ruby(tmp_path, desk):
    folder = tmp_path / "ruby" / "mcollective" / "agent"
    folder.mkdir(parents=True)
    head = f"{HEAD}:timeout => 5\n"
    loop = '["start", "stop"].each do |act|\n  action act, :description => "#{act.capitalize} it" do\n'
    kind = ":type => :string, :maxlength => 9, :validation => :odd"
    wanted = f'input :service, :prompt => "p", :description => "d", :optional => false, {kind}\n'
    (folder / "service.ddl").write_text(f"{head}{loop}{wanted}end\nend\n")
    (folder / "broken.ddl").write_text(f"{head}if true\nend\n")
    (folder / "bad-name.ddl").write_text(head)
    (folder / "service.rb").write_text("raise 'this is never run'\n")
    data = tmp_path / "ruby" / "mcollective" / "data"
    data.mkdir()
    (data / "stock_data.ddl").write_text(
        f'{head}dataquery :description => "Stock" do\noutput :count, :description => "How many", :display_as => "Count"\nend\n'
    )
    file = tmp_path / "client.cfg"
    file.write_text(f"{Path(desk.config).read_text()}\nlibdir = {tmp_path / 'ruby'}\n")
    file.chmod(0o600)
    return str(file)


def test_agents_of_a_ruby_libdir_are_listed_and_broken_ones_say_why(desk, ruby):
    answer = desk.mco("plugin", "doc", "-c", ruby)
    assert answer.code == 0
    assert re.search(r"^  service +Ruby has it$", answer.out, re.MULTILINE)
    assert re.search(r"^  broken +BROKEN: broken: broken.ddl:2:1: if is code: a DDL is read, not run", answer.out, re.MULTILINE)
    assert re.search(r"^  stock +Stock$", answer.out, re.MULTILINE)
    assert "not used: bad-name: " in answer.out
    document = json.loads(desk.mco("plugin", "doc", "-j", "-c", ruby).out)
    assert [entry["version"] for entry in document["agents"] if entry["name"] == "service"] == ["2"]
    assert {"agent", "collective", "fact", "fstat", "stock"} <= {entry["name"] for entry in document["data"]}


def test_an_agent_of_a_ruby_libdir_is_documented_and_its_inputs_are_checked(desk, ruby):
    answer = desk.mco("plugin", "doc", "service", "-c", ruby)
    assert answer.code == 0
    assert answer.lines[:2] == ["service agent", "============="]
    assert "      Stop it\n" in answer.out
    assert "Validation: odd (checked by hosts alone)\n" in answer.out
    answer = desk.mco("rpc", "service", "stop", "service=much_too_long", "-c", ruby)
    assert (answer.code, answer.err) == (1, "mco rpc: stop: the input service has 13 characters, 9 are allowed\n")
    answer = desk.mco("rpc", "service", "stp", "-c", ruby)
    assert "service has no action 'stp'" in answer.err and "did you mean stop?" in answer.err


def test_data_plugins_are_documented(desk, ruby):
    assert "stock().OUTPUT in a filter of -S; Stock\n" in desk.mco("plugin", "doc", "data/stock", "-c", ruby).out
    answer = desk.mco("plugin", "doc", "data/fact")
    assert answer.code == 0
    assert "fact('Query').OUTPUT" in answer.out and "value_encoding" in answer.out
    assert json.loads(desk.mco("plugin", "doc", "data/fact", "-j").out)["query"]["type"] == "string"


def test_a_data_plugin_is_found_without_its_kind(desk, ruby):
    assert desk.mco("plugin", "doc", "fstat").lines[0] == "fstat data plugin"
    assert desk.mco("plugin", "doc", "stock", "-c", ruby).lines[0] == "stock data plugin"
    assert "nosuch: no such agent here: `mco plugin doc` lists" in desk.mco("plugin", "doc", "nosuch").err


@pytest.mark.parametrize(
    ("name", "title", "says"),
    [
        ("validator/shellsafe", "shellsafe validator", "agents never use a shell"),
        ("shellsafe", "shellsafe validator", "agents never use a shell"),
        ("fqdn", "fqdn validator", "A fully qualified host name."),
        ("discovery/flatfile", "flatfile discovery method", "Finds hosts by: identity\n"),
        ("mc", "mc discovery method", "Finds hosts by: facts, classes, agents, identity, compound\n"),
        ("activemq", "activemq connector", "What ActiveMQ needs"),
        ("aggregate/sum", "sum aggregate", "Sum of size: 30.000000"),
        ("facts/yaml", "yaml facts source", "plugin.yaml"),
        ("aes_security", "aes_security security plugin", "Ruby's plugin of this name"),
        ("application/ping", "ping application", "mco help ping"),
        ("inventory", "inventory discovery method", "an inventory file"),
    ],
)
def test_every_kind_of_plugin_has_its_page(desk, name, title, says):
    answer = desk.mco("plugin", "doc", name)
    assert (answer.code, answer.lines[:2], answer.err) == (0, [title, "=" * len(title)], "")
    assert says in answer.out
    assert desk.mco("plugin", "doc", name, "--markdown").lines[0] == f"# {title.replace('_', chr(92) + '_')}"
    assert json.loads(desk.mco("plugin", "doc", name, "--json").out)["description"]


def test_a_kind_that_is_none_is_answered_with_those_there_are(desk):
    answer = desk.mco("plugin", "doc", "knitting/sum")
    assert (answer.code, answer.out) == (1, "")
    assert "there is no documentation of the kind 'knitting': " in answer.err and "aggregate, validator, discovery" in answer.err


def test_all_of_one_kind_are_listed(desk):
    answer = desk.mco("plugin", "doc", "connector/")
    assert [line.split()[0] for line in answer.lines[1:]] == ["activemq", "rabbitmq", "stomp"]


def test_a_ruby_ddl_is_converted_where_the_operator_stands(desk, ruby, tmp_path):
    file = tmp_path / "ruby" / "mcollective" / "agent" / "service.ddl"
    answer = desk.mco("plugin", "convert", str(file), cwd=str(tmp_path))
    assert (answer.code, answer.out) == (2, "")
    assert "mend this: start: input service: validation odd: there is no validator of that name\n" in answer.err
    assert (tmp_path / "service" / "ddl.yaml").read_text().startswith("metadata:\n  name: service\n")
    broken = desk.mco("plugin", "convert", str(file.with_name("broken.ddl")), "-o", "-")
    assert (broken.code, broken.out) == (1, "")
    assert "broken.ddl:2:1: if is code" in broken.err


def test_any_one_file_is_told_of_without_a_configuration(desk, ruby, tmp_path):
    folder = tmp_path / "ruby" / "mcollective"
    nowhere = tmp_path / "empty.cfg"
    answer = desk.mco("plugin", "doc", str(folder / "data" / "stock_data.ddl"), "-c", str(nowhere))
    assert (answer.code, answer.lines[0], answer.err) == (0, "stock data plugin", "")
    answer = desk.mco("plugin", "doc", str(folder / "agent" / "broken.ddl"), "-c", str(nowhere))
    assert (answer.code, "broken.ddl:2:1: if is code" in answer.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("convert",), "which file?"),
        (("doc", "rpcutil", "--force"), "--force is for `mco plugin convert`"),
        (("doc", "a", "b"), "'b' is a word too many: mco plugin doc"),
        (("info", "--name", "x"), "--name is for `mco plugin generate`"),
        (("doc", "--template", "x"), "pages have one form here"),
        (("schema",), "which agent?"),
    ],
)
def test_words_that_are_missing_or_too_many_are_1(desk, words, says):
    answer = desk.mco("plugin", *words)
    assert (answer.code, says in answer.err) == (1, True)


def test_json_is_one_document(desk):
    document = json.loads(desk.mco("plugin", "doc", "rpcutil", "--json").out)
    assert document["metadata"]["name"] == "rpcutil"
    assert document["actions"]["get_fact"]["inputs"]["fact"]["type"] == "string"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nosuch", "no such agent"),
        ("data/nosuch", "no such data plugin here: there are agent, collective, "),
        ("audit/x", "agent/NAME"),
        ("../x", "agent/NAME"),
    ],
)
def test_what_is_not_there_is_1(desk, name, says):
    answer = desk.mco("plugin", "doc", name)
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err
