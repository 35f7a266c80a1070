import pytest

from agents.shell.allowlist import Rule, allowed_words, matches, parse_rules, words_of
from mcollective_py.agent import RPCAborted

TEXT = """
# what the night shift needs
/usr/bin/uptime
/usr/bin/systemctl status *
/usr/bin/du -sh /var/**
/usr/bin/apt-get update ...
"""
RULES = parse_rules(TEXT)


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["uptime"], ("/usr/bin/uptime",)),
        (["/usr/bin/uptime"], ("/usr/bin/uptime",)),
        (["systemctl", "status", "exim4"], ("/usr/bin/systemctl", "status", "exim4")),
        (["du", "-sh", "/var/log/exim4"], ("/usr/bin/du", "-sh", "/var/log/exim4")),
        (["apt-get", "update"], ("/usr/bin/apt-get", "update")),
        (["apt-get", "update", "-q", "x"], ("/usr/bin/apt-get", "update", "-q", "x")),
    ],
)
def test_words_of_a_line_are_allowed_with_the_programs_whole_path(words, allowed):
    assert allowed_words(RULES, words) == allowed


@pytest.mark.parametrize(
    "words",
    [
        ["/tmp/uptime"],
        ["uptime", "-p"],
        ["systemctl", "status"],
        ["systemctl", "stop", "exim4"],
        ["systemctl", "status", "--root=/tmp"],
        ["systemctl", "status", "a/b"],
        ["systemctl", "status", "a", "b"],
        ["du", "-sh", "/etc"],
        ["apt-get", "install"],
        [],
    ],
)
def test_all_other_words_are_refused(words):
    with pytest.raises(RPCAborted, match="allow_file"):
        allowed_words(RULES, words)


@pytest.mark.parametrize(
    "command", ["uptime; id", "uptime\nid", "uptime `id`", "uptime $HOME", "uptime > x", "uptime 'x'", "up*", "up\x1btime"]
)
def test_what_only_a_shell_reads_is_refused(command):
    with pytest.raises(RPCAborted, match="is for a shell"):
        words_of(command)


def test_a_plain_command_line_is_its_words():
    assert words_of(" du  -sh\t/var/log ") == ["du", "-sh", "/var/log"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("uptime", "line 1: uptime is no absolute path"),
        ("\n/usr/bin/*", "line 2"),
        ("/usr/../bin/x", "line 1"),
        ("/bin/x\n" * 1001, "line 1001"),
    ],
)
def test_a_line_that_names_no_program_is_told_by_its_number(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_rules(text)


@pytest.mark.parametrize(
    ("pattern", "word", "is_so"),
    [
        ("*", "", True),
        ("*", "a", True),
        ("*", "a/b", False),
        ("**", "a/b", True),
        ("**", "-a", False),
        ("-*", "-a", True),
        ("a*c", "abc", True),
        ("a*c", "abd", False),
        ("a*b*c", "aXbYbZc", True),
        ("*.log", "/x.log", False),
        ("/var/**.log", "/var/a/b.log", True),
        ("x", "xx", False),
        ("/var/**", "/var/../etc/shadow", False),
        ("/var/**", "/var/log/..", False),
        ("/var/log/*", "/var/log/..", False),
        ("--file=/var/**", "--file=/var/../etc/shadow", False),
        ("file=*", "file=..", False),
        ("/var/**", "/var/log/a..b", True),
        ("..", "..", True),
    ],
)
def test_stars_stand_for_what_the_page_says(pattern, word, is_so):
    assert matches(pattern, word) is is_so


def test_a_pattern_of_many_stars_takes_no_time_to_speak_of():
    assert not Rule("/bin/x", ("*a" * 200,)).matches(["x", "a" * 5000 + "b"])
