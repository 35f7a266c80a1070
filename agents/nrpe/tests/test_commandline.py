import shlex
import string
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.nrpe.commandline import Refused, arity, check_arguments, fill, split_line

LOAD = "/usr/lib/nagios/plugins/check_load -w 15,10,5 -c 30,25,20"
DISK = "/usr/lib/nagios/plugins/check_disk -w $ARG1$ -c $ARG2$ -p $ARG3$"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (LOAD, ["/usr/lib/nagios/plugins/check_load", "-w", "15,10,5", "-c", "30,25,20"]),
        ("/bin/echo 'a  b' \"c $ARG1$\" d\\ e ''", ["/bin/echo", "a  b", "c $ARG1$", "d e", ""]),
        ("/bin/echo  'a|b;c`$(d)'\t\"x'y\"", ["/bin/echo", "a|b;c`$(d)", "x'y"]),
        (r'/bin/echo "a\"b\$c\`d\\e\f" a"b"c', ["/bin/echo", 'a"b$c`d\\e\\f', "abc"]),
        ("/bin/echo -w ~:5 @10:20 5% x#y a=b foo$", ["/bin/echo", "-w", "~:5", "@10:20", "5%", "x#y", "a=b", "foo$"]),
        ("/usr/bin/sudo /usr/lib/nagios/plugins/check_x", ["/usr/bin/sudo", "/usr/lib/nagios/plugins/check_x"]),
        ("/bin/sh -c 'test -e \"$1\" || exit 2' sh $ARG1$", ["/bin/sh", "-c", 'test -e "$1" || exit 2', "sh", "$ARG1$"]),
    ],
)
def test_a_line_becomes_the_words_that_sh_would_make_of_it(line, words):
    assert split_line(line) == words


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("/bin/a | /bin/b", r"\| is a pipe: put it into a script"),
        ("/bin/a; /bin/b", "; ends a command"),
        ("/bin/a && /bin/b", "& runs something beside"),
        ("/bin/a > /tmp/x", "> is a redirection"),
        ("/bin/a 2>/dev/null", "> is a redirection"),
        ("/bin/a </etc/passwd", "< is a redirection"),
        ("/bin/a `id`", "` runs another command"),
        ('/bin/a "`id`"', "` runs another command"),
        ("/bin/a $(id)", r"\$\( runs another command"),
        ('/bin/a "$(id)"', r"\$\( runs another command"),
        ("/bin/a $HOME", r"\$ begins a variable"),
        ('/bin/a "${HOME}"', r"\$ begins a variable"),
        ("/bin/a (b)", r"\( begins a subshell"),
        ("/bin/a /var/log/*", r"\* stands for names of files: put it in quotes"),
        ("/bin/a {b,c}", "{ stands for several words"),
        ("/bin/a ~/b", "~ stands for a home"),
        ("/bin/a # b", "# begins a comment"),
        ("/bin/a 'b", "a quote ' is not closed"),
        ("/bin/a b\\", "ends in a backslash"),
        ("/bin/a \x07", "control character"),
        ("LANG=C /bin/a", "write /usr/bin/env LANG=C"),
        ("check_load -w 5", "check_load is no absolute path: .*plugins/check_load"),
        ("$ARG1$ -w 5", "no absolute path"),
        ("/usr/lib/$ARG1$ -w 5", "an argument names the program"),
        ("''", "no absolute path"),
        ("/bin/a $ARG17$", r"\$ARG17\$ is one too many"),
        ("/bin/sh -c 'test -e $ARG1$'", "an argument stands inside a script"),
        ("/bin/sh -c $ARG1$", "an argument stands inside a script"),
        ('/usr/bin/sudo /bin/bash -xc "a $ARG1$"', "an argument stands inside a script"),
        ("/usr/bin/perl5.36 -e $ARG1$", "an argument stands inside a script"),
        ("/usr/bin/ssh host 'check $ARG1$'", "an argument stands inside a script"),
    ],
)
def test_a_line_that_needs_a_shell_is_refused_with_the_reason_and_what_would_do(line, reason):
    with pytest.raises(Refused, match=reason):
        split_line(line)


@given(st.text(alphabet=string.ascii_letters + "'\"\\ \t$`|;&<>()*?[]{}~#=:/-.", max_size=30))
@settings(max_examples=300, deadline=None)
def test_what_is_taken_is_split_as_a_posix_shell_splits_it(text):
    line = f"/bin/echo {text}"
    try:
        words = split_line(line)
    except Refused:
        return
    if '"' not in text and "$" not in text:  # of these shlex knows less than sh
        assert words == shlex.split(line)


@pytest.mark.parametrize("text", ["a 'b c' d\\ e", r'"x \" y\$z \a" \$q', "a$ b~c ~:5 x#y 'it''s' \"it's\"", "a]b }c =d !e ^f %g @h,i"])
def test_sh_itself_splits_so(text):
    shown = subprocess.run(["/bin/sh", "-c", f"printf '%s\\0' {text}"], capture_output=True, text=True, check=True).stdout
    assert ["/bin/printf", *shown.split("\0")[:-1]] == split_line(f"/bin/printf {text}")


def test_arguments_fill_their_places_and_each_stays_one_word():
    words = split_line(DISK)
    assert arity(words) == 3
    assert fill(words, ["20% x", "$ARG3$", "/var log"]) == [words[0], "-w", "20% x", "-c", "$ARG3$", "-p", "/var log"]
    assert fill(split_line("/bin/a --path=$ARG1$ '$ARG1$:$ARG2$'"), ["x", "y"]) == ["/bin/a", "--path=x", "x:y"]


def test_an_argument_is_an_option_only_where_the_line_has_one():
    with pytest.raises(Refused, match=r"\$ARG1\$ must not begin with -.*--warning=\$ARG1\$"):
        fill(["/bin/a", "$ARG1$"], ["--extra-opts=/etc/x"])
    assert fill(["/bin/a", "-$ARG1$"], ["6"]) == ["/bin/a", "-6"]
    assert fill(["/bin/a", "--warning=$ARG1$"], ["-5"]) == ["/bin/a", "--warning=-5"]
    assert fill(["/bin/a", "--", "$ARG1$"], ["-5"]) == ["/bin/a", "--", "-5"]


def test_as_many_arguments_as_the_line_has_places_for():
    with pytest.raises(Refused, match="it takes 3 arguments, 1 was given"):
        fill(split_line(DISK), ["20%"])
    with pytest.raises(Refused, match="it takes no arguments, 2 were given"):
        fill(split_line(LOAD), ["a", "b"])


@pytest.mark.parametrize(
    "text", ["a;b", "a\nb", "a\0b", "a`b", "a$(b)", "a|b", "a&b", "a>b", "a'b", 'a"b', "a\\b", "a\x1bb", "*", "{a}"]
)
def test_arguments_that_mean_something_to_a_shell_are_refused(text):
    with pytest.raises(Refused, match="argument 1 has"):
        check_arguments([text])


def test_arguments_of_checks_are_taken():
    check_arguments(["20%", "~:5", "@10:20", "/var/log", "a.example.net", "-5", "x=y", "a b", ""])
    with pytest.raises(Refused, match="16 is the most"):
        check_arguments(["a"] * 17)
