"""docs/ruby-mco-options.md against what a real Ruby `mco` says of its commands and options, and against our own parsers."""

import argparse
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from mcollective_py.cli.commands import application_files, load_application
from mcollective_py.cli.options import parser_for
from tests.parts.require import require_programs
from tests.parts.rubyalone import write_ruby_alone

pytestmark = pytest.mark.parts

MCO = "/usr/bin/mco"
PAGE = Path(__file__).parents[2] / "docs" / "ruby-mco-options.md"
TAKEN = ("same", "more", "differs", "no effect")
SHARED = ("Common Options", "Host Filters", "RPC Options")
OPTION = re.compile(r" {4,8}(-\S.*)")
MAY_HAVE_VALUE = ("--actions", "--outputs")  # in Ruby they need none, and are of no use without
COLUMN = 36  # characters before what is said of an option
SPELLING = re.compile(r"(-[-\w]+)(?: (\S+))?")


@pytest.fixture(scope="module")
def ruby(tmp_path_factory):
    """What Ruby says of itself: the text of `mco help`, and of `mco help COMMAND` for each command that it lists."""
    require_programs("ruby", file="/usr/lib/ruby/vendor_ruby/mcollective/application/ping.rb")
    config = write_ruby_alone(tmp_path_factory.mktemp("ruby"), "securityprovider = psk\nplugin.psk = nobody\n")
    overview = said("help", "-c", str(config))
    commands = re.findall(r"^  (\w+) +\S", overview, re.MULTILINE)
    return config, {name: said("help", name, "-c", str(config)) for name in commands}


def said(*words):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MCOLLECTIVE")}
    return subprocess.run([MCO, *words], capture_output=True, text=True, timeout=60, check=True, env=environment).stdout


def options_of(text):
    """(heading, spellings, whether there is a value) of each option of a help text."""
    heading, found = "Application Options", []
    lines = text.splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        is_alone = below.startswith(" " * COLUMN)  # what is said of it stands in the next line
        option = OPTION.fullmatch(line if is_alone else line[:COLUMN].rstrip())
        if option is None:
            heading = line if line in (*SHARED, "Application Options") else heading
            continue
        parts = [SPELLING.fullmatch(part) for part in option[1].split(", ")]
        value = parts[-1][2]
        names = tuple(part[1] for part in parts)
        place = "Every command" if names[0] in ("-c", "-v", "-h") else heading
        found.append((place, names, bool(value) and not value.startswith("[")))
    return found


def tables():
    """Heading -> row's words in backticks -> column -> word."""
    found, heading, columns = {}, "", []
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            heading, columns = line[3:], []
        elif line.startswith("|"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not columns:
                columns = [cell.replace("`", "") for cell in cells]
            elif cells[0].startswith("`"):
                names = tuple(re.findall(r"`([^`]+)`", cells[0]))
                found.setdefault(heading, {})[names] = dict(zip(columns[1:-1], cells[1:-1], strict=True))
    return found


def word_for(command, place, row):
    """What the page says of an option of a command."""
    if place == "Every command":
        return "not here" if (command, row) == ("help", ("-v", "--verbose")) else tables()[place][row]["here"]
    if place not in SHARED:
        return tables()[f"mco {command}"][row]["here"]
    if command in ("help", "plugin"):
        return "not here"
    if command == "describe_filter":
        return "same"
    (word,) = [word for column, word in tables()[place][row].items() if command in column.split(", ")]
    return word


def test_every_command_is_on_the_page_and_here(ruby):
    _, helps = ruby
    assert len(helps) >= 9
    assert {names[0] for names in tables()["Commands"]} == set(helps)
    assert set(helps) <= set(application_files("/dev/null"))


def test_every_option_is_on_the_page_spelling_for_spelling(ruby):
    _, helps = ruby
    there = {
        (place if place != "Application Options" else f"mco {name}", names)
        for name, text in helps.items()
        for place, names, _ in options_of(text)
    }
    headings = {*SHARED, "Every command", *(f"mco {name}" for name in helps)}
    assert {(heading, names) for heading, rows in tables().items() if heading in headings for names in rows} == there


def test_every_option_that_the_page_calls_taken_is_taken_here_and_no_other(ruby):
    _, helps = ruby
    wrong = []
    for command, text in helps.items():
        parser = parser_for(command, load_application(command, application_files("/dev/null")[command]))
        ours = parser._option_string_actions
        for place, names, has_value in options_of(text):
            word = word_for(command, place, names)
            assert word in (*TAKEN, "not here"), f"{place} {names}: what is {word!r}?"
            for name in names:
                is_shown = name in ours and ours[name].help != argparse.SUPPRESS  # others are there to say what is instead
                if word == "not here" and is_shown and (command != "plugin" or place == "Application Options"):
                    wrong.append(f"mco {command} {name}: the page says it is not here")
                elif word != "not here" and name not in ours:
                    wrong.append(f"mco {command} {name}: the page says {word}, and it is not taken")
                elif word != "not here" and (ours[name].nargs != 0) != has_value and name not in MAY_HAVE_VALUE:
                    wrong.append(f"mco {command} {name}: {'takes' if has_value else 'takes no'} value there")
    assert not wrong, "\n".join(wrong)


def test_help_as_an_option_says_the_same_on_a_terminal(ruby):
    """It exits without flushing, so that into a pipe it prints nothing."""
    config, helps = ruby
    for command, text in helps.items():
        master, slave = pty.openpty()
        with subprocess.Popen([MCO, command, "-c", str(config), "--help"], stdout=slave, stderr=slave, stdin=slave) as process:
            os.close(slave)
            shown = b""
            while True:
                try:
                    piece = os.read(master, 65536)
                except OSError:  # Linux's word for the end of a terminal
                    break
                shown += piece
                if not piece:
                    break
        os.close(master)
        assert process.returncode == 1
        assert options_of(shown.decode().replace("\r\n", "\n")) == options_of(text)
