import json

import pytest

from mcollective_py.cli.conversion import convert
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.errors import DDLError, UsageError

HEAD = 'metadata :name => "Title", :description => "d", :author => "a", :license => "l", :version => "1", :url => "u", :timeout => 5\n'
SERVICE = HEAD + '["start", "stop"].each do |act|\n  action act, :description => "#{act.capitalize} it"\nend\n'
INPUT = 'action "a", :description => "d" do\ninput :i, :prompt => "p", :description => "d", :optional => false, :type => %s\nend\n'
IMPACT = (
    "note: such a DDL says no impact: every action has `change`; write `read` where nothing changes, `destructive` where it can hurt\n"
)


@pytest.fixture
def service(tmp_path):
    file = tmp_path / "service.ddl"
    file.write_text(SERVICE)
    return file


def test_a_ddl_yaml_is_written_into_a_folder_of_the_agent_s_name(service, tmp_path, capsys):
    assert convert(service, str(tmp_path / "agents")) == 0
    target = tmp_path / "agents" / "service" / "ddl.yaml"
    ddl = ddl_from_yaml(target.read_text(), "service")
    assert [(action.name, action.description) for action in ddl.actions.values()] == [("start", "Start it"), ("stop", "Stop it")]
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"{IMPACT}wrote {target}\n")


def test_the_agent_s_own_folder_may_be_named(service, tmp_path):
    assert convert(service, str(tmp_path / "agents" / "service")) == 0
    assert (tmp_path / "agents" / "service" / "ddl.yaml").is_file()


def test_nothing_is_written_over_unless_that_is_wanted(service, tmp_path):
    convert(service, str(tmp_path))
    (tmp_path / "service" / "ddl.yaml").write_text("mine\n")
    with pytest.raises(UsageError, match="is there already: --force writes over it"):
        convert(service, str(tmp_path))
    assert (tmp_path / "service" / "ddl.yaml").read_text() == "mine\n"
    assert convert(service, str(tmp_path), force=True) == 0
    assert (tmp_path / "service" / "ddl.yaml").read_text().startswith("metadata:\n  name: service\n")


def test_a_link_is_never_written_through(service, tmp_path):
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "ddl.yaml").symlink_to(tmp_path / "elsewhere")
    for force in (True, False):
        with pytest.raises(UsageError):
            convert(service, str(tmp_path), force=force)
    assert not (tmp_path / "elsewhere").exists()


def test_a_dash_prints_it_and_remarks_stay_apart(service, capsys):
    assert convert(service, "-") == 0
    said = capsys.readouterr()
    assert list(ddl_from_yaml(said.out, "service").actions) == ["start", "stop"]
    assert said.err == IMPACT


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (":string, :maxlength => 5, :validation => '^(?!x).*$'", "input i: validation ^(?!x).*$: a regex that is not taken"),
        (
            ":string, :maxlength => 5, :validation => :acme_tags",
            "input i: validation acme_tags: there is no validator of that name",
        ),
    ],
)
def test_what_no_host_could_check_is_named_and_the_exit_code_says_so(tmp_path, capsys, kind, says):
    file = tmp_path / "x.ddl"
    file.write_text(HEAD + INPUT % kind)
    assert convert(file, str(tmp_path)) == 2
    said = capsys.readouterr().err
    assert f"mend this: a: {says}\n" in said
    assert said.endswith(f"wrote {tmp_path}/x/ddl.yaml: a host refuses it until what is named above is mended\n")


def test_what_has_no_place_is_noted(tmp_path, capsys):
    file = tmp_path / "x.ddl"
    file.write_text(HEAD + INPUT % ":list, :list => [1, 2]")
    assert convert(file, "-") == 0
    assert "note: x.ddl:3: a: input i: a list of choices has texts here, not 1, 2" in capsys.readouterr().err


def test_choria_s_json_is_taken_too(tmp_path, capsys):
    file = tmp_path / "service.json"
    metadata = {"name": "service", "description": "d", "author": "a", "license": "l", "version": "1", "url": "u", "timeout": 5}
    file.write_text(json.dumps({"metadata": metadata, "actions": [{"action": "status", "description": "d"}]}))
    assert convert(file, "-") == 0
    assert list(ddl_from_yaml(capsys.readouterr().out, "service").actions) == ["status"]


def test_json_is_one_document(service, tmp_path, capsys):
    assert convert(service, str(tmp_path), is_json=True) == 0
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert (document["file"], document["ddl"], document["unchecked"]) == (str(tmp_path / "service" / "ddl.yaml"), None, [])
    assert said.err == ""
    assert convert(service, "-", is_json=True) == 0
    assert json.loads(capsys.readouterr().out)["ddl"].startswith("metadata:\n")


@pytest.mark.parametrize(
    ("name", "text", "error", "says"),
    [
        ("service.rb", "", UsageError, "a Ruby DDL is called NAME.ddl"),
        ("my-service.ddl", "", UsageError, "rename the file to that of its plugin"),
        ("nosuch.ddl", None, UsageError, "there is no such file"),
        ("x.ddl", HEAD, DDLError, "this DDL has no actions, so it is no agent's; only agents have a ddl.yaml. `mco plugin doc"),
        ("x.ddl", HEAD + 'dataquery :description => "d"', DDLError, "this is a data plugin's DDL; only agents have a ddl.yaml"),
        ("x.ddl", HEAD + "if x\nend", DDLError, "x.ddl:2:1: if is code"),
        ("x.json", "{", DDLError, "no JSON"),
    ],
)
def test_what_cannot_be_converted_is_said_and_nothing_written(tmp_path, name, text, error, says):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(error, match=says):
        convert(tmp_path / name, str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_to_is_said(service, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        convert(service, str(tmp_path / "file"))
