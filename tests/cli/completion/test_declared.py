import argparse
import json

import pytest

from mcollective_py.cli.completion.declared import Declared, Option, Positional


def parser():
    made = argparse.ArgumentParser(prog="x", add_help=False)
    made.add_argument("-g", "--graph", action="store_true", help="draw 100%%")
    made.add_argument("--mode", choices=("a", "b"), help="which")
    made.add_argument("-c", "--config", metavar="FILE")
    made.add_argument("--old", help=argparse.SUPPRESS)
    made.add_argument("--facts", action=argparse.BooleanOptionalAction)
    made.add_argument("name", metavar="NAME", nargs="*")
    return made


def test_a_parser_is_told_in_plain_values():
    assert Declared.of_parser(parser()) == Declared(
        (
            Option(("-g", "--graph"), metavar="GRAPH", help="draw 100%"),
            Option(("--mode",), True, "MODE", ("a", "b"), "which"),
            Option(("-c", "--config"), True, "FILE"),
            Option(("--old",), True, "OLD", is_hidden=True),
            Option(("--facts", "--no-facts"), metavar="FACTS"),
        ),
        (Positional("NAME", (), True),),
    )


def test_the_actions_of_a_command_are_its_first_word():
    words = Declared.of_parser(parser(), ("start", "stop")).positionals
    assert words == (Positional("ACTION", (("start", ""), ("stop", ""))), Positional("NAME", (), True))


def test_the_options_of_a_verb_are_its_own():
    made = argparse.ArgumentParser(prog="x", add_help=False)
    verbs = made.add_subparsers()
    verbs.add_parser("init", help="make", add_help=False).add_argument("--name")
    verbs.add_parser("list", help="show", add_help=False).add_argument("dir")
    found = Declared.of_parser(made)
    assert found.positionals == (Positional("VERB", (("init", "make"), ("list", "show"))), Positional("DIR", verb="list"))
    assert found.option("--name", "init") is not None
    assert found.option("--name", "list") is None


def test_it_can_be_kept_as_json():
    found = Declared.of_parser(parser())
    assert Declared.from_plain(json.loads(json.dumps(found))) == found


@pytest.mark.parametrize("value", [None, [], [[["-x"]], []], [[[[1], True, "", [], "", False, ""]], []], "text", {"a": 1}])
def test_what_is_none_is_refused(value):
    with pytest.raises((ValueError, TypeError)):
        Declared.from_plain(value)
