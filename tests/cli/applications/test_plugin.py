import json
import re

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
    answer = desk.mco("plugin", "list")
    assert answer.code == 1
    assert "there is no `mco plugin list`: `mco plugin doc` lists agents" in answer.err


def test_json_is_one_document(desk):
    document = json.loads(desk.mco("plugin", "doc", "rpcutil", "--json").out)
    assert document["metadata"]["name"] == "rpcutil"
    assert document["actions"]["get_fact"]["inputs"]["fact"]["type"] == "string"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nosuch", "no such agent"),
        ("data/nosuch", "no such data plugin here: there are agent, collective, fact, fstat"),
        ("audit/x", "agent/NAME"),
        ("../x", "agent/NAME"),
    ],
)
def test_what_is_not_there_is_1(desk, name, says):
    answer = desk.mco("plugin", "doc", name)
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err
