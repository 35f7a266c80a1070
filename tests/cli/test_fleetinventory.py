import json
import shutil
import stat
import sys
from pathlib import Path

import pytest

TEMPLATE = "[heading]\nName  Country\n[host]\n{identity:<5} {facts.country} {class role::web}\n[footing]\n{count} hosts\n"


@pytest.fixture
def template(tmp_path):
    file = tmp_path / "countries.txt"
    file.write_text(TEMPLATE)
    return str(file)


def test_a_template_makes_a_report_sorted_by_name(desk, template):
    answer = desk.mco("inventory", "--script", template)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == "Name  Country\ndb1   uk no\nweb1  uk yes\nweb2  de yes\n3 hosts\n"


def test_filters_say_who_is_in_the_report_and_the_silent_are_named_beside_it(desk, template):
    answer = desk.mco("inventory", "--script", template, "-I", "web2", "-I", "nosuch", "-t", "1")
    assert answer.out == "Name  Country\nweb2  de yes\n1 hosts\n"
    assert "No response from:\n\n   nosuch\n" in answer.err


def test_nobody_found_is_1(desk, template):
    answer = desk.mco("inventory", "--script", template, "-F", "country=nosuch")
    assert (answer.code, answer.out) == (1, "Name  Country\n0 hosts\n")
    assert "no hosts discovered" in answer.err


@pytest.mark.parametrize("name", ["nosuch", "."])
def test_a_template_that_cannot_be_read_is_an_error(desk, tmp_path, name):
    answer = desk.mco("inventory", "--script", str(tmp_path / name))
    assert (answer.code, answer.out) == (1, "")
    assert "cannot be read" in answer.err


def test_collectives_are_listed_with_their_numbers(desk):
    answer = desk.mco("inventory", "--lc", "-v")
    assert answer.lines[2:] == ["   mcollective                    3", "      db1,web[1-2]", "                     Total nodes: 3"]


def test_collectives_as_json(desk):
    document = json.loads(desk.mco("inventory", "--list-collectives", "--json").out)
    assert document["collectives"] == [{"name": "mcollective", "count": 3, "hosts": ["db1", "web1", "web2"]}]
    assert document["total"] == 3


def test_the_graph_is_written_or_printed(desk, tmp_path):
    answer = desk.mco("inventory", "--collective-graph", str(tmp_path / "map.dot"))
    assert answer.err == f"Graph of 3 nodes has been written to {tmp_path}/map.dot\n"
    assert (tmp_path / "map.dot").read_text() == desk.mco("inventory", "--cg", "-").out
    assert '      "web2" -- "mcollective"\n' in (tmp_path / "map.dot").read_text()


def test_the_picture_needs_no_graphviz(desk, tmp_path):
    assert desk.mco("inventory", "--map", str(tmp_path / "map.svg"), PATH=str(Path(sys.executable).parent)).code == 0
    assert ">mcollective (3)</text>" in (tmp_path / "map.svg").read_text()


def test_a_png_is_drawn_by_graphviz_or_said_to_need_it(desk, tmp_path):
    answer = desk.mco("inventory", "--map", str(tmp_path / "map.png"), PATH="/nonexistent")
    assert (answer.code, answer.out) == (1, "")
    assert "drawn by graphviz, whose `dot` is not installed" in answer.err


def test_graphviz_gets_the_graph_and_an_argument_list(desk, tmp_path):
    program = tmp_path / "dot"
    program.write_text(f'#!{shutil.which("sh")}\nprintf \'%s|\' "$@" >"$3"\nhead -n 1 >>"$3"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    picture = tmp_path / "a map.png"
    assert desk.mco("inventory", "--map", str(picture), PATH=f"{tmp_path}:/usr/bin:/bin").code == 0
    assert picture.read_text() == f"-Tpng|-o|{picture}|graph {{\n"


def test_a_folder_that_is_not_there_is_said_before_anybody_is_asked(desk, tmp_path):
    answer = desk.mco("inventory", "--map", str(tmp_path / "nosuch" / "map.svg"))
    assert (answer.code, "there is no such folder" in answer.err) == (1, True)
