from pathlib import Path

import pytest

from mcollective_py.cli.commands import load_application
from mcollective_py.cli.options import parser_for
from mcollective_py.errors import UsageError


@pytest.fixture
def nrpe():
    return load_application("nrpe", str(Path(__file__).parents[1] / "application.py"))


@pytest.mark.parametrize("words", [["check_load", "--nagios", "--warning", "200%"], ["check_load", "--nagios", "--nosuch"]])
def test_a_wrong_option_is_unknown_to_a_monitoring_server(nrpe, capsys, words):
    with pytest.raises(SystemExit) as left:
        nrpe.check_words(words, parser_for("nrpe", nrpe))
    said = capsys.readouterr()
    assert (left.value.code, said.out.startswith("NRPE UNKNOWN - "), said.out.count("\n"), said.err) == (3, True, 1, "")


def test_words_that_can_be_read_are_left_to_the_command(nrpe):
    nrpe.check_words(["check_load", "--nagios", "--warning", "5%"], parser_for("nrpe", nrpe))
    nrpe.check_words(["check_load", "--nosuch"], parser_for("nrpe", nrpe))


def test_shares_are_for_one_state_of_a_fleet(nrpe):
    options = parser_for("nrpe", nrpe).parse_args(["check_load", "--warning", "5%"])
    with pytest.raises(UsageError, match="--warning goes with --nagios"):
        nrpe.run(options)
