"""The files of a new plugin, as text: what `mco plugin generate` writes, ready to be loaded and tested as it stands; pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...ddl.model import DDL, ActionDDL, Aggregate, Input, Metadata, Output
from ...ddl.write import ddl_to_yaml
from ...plugins.modules import class_name

LANGUAGES = ("sh", "perl")


@dataclass(frozen=True, slots=True)
class NewFile:
    """Text of one file. is_program: it may be run."""

    text: str
    is_program: bool = False


def agent_files(metadata: Metadata, actions: Sequence[str], language: str | None = None) -> Mapping[str, NewFile]:
    """An RPC agent; language: one of LANGUAGES for one whose actions a program answers."""
    code = {None: _agent_python, "sh": _agent_sh, "perl": _agent_perl}[language](metadata, actions)
    tests = "".join(_AGENT_TEST.format(action=action) for action in actions)
    return {
        **code,
        "ddl.yaml": NewFile(ddl_to_yaml(_agent_ddl(metadata, actions))),
        "README.md": NewFile(_readme(metadata, "agent", f"mco rpc {metadata.name} {actions[0]} message=hello")),
        "tests/test_agent.py": NewFile(_AGENT_TESTS + tests),
    }


def data_files(metadata: Metadata, outputs: Sequence[str]) -> Mapping[str, NewFile]:
    """A data plugin."""
    name, cls = metadata.name, class_name(metadata.name)
    given = ", ".join(f'"{output}": 0' for output in outputs)
    expected = ", ".join(f'"{output}": 0' for output in outputs)
    ddl = _ddl_head(metadata) + (
        "\ndataquery:\n"
        f"  description: {_quoted(metadata.description)}\n"
        "  input:\n    query:\n      prompt: Query\n      description: What is asked about\n      type: string\n"
        "      validation: '^[a-z0-9_.-]+$'\n      maxlength: 64\n"
        "  output:\n"
    )
    for output in outputs:
        ddl += (
            f"    {output}:\n      description: {_quoted(f'The {_words(output)} of it')}\n      display_as: {_quoted(_title(output))}\n"
        )
    return {
        "data.py": NewFile(_DATA.format(cls=cls, description=_doc(metadata.description), given=given)),
        "ddl.yaml": NewFile(ddl),
        "README.md": NewFile(_readme(metadata, "data plugin", f"mco find -S \"{name}('x').{outputs[0]}=0\"")),
        "tests/test_data.py": NewFile(_DATA_TESTS.format(name=name, expected=expected)),
    }


def validator_files(metadata: Metadata) -> Mapping[str, NewFile]:
    """A validator."""
    name, cls = metadata.name, class_name(metadata.name)
    return {
        "validator.py": NewFile(_VALIDATOR.format(cls=cls, description=_doc(metadata.description))),
        "ddl.yaml": NewFile(_ddl_head(metadata)),
        "README.md": NewFile(_readme(metadata, "validator", f"validation: {name}    (in the ddl.yaml of an agent)")),
        "tests/test_validator.py": NewFile(_VALIDATOR_TESTS.format(name=name)),
    }


def aggregate_files(metadata: Metadata) -> Mapping[str, NewFile]:
    """An aggregate."""
    name, cls = metadata.name, class_name(metadata.name)
    use = f"aggregate: [{{function: {name}, args: [size]}}]    (in the ddl.yaml of an agent)"
    return {
        "aggregate.py": NewFile(_AGGREGATE.format(cls=cls, description=_doc(metadata.description))),
        "ddl.yaml": NewFile(_ddl_head(metadata)),
        "README.md": NewFile(_readme(metadata, "aggregate", use)),
        "tests/test_aggregate.py": NewFile(_AGGREGATE_TESTS.format(name=name)),
    }


def discovery_files(metadata: Metadata) -> Mapping[str, NewFile]:
    """A discovery method."""
    name, cls = metadata.name, class_name(metadata.name)
    return {
        "discovery.py": NewFile(_DISCOVERY.format(cls=cls, description=_doc(metadata.description))),
        "ddl.yaml": NewFile(_ddl_head(metadata) + "\ncapabilities: [identity]\n"),
        "README.md": NewFile(_readme(metadata, "discovery method", f"mco find --dm {name} --do web1.example.net")),
        "tests/test_discovery.py": NewFile(_DISCOVERY_TESTS.format(name=name)),
    }


def facts_files(metadata: Metadata) -> Mapping[str, NewFile]:
    """A facts source."""
    name, cls = metadata.name, class_name(metadata.name)
    return {
        "source.py": NewFile(_FACTS.format(cls=cls, description=_doc(metadata.description))),
        "README.md": NewFile(_readme(metadata, "facts source", f"factsource = {name}    (in server.cfg)")),
        "tests/test_source.py": NewFile(_FACTS_TESTS.format(name=name)),
    }


def _agent_ddl(metadata: Metadata, actions: Sequence[str]) -> DDL:
    message = Input(
        "message", "Message", "The text that is given back", "string", validation="^[A-Za-z0-9 _.,-]+$", maxlength=80
    )  # plain characters alone: no language has to quote them
    result = Output("result", "What the action answers", "Result", type="string", default="nothing")
    made = {
        name: ActionDDL(
            name, f"{_title(name)}: say here what it does", {"message": message}, {"result": result},
            display="always", impact="change", aggregates=(Aggregate("summary", "result"),),
        )
        for name in actions
    }  # fmt: skip
    return DDL(metadata, made)


def _agent_python(metadata: Metadata, actions: Sequence[str]) -> dict[str, NewFile]:
    head = _AGENT.format(cls=class_name(metadata.name), description=_doc(metadata.description))
    return {"agent.py": NewFile(head + "".join(_ACTION.format(action=action) for action in actions))}


def _agent_sh(metadata: Metadata, actions: Sequence[str]) -> dict[str, NewFile]:
    functions = "".join(_SH_ACTION.format(action=action) for action in actions)
    cases = "".join(f"    {action}) {action}_action ;;\n" for action in actions)
    return {"agent.sh": NewFile(_SH.format(name=metadata.name, functions=functions, cases=cases), is_program=True)}


def _agent_perl(metadata: Metadata, actions: Sequence[str]) -> dict[str, NewFile]:
    table = "".join(f"    {action} => \\&{action}_action,\n" for action in actions)
    functions = "".join(_PERL_ACTION.format(action=action) for action in actions)
    return {"agent.pl": NewFile(_PERL.replace("NAME", metadata.name).replace("TABLE", table) + functions, is_program=True)}


def _ddl_head(metadata: Metadata) -> str:
    rows = {key: _quoted(getattr(metadata, key)) for key in ("name", "description", "author", "license", "version", "url")}
    return "metadata:\n" + "".join(f"  {key}: {value}\n" for key, value in rows.items()) + f"  timeout: {metadata.timeout:g}\n"


def _readme(metadata: Metadata, kind: str, use: str) -> str:
    facts = {"Author": metadata.author, "License": metadata.license, "Home": metadata.url}
    lines = "".join(f"{label}: {value}  \n" for label, value in facts.items() if value)
    return (
        f"# {metadata.name}\n\n{metadata.description}. A {kind} for mcollective_py.\n\n    {use}\n\n"
        "`mco plugin validate .` checks it, `pytest tests` runs its tests, `mco plugin package .` makes packages of it.\n\n"
        f"{lines}"
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a text in JSON is one in YAML too


def _doc(text: str) -> str:
    """Fit for a docstring."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _words(name: str) -> str:
    return name.replace("_", " ")


def _title(name: str) -> str:
    return _words(name).capitalize()


_AGENT = '''\
from mcollective_py.agent import Agent, action


class {cls}(Agent):
    """{description}"""
'''

_ACTION = """
    @action
    def {action}(self, request, reply):
        reply["result"] = f"{action}: {{request['message']}}"
"""

_AGENT_TESTS = """\
from pathlib import Path

from mcollective_py.testing import AgentHarness, assert_data, assert_invalid, assert_ok

FOLDER = Path(__file__).parents[1]
"""

_AGENT_TEST = """

def test_{action}_answers():
    reply = AgentHarness(FOLDER).call("{action}", message="hello")
    assert_ok(reply)
    assert_data(reply, result="{action}: hello")


def test_{action}_takes_no_odd_message():
    assert_invalid(AgentHarness(FOLDER).call("{action}", message="$(reboot)"))
"""

_SH = """\
#!/bin/sh
# The agent {name}. Inputs come as MCOLLECTIVE_INPUT_NAME, the answer goes to stdout; exit codes are the status codes of a reply.

die() {{ # CODE MESSAGE
    echo "$2" >&2
    exit "$1"
}}
{functions}
case $MCOLLECTIVE_ACTION in
{cases}    *) die 2 "{name} has no action $MCOLLECTIVE_ACTION" ;;
esac
"""

_SH_ACTION = """
{action}_action() {{
    # The DDL lets no character through that JSON would need quoted.
    printf '{{"result": "{action}: %s"}}\\n' "$MCOLLECTIVE_INPUT_message"
}}
"""

_PERL = r"""#!/usr/bin/perl
# The agent NAME. The request is a JSON file, and so is the reply; die() gives the message of a failure.
use strict;
use warnings;
use JSON::PP;

my ($request_file, $reply_file) = @ARGV;

open(my $in, '<', $request_file) or die "cannot read the request: $!\n";
my $request = decode_json(do { local $/; <$in> });
close($in);

my %actions = (
TABLE);
my $action = $actions{ $request->{action} };
if (!$action) {
    print STDERR "NAME has no action $request->{action}\n";
    exit(2);
}
my $reply = $action->($request->{data});

open(my $out, '>', $reply_file) or die "cannot write the reply: $!\n";
print $out encode_json($reply);
close($out) or die "cannot write the reply: $!\n";
"""

_PERL_ACTION = """
sub {action}_action {{
    my ($inputs) = @_;
    return {{ result => "{action}: $inputs->{{message}}" }};
}}
"""

_DATA = '''\
from mcollective_py.node.data import Data


class {cls}(Data):
    """{description}"""

    def query(self, query):
        return {{{given}}}
'''

_DATA_TESTS = """\
from pathlib import Path

from mcollective_py.node.view import DataSource, NodeView
from mcollective_py.plugins.sitedata import load_one

FOLDER = Path(__file__).parents[1]


def test_a_query_is_answered():
    plugin = load_one(DataSource("{name}", FOLDER, {{}}, ()), only_owned=False)
    assert plugin.query("x", NodeView("node1.example.net")) == {{{expected}}}
"""

_VALIDATOR = '''\
import re


class {cls}:
    """{description}"""

    def validate(self, value):
        if not re.fullmatch(r"[a-z][a-z0-9-]*", value, re.ASCII):
            raise ValueError("must be lower case letters, digits and -, and begin with a letter")
'''

_VALIDATOR_TESTS = """\
from pathlib import Path

import pytest

from mcollective_py.plugins.sitevalidators import load_validator

CHECK = load_validator("{name}", Path(__file__).parents[1], only_owned=False)


def test_what_it_takes():
    CHECK("web-1")


@pytest.mark.parametrize("value", ["", "1web", "web 1", "web\\n", "-web"])
def test_what_it_refuses(value):
    with pytest.raises(ValueError, match="must be lower case"):
        CHECK(value)
"""

_AGGREGATE = '''\
from mcollective_py.client.aggregate import Aggregated, AggregateFunction, formatted, number_of


class {cls}(AggregateFunction):
    """{description}"""

    def startup(self):
        self.check_options()
        self.most = None

    def process_result(self, value, result):
        number = number_of(value)
        if number is not None and (self.most is None or number > self.most):
            self.most = number

    def summarize(self):
        if self.most is None:
            return Aggregated(())
        return Aggregated((formatted(self.format or "at most %s", self.most),), {{"most": self.most}})
'''

_AGGREGATE_TESTS = """\
from pathlib import Path

from mcollective_py.plugins.folder import load_plugin

CLASS = load_plugin("aggregates", "{name}", Path(__file__).parents[1], False)


def test_the_most_is_told():
    aggregate = CLASS("size")
    for value in (3, 7, "many", [1]):
        aggregate.process_result(value, None)
    assert aggregate.summarize().lines == ("at most 7",)


def test_without_numbers_there_is_nothing_to_tell():
    assert CLASS("size").summarize().lines == ()
"""

_DISCOVERY = '''\
class {cls}:
    """{description}"""

    def __init__(self, options, settings):
        self.options, self.settings = options, settings  # the words of --do, and plugin.NAME.* of client.cfg

    def discover(self, question):
        wanted = question.filter.identities
        return [name for name in self.options if not wanted or name in wanted]
'''

_DISCOVERY_TESTS = """\
from pathlib import Path

from mcollective_py.client.discovery.base import Question
from mcollective_py.client.discovery.siteplugins import site_plugin
from mcollective_py.config import Config
from mcollective_py.filter import Filter

FOLDER = Path(__file__).parents[1]


def test_the_words_of_do_are_the_hosts():
    config = Config.from_text("", "client")
    method = site_plugin("{name}", FOLDER, ("web2", "web1"), config)
    assert method.discover(Question(Filter(), "mcollective", 2.0)).nodes == ("web1", "web2")
"""

_FACTS = '''\
import platform


class {cls}:
    """{description}"""

    def __init__(self, settings):
        self.settings = settings  # plugin.NAME.* of server.cfg

    def load(self):
        return {{"kernel": platform.system(), "hostname": platform.node()}}

    def fingerprint(self):
        return None  # only their age tells when facts are old: fact_cache_time
'''

_FACTS_TESTS = """\
import platform
from pathlib import Path

from mcollective_py.plugins.loader import load_facts_source


def test_facts_are_there():
    source = load_facts_source("{name}", Path(__file__).parents[1], {{}}, only_owned=False)
    assert source.load()["kernel"] == platform.system()
    assert source.fingerprint() is None
"""
