import pytest

from mcollective_py.cli.console.line import is_call, prompt, without_secrets, words_of_line
from mcollective_py.errors import UsageError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("   ", []),
        ("# a remark", []),
        ("find -C web", ["find", "-C", "web"]),
        ("find -S 'a and b' # no remark", ["find", "-S", "a and b", "#", "no", "remark"]),
        ("rpc echo --body '{\"a\": 1}'", ["rpc", "echo", "--body", '{"a": 1}']),
    ],
)
def test_a_line_is_words_as_a_shell_has_them(text, words):
    assert words_of_line(text) == words


def test_a_quote_that_is_open_is_told():
    with pytest.raises(UsageError, match="No closing quotation"):
        words_of_line("find 'web")


@pytest.mark.parametrize(
    ("words", "calls"),
    [
        (["rpcutil", "ping"], True),
        (["rpcutil"], True),
        (["service", "status"], True),
        (["service", "-C", "x", "status"], False),  # the second word is not the action: mco's own command has it
        (["service", "exim4", "restart"], False),
        (["find"], False),
        (["fnd"], False),
    ],
)
def test_where_a_command_has_an_agents_name_the_action_tells(words, calls):
    assert is_call(words, {"rpcutil", "service"}, {"status", "ping"}, {"find", "service"}) is calls


@pytest.mark.parametrize(
    ("filter", "hosts", "shown"),
    [
        ([], None, "mco> "),
        ([], 12, "mco (12)> "),
        (["-C", "web"], None, "mco -C web (?)> "),
        (["-S", "a and b"], 2, "mco -S 'a and b' (2)> "),
    ],
)
def test_the_prompt_says_whom_and_how_many(filter, hosts, shown):
    assert prompt(filter, hosts) == shown


def test_a_long_filter_leaves_room_to_write():
    assert len(prompt(["-I", "web1"] * 40, 5)) < 75


def test_a_history_has_no_secret():
    words = ["user", "add", "name=bob", "password=a b", "--arg=password=x", "--argument=name=y"]
    assert without_secrets(words, {"password"}) == ["user", "add", "name=bob", "password=", "--arg=password=", "--argument=name=y"]
    assert without_secrets(['password:="x"', 'name:="x"'], {"password"}) == ["password:=", 'name:="x"']
