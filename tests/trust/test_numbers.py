"""The table of README.md and the promises of docs/threat-model.md: every number once, and every test that they name is there."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
TABLE = TREE / "tests" / "trust" / "README.md"
PROMISES = TREE / "docs" / "threat-model.md"
NUMBER = re.compile(r"S-\d\d")
LINK = re.compile(r"\[[^\]]+\]\(([^)]+\.py)\): (`\w+`(?:, `\w+`)*)")


def rows(page: Path, section: str | None = None) -> list[list[str]]:
    """The cells of the lines of a page's tables, or of those below one heading."""
    text = page.read_text()
    if section is not None:
        text = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not set(line) <= set("|- ")]


def named(page: Path, text: str) -> list[tuple[Path, str]]:
    """File and name of each test that a cell links to."""
    return [((page.parent / link).resolve(), name.strip("`")) for link, names in LINK.findall(text) for name in names.split(", ")]


@cache
def source(path: Path) -> tuple[str, dict[str, str]]:
    """The docstring of a file, and those of its tests by name."""
    tree = ast.parse(path.read_text())
    tests = {node.name: ast.get_docstring(node) or "" for node in tree.body if isinstance(node, ast.FunctionDef)}
    return ast.get_docstring(tree) or "", {name: text for name, text in tests.items() if name.startswith("test_")}


def numbers_of(path: Path, name: str) -> set[str]:
    """The numbers that a test carries: in its name, its docstring, or that of its file, ranges included."""
    head, tests = source(path)
    text = f"{head} {tests[name]}"
    found = {f"S-{number}" for number in re.findall(r"(?<![a-z0-9])s(\d\d)(?=_)", name.replace("test_", "", 1))}
    found |= set(NUMBER.findall(text))
    for first, last in re.findall(r"S-(\d\d) to S-(\d\d)", text):
        found |= {f"S-{number:02d}" for number in range(int(first), int(last) + 1)}
    return found


TABLE_ROWS = {cells[0]: cells for cells in rows(TABLE) if NUMBER.fullmatch(cells[0])}


def test_every_number_stands_in_the_table_once() -> None:
    counted = Counter(cells[0] for cells in rows(TABLE) if NUMBER.fullmatch(cells[0]))
    assert counted == Counter(f"S-{number:02d}" for number in range(1, 64))


@pytest.mark.parametrize("number", list(TABLE_ROWS))
def test_a_number_has_tests_that_are_there_or_a_reason(number: str) -> None:
    _, expected, cell = TABLE_ROWS[number]
    assert expected
    tests = named(TABLE, cell)
    for path, name in tests:
        assert path.is_file(), path
        assert name in source(path)[1], f"{path.name} has no {name}"
    assert cell.count(".py](") == len(LINK.findall(cell)), "a link that is followed by no names of tests"
    if not tests:
        other = re.match(r"as (S-\d\d)\b", cell)
        assert cell.startswith("does not apply: ") or (other and named(TABLE, TABLE_ROWS[other[1]][2]))


def test_a_test_whose_name_begins_with_a_number_has_its_file_in_that_row() -> None:
    carried = [
        (f"S-{number}", path, name)
        for path in sorted(TABLE.parent.glob("test_*.py"))
        for name in source(path)[1]
        if (beginning := re.match(r"test_((?:s\d\d_)+)", name))
        for number in re.findall(r"\d\d", beginning[1])
    ]
    assert len(carried) > 40
    assert [item for item in carried if item[1] not in {file for file, _ in named(TABLE, TABLE_ROWS[item[0]][2])}] == []


def test_tests_of_this_folder_are_named_under_numbers_that_they_carry() -> None:
    wrong = [
        f"{number}: {path.name}::{name}"
        for number, (_, _, cell) in TABLE_ROWS.items()
        for path, name in named(TABLE, cell)
        if path.parent == TABLE.parent and number not in numbers_of(path, name)
    ]
    assert wrong == []


def test_every_promise_names_tests_that_are_there() -> None:
    promises = rows(PROMISES, "What they must not be able to do")[1:]
    assert {letter for cells in promises for letter in cells[0].split(", ")} == set("ABCDEFG")
    for attacker, promise, cell in promises:
        tests = named(PROMISES, cell)
        assert tests, f"{attacker}: {promise} is proven by nothing"
        assert cell.count(".py](") == len(LINK.findall(cell)), cell
        for path, name in tests:
            assert path.is_file() and name in source(path)[1], f"{path}: {name}"
