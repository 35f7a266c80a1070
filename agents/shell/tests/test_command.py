from hashlib import sha256

import pytest

from agents.shell.allowlist import parse_rules
from agents.shell.command import Command, command_of, shebang
from mcollective_py.agent import InvalidRPCData, MissingRPCData, RPCAborted

SCRIPT = "#!/usr/bin/env python3\nprint(1)\n"
DIGEST = sha256(SCRIPT.encode()).hexdigest()


def of(rules=None, **inputs):
    return command_of("run", inputs, "/bin/sh", rules)


@pytest.mark.parametrize("command", ["uptime", "-x; reboot", "a; b && c | d > e", "two\nlines", "'", "$(id)"])
def test_a_command_line_is_one_word_for_the_shell_and_no_option_of_it(command):
    assert of(command=command).words == ("/bin/sh", "-c", "--", command)


def test_words_go_to_their_program_as_they_are():
    assert of(argv=["echo", "a b; $HOME"]) == Command(("echo", "a b; $HOME"), "echo a b; $HOME")


def test_a_script_is_named_after_its_interpreter_and_before_its_arguments():
    made = of(script=SCRIPT, sha256=DIGEST, arguments=["-x", "b c"])
    assert (made.words, made.place, made.script) == (("/usr/bin/env", "python3", "", "-x", "b c"), 2, SCRIPT)
    assert made.shown == f"script {DIGEST[:12]} by /usr/bin/env python3 -x b c"
    assert of(script="echo").words == ("/bin/sh", "")
    assert of(script=SCRIPT, interpreter="/bin/cat").words == ("/bin/cat", "")


def test_a_script_that_is_not_what_was_meant_is_refused():
    with pytest.raises(InvalidRPCData, match="not what was meant"):
        of(script=SCRIPT + "x", sha256=DIGEST)


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        ({}, MissingRPCData),
        ({"command": ""}, MissingRPCData),
        ({"command": "a", "argv": ["a"]}, InvalidRPCData),
        ({"command": "a", "arguments": ["b"]}, InvalidRPCData),
        ({"argv": ["a", 1]}, InvalidRPCData),
        ({"argv": "a"}, InvalidRPCData),
        ({"argv": ["a\0b"]}, InvalidRPCData),
        ({"argv": ["../a"]}, InvalidRPCData),
        ({"argv": [""]}, InvalidRPCData),
        ({"argv": ["a"] * 1001}, InvalidRPCData),
        ({"script": "#!python\n"}, InvalidRPCData),
    ],
)
def test_what_cannot_be_meant_is_refused(inputs, error):
    with pytest.raises(error):
        of(**inputs)


def test_where_commands_are_listed_no_shell_reads_them_and_nothing_goes_with_them():
    rules = parse_rules("/usr/bin/uptime")
    assert of(rules, command="uptime").words == ("/usr/bin/uptime",)
    assert of(rules, argv=["uptime"]).words == ("/usr/bin/uptime",)
    for inputs in ({"script": "x"}, {"command": "uptime", "env": {"LD_PRELOAD": "/x"}}, {"argv": ["uptime"], "stdin": "x"},
                   {"command": "uptime", "cwd": "/tmp"}, {"command": "uptime;id"}, {"argv": ["id"]}):  # fmt: skip
        with pytest.raises(RPCAborted):
            of(rules, **inputs)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("#!/bin/sh\nx", ("/bin/sh",)),
        ("#! /usr/bin/awk -f  \n", ("/usr/bin/awk", "-f")),
        ("#!/bin/a b c", ("/bin/a", "b c")),
        ("#!/bin/sh\r\nx", ("/bin/sh",)),
        ("echo", ()),
        ("", ()),
    ],
)
def test_the_first_line_is_read_as_the_kernel_reads_it(script, words):
    assert shebang(script) == words
