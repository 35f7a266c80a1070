import pytest

from mcollective_py import RPCStats, script
from mcollective_py.errors import BrokerUnreachable, UsageError
from mcollective_py.testing import Collective


@pytest.fixture(autouse=True)
def name(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/opt/bin/releases.py"])


@pytest.fixture
def parser():
    made = script.parser("Which release runs where", usage="SERVICE")
    made.add_argument("service")
    return made


def test_the_options_of_mco_stand_between_the_scripts_own_words(parser):
    options = parser.parse_args(["-C", "web", "exim4", "--batch", "10", "--json"])
    assert (options.service, options.classes, options.batch, options.json) == ("exim4", ["web"], "10", True)


def test_a_wrong_word_is_told_and_the_script_ends_with_1(parser, capsys):
    with pytest.raises(SystemExit) as left:
        parser.parse_args(["exim4", "--limt", "5"])
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("releases.py: unrecognized arguments: --limt 5: did you mean --limit?\n")
    assert said.endswith("releases.py --help says more\n")
    with pytest.raises(SystemExit) as left:
        parser.parse_args(["--strict"])
    assert left.value.code == 64


def test_help_names_the_script(parser, capsys):
    with pytest.raises(SystemExit) as left:
        parser.parse_args(["--help"])
    shown = capsys.readouterr().out
    assert left.value.code == 0
    assert "releases.py [options] SERVICE" in shown and "--with-fact" in shown


def test_sections_can_be_left_out():
    parser = script.parser(sections=("common",))
    with pytest.raises(SystemExit):
        parser.parse_args(["-C", "web"])


@pytest.mark.parametrize(
    ("ends", "code", "said"),
    [
        (lambda: None, 0, ""),
        (lambda: 3, 3, ""),
        (lambda: (_ for _ in ()).throw(UsageError("which\x1b one?")), 1, "releases.py: which\\x1b one?\n"),
        (lambda: (_ for _ in ()).throw(KeyboardInterrupt()), 130, "releases.py: interrupted\n"),
    ],
)
def test_a_script_ends_with_its_code_and_errors_are_a_line(ends, code, said, capsys):
    with pytest.raises(SystemExit) as left:
        script.run(ends)
    assert (left.value.code, capsys.readouterr().err) == (code, said)


def test_strict_codes_hold_for_scripts(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["releases.py", "--strict"])

    def unreachable():
        raise BrokerUnreachable([("b:1", "refused")])

    with pytest.raises(SystemExit) as left:
        script.run(unreachable)
    assert left.value.code == 69


def test_a_fault_of_the_script_flies():
    with pytest.raises(ZeroDivisionError):
        script.run(lambda: 1 // 0)


def test_results_of_a_call_are_shown_as_the_options_say(tmp_path, capsys):
    options = script.parser().parse_args(["--senders", "-q"])
    with Collective(tmp_path) as collective:
        collective.add("web1")
        rpcutil = collective.rpcclient("rpcutil")
        assert script.show(rpcutil.ping(), rpcutil, options) == 0
        assert script.call(rpcutil, "ping", {}, options) == 0
        assert isinstance(rpcutil.stats, RPCStats)
    assert capsys.readouterr().out == "web1\nweb1\n"


def test_results_that_are_shown_are_summarized_once(tmp_path, capsys):
    options = script.parser().parse_args(["-q"])
    with Collective(tmp_path) as collective:
        collective.add("web1")
        collective.add("web2")
        rpcutil = collective.rpcclient("rpcutil")
        assert script.show(rpcutil.collective_info(), rpcutil, options) == 0
        assert script.call(rpcutil, "collective_info", {}, options) == 0
    shown = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in shown if line.startswith("mcollective = ")] == ["mcollective = 2", "mcollective = 2"]
