import pytest

from mcollective_py.cli.completion.candidates import Candidate, Input, candidates
from mcollective_py.cli.completion.declared import Declared, Option, Positional

COMMANDS = {
    "rpc": Declared(
        (
            Option(("-a", "--agent"), True, "AGENT"),
            Option(("--action",), True, "ACTION"),
            Option(("--arg", "--argument"), True, "INPUT=VALUE"),
            Option(("-I", "--with-identity"), True, "IDENT", help="this host"),
            Option(("--display",), True, "DISPLAY", ("ok", "failed")),
            Option(("-T", "--target"), True, "COLLECTIVE"),
            Option(("--dm",), True, "METHOD"),
            Option(("-v", "--verbose"), help="more"),
            Option(("--old",), is_hidden=True),
        ),
        (Positional("WORDS", (), True),),
    ),
    "inventory": Declared((), (Positional("HOST"),)),
    "plugin": Declared((), (Positional("doc|convert"), Positional("NAME|FILE"))),
    "ca": Declared(
        (Option(("--name",), True, "NAME", verb="init"), Option(("--caller",), verb="issue")),
        (Positional("VERB", (("init", "make"), ("issue", ""))), Positional("DIR", verb="init")),
    ),
    "help": Declared((), (Positional("COMMAND", (), True),)),
}


class Here:
    def commands(self):
        return [Candidate(name, "") for name in COMMANDS]

    def declared(self, command):
        return COMMANDS.get(command)

    def named(self, kind):
        words = {"agents": "echo service", "hosts": "web1 web2 db1", "collectives": "mcollective uk", "methods": "flatfile mc"}
        found = {**words, "commands": " ".join(COMMANDS), "data": "fstat"}[kind]
        return [Candidate(name) for name in found.split()]

    def actions(self, agent):
        return [Candidate("status", "say"), Candidate("restart")] if agent == "service" else []

    def inputs(self, agent, action):
        return [Input("service", "which"), Input("force", "", ("true", "false"))] if (agent, action) == ("service", "status") else []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "rpc inventory plugin ca help"),
        ("r", "rpc"),
        ("--", "--help --version"),
        ("nosuch ", ""),
        ("rpc ", "echo service"),
        ("rpc s", "service"),
        ("rpc service ", "status restart"),
        ("rpc service status ", "service= force="),
        ("rpc service status service=x ", "force="),
        ("rpc service status force=", "force=true force=false"),
        ("rpc service status force=f", "force=false"),
        ("rpc -v -I web1 service st", "status"),
        ("rpc -a service --action st", "status"),
        ("rpc --agent=service --action status --arg fo", "force="),
        ("rpc service --arg x --action ", "status restart"),
        ("rpc -I w", "web1 web2"),
        ("rpc --with-identity=d", "--with-identity=db1"),
        ("rpc --display ", "ok failed"),
        ("rpc --display=f", "--display=failed"),
        ("rpc -T u", "uk"),
        ("rpc --dm ", "flatfile mc"),
        ("rpc --a", "--agent --action --arg --argument"),
        ("rpc --o", ""),
        ("rpc -v", "-v"),
        ("rpc -- --a", ""),
        ("inventory d", "db1"),
        ("inventory db1 ", ""),
        ("plugin ", "doc convert"),
        ("plugin doc ", "echo service data/fstat"),
        ("plugin convert ", ""),
        ("ca i", "init issue"),
        ("ca issue -", "--caller"),
        ("ca init --n", "--name"),
        ("help ca in", "inventory"),
    ],
)
def test_what_could_stand_next(line, words):
    assert [found.word for found in candidates(line.split(" "), Here())] == words.split()


def test_each_candidate_says_what_it_is():
    assert candidates(["rpc", "service", "status", "s"], Here()) == [Candidate("service=", "which")]
    assert candidates(["rpc", "--with"], Here()) == [Candidate("--with-identity", "this host")]


def test_a_word_that_would_be_several_lines_or_act_on_a_terminal_is_not_offered():
    class Hostile(Here):
        def inputs(self, agent, action):
            return [Input("mode", "", ("fast", "a\nrm -rf", "\x1b[2J", "b\tc", "$(id)"))]

    assert [one.word for one in candidates(["rpc", "service", "status", "mode="], Hostile())] == ["mode=fast", "mode=$(id)"]
