import json
import sys

import pytest

from mcollective_py.client.discovery.base import Question
from mcollective_py.client.discovery.external import External, names_in, request_document
from mcollective_py.config import Config
from mcollective_py.errors import DiscoveryError, UsageError
from mcollective_py.filter import Filter

ASKED = Question(Filter.parse(facts=["country=uk"], identities=["/web/"]), "mcollective", 2.0)


@pytest.fixture
def program(tmp_path):
    """Makes a program of these lines and gives the method that runs it."""

    def make(lines, *options, timeout="20"):
        file = tmp_path / "find-hosts"
        file.write_text(f"#!{sys.executable}\nimport json, os, sys\n{lines}\n")
        file.chmod(0o755)
        config = Config.from_text(
            f"plugin.discovery.external.command = {file} one\nplugin.discovery.external.timeout = {timeout}\n", "client"
        )
        return External(options, config)

    return make


def test_a_program_is_given_the_question_and_names_hosts(program):
    method = program(
        "asked = json.load(open(sys.argv[2])); assert sys.argv[1] == 'one'\n"
        "assert os.environ['MCOLLECTIVE_REQUEST_FILE'] == os.environ['CHORIA_EXTERNAL_REQUEST'] == sys.argv[2]\n"
        "assert json.load(sys.stdin) == asked\n"
        "json.dump({'nodes': [asked['filter']['fact'][0]['value'], asked['options']['site'], 'web[1-2]']}, open(sys.argv[3], 'w'))",
        "site=north",
        "plain",
    )
    answer = method.discover(ASKED)
    assert (answer.nodes, answer.method, answer.ended) == (("north", "uk", "web1", "web2"), "external", "source")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("sys.exit('no such site')", "find-hosts ended with 1: no such site"),
        ("", "find-hosts wrote no reply"),
        ("open(sys.argv[3], 'w').write('{')", "the reply of find-hosts is no JSON"),
        ("open(sys.argv[3], 'w').write('{\"error\": \"down\"}')", "find-hosts says: down"),
    ],
)
def test_a_program_that_fails_is_an_error_and_never_nobody(program, lines, problem):
    with pytest.raises(DiscoveryError, match=problem):
        program(lines).discover(ASKED)


def test_a_program_that_hangs_is_ended(program):
    with pytest.raises(DiscoveryError, match=r"took longer than 0\.2 s and was ended"):
        program("import time; time.sleep(600)", timeout="0.2").discover(ASKED)


def test_a_command_among_the_options_counts_before_the_configured_one(program, tmp_path):
    other = tmp_path / "other"
    other.write_text('#!/bin/sh\necho \'["db1"]\' > "$3"\n')
    other.chmod(0o755)
    assert program("", f"command={other} 'two words'").discover(ASKED).nodes == ("db1",)


@pytest.mark.parametrize("options", [(), ("command='x",), ("command=a", "command=b")])
def test_without_a_command_it_says_what_would_do(options):
    with pytest.raises(UsageError):
        External(options, Config.from_text("", "client"))


def test_a_program_that_is_not_there_is_an_error():
    for command in ("/nonexistent/x", "find-hosts"):
        with pytest.raises(DiscoveryError, match=r"plugin\.discovery\.external\.command"):
            External((f"command={command}",), Config.from_text("", "client")).discover(ASKED)


def test_the_request_is_plain_json():
    document = request_document(ASKED, ("a=1", "b"))
    assert json.loads(json.dumps(document)) == {
        "protocol": "io.choria.choria.discovery.v1.external_request",
        "collective": "mcollective",
        "filter": ASKED.filter.to_wire(),
        "options": {"a": "1"},
        "arguments": ["a=1", "b"],
        "timeout": 2.0,
    }


@pytest.mark.parametrize(
    ("reply", "names"), [(b'["b", "a", "a"]', ("a", "b")), (b'{"nodes": []}', ()), (b'{"protocol": "x", "nodes": ["a"]}', ("a",))]
)
def test_a_reply_is_a_list_or_a_mapping_with_nodes(reply, names):
    assert names_in(reply, "program") == names


@pytest.mark.parametrize("reply", [b'"a"', b'{"nodes": "a"}', b'["../x"]', b"[5]"])
def test_any_other_reply_is_an_error(reply):
    with pytest.raises(DiscoveryError, match="the reply of program"):
        names_in(reply, "program")
