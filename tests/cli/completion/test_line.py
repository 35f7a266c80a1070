import pytest

from mcollective_py.cli.completion.line import for_bash, quoted, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", [""]),
        ("mco", ["mco"]),
        ("mco ", ["mco", ""]),
        ("mco rpc  service\tsta", ["mco", "rpc", "service", "sta"]),
        ("mco find -W 'role::web country=", ["mco", "find", "-W", "role::web country="]),
        ('mco find -S "a \\" b" -', ["mco", "find", "-S", 'a " b', "-"]),
        ("mco rpc echo a\\ b", ["mco", "rpc", "echo", "a b"]),
        ("mco find ''", ["mco", "find", ""]),
        ("sleep 1; mco pi", ["mco", "pi"]),
        ("mco find | mco rp", ["mco", "rp"]),
    ],
)
def test_a_line_is_split_as_a_shell_would(text, words):
    assert words_of(text) == words


def test_bash_gets_the_piece_that_it_knows_of_a_word():
    assert for_bash(["fact=uk", "fact=de"], "fact=u", " \t\n\"'=:") == ["uk", "de"]
    assert for_bash(["--target=uk"], "--target=u", " \t\n") == ["--target=uk"]
    assert for_bash(["class=role::web"], "class=role::w", "=:") == ["web"]
    assert for_bash(["status"], "sta", "=:") == ["status"]


def test_what_a_shell_would_take_for_its_own_is_escaped():
    assert quoted("a b;$(x)`y`'\"*\nz") == "a\\ b\\;\\$\\(x\\)\\`y\\`\\'\\\"\\*\\\nz"
    assert quoted("role::web-1.example.com=5%") == "role::web-1.example.com=5%"
