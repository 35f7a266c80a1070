import argparse
import shutil
import subprocess
from pathlib import Path

import pytest

from mcollective_py.cli.application import Application
from mcollective_py.cli.commands import application_files
from mcollective_py.cli.manpages import command_page, daemon_page, mco_page, pages, settings_page, write
from mcollective_py.server.daemon import argument_parser

MAN = Path(__file__).parents[2] / "packaging" / "man"
PAGES = sorted(str(path.relative_to(MAN)) for path in MAN.rglob("*") if path.is_file())


class Greet(Application):
    """Says `hello`, to one or all."""

    description = "Greet the hosts"
    usage = "NAME  |  --all"
    sections = ()

    def arguments(self, parser):
        parser.add_argument("name", metavar="NAME", help=".whom")
        parser.add_argument("-a", "--all", action="store_true", help="100%% of them, e.g. web-1")
        parser.add_argument("--old", help=argparse.SUPPRESS)


def test_a_page_is_made_of_the_parser():
    page = command_page("greet", Greet())
    assert '.TH MCO-GREET 1 "' in page
    assert ".SH NAME\nmco-greet \\- greet the hosts\n" in page
    assert ".SH SYNOPSIS\n.B mco greet\n[options] NAME\n.br\n.B mco greet\n[options] \\-\\-all\n" in page
    assert ".TP\n\\fINAME\\fR\n\\&.whom\n" in page
    assert ".TP\n\\fB\\-a\\fR, \\fB\\-\\-all\\fR\n100% of them, e.g. web\\-1\n" in page
    assert "old" not in page
    assert "Says \\(gahello\\(ga, to one or all." in page


def test_the_page_of_a_command_with_verbs_has_the_options_of_each():
    found = pages()["man1/mco-ca.1"]
    assert ".SH OPTIONS OF ISSUE\n" in found
    assert "\\fB\\-\\-caller\\fR" in found


def test_the_overview_the_daemon_and_the_files_have_pages():
    assert "\\fBmco ping\\fR" in mco_page(application_files("/dev/null"))
    assert "\\fB\\-\\-daemonize\\fR" in daemon_page(argument_parser())
    assert "\\fBidentity\\fR" in settings_page("server")
    assert "\\fBdaemonize\\fR" not in settings_page("client")


def test_the_pages_in_packaging_are_current():
    expected = pages()
    stale = sorted(name for name in {*PAGES, *expected} if name not in PAGES or (MAN / name).read_text() != expected.get(name))
    assert not stale, f"{', '.join(stale)}: run `make reference`"


def test_pages_of_commands_that_are_gone_are_taken_away(tmp_path):
    (tmp_path / "man" / "man1").mkdir(parents=True)
    (tmp_path / "man" / "man1" / "mco-gone.1").write_text("")
    write(tmp_path / "man", tmp_path / "completion")
    assert sorted(str(path.relative_to(tmp_path / "man")) for path in (tmp_path / "man").rglob("*.?")) == sorted(pages())
    assert sorted(path.name for path in (tmp_path / "completion").iterdir()) == ["_mco", "mco", "mco.fish"]


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_has_nothing_to_say_against_them():
    for name in PAGES:
        words = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(MAN / name)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
        assert (done.returncode, done.stderr) == (0, ""), name


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_mandoc_has_nothing_to_say_against_them():
    words = ["mandoc", "-Tlint", "-Wwarning", *(str(MAN / name) for name in PAGES)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
