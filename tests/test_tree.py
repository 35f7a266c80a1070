"""The tree is what the build file, the test mirror and the names promise."""

import ast
import tomllib
from pathlib import Path

import pytest

TREE = Path(__file__).parents[1]
PACKAGE = TREE / "mcollective_py"

# Sources without a test of their own, each with the reason.
NO_MIRROR = {
    "agent/base.py": "a port; tests/agent/test_agent.py and every agent's tests use it",
    "cli/application.py": "a port; every command's test uses it",
    "client/aggregate/base.py": "a port without code",
    "client/discovery/base.py": "a port without code",
    "connector/base.py": "a port without code",
    "security/base.py": "a port without code",
}
TRIVIAL = 12  # lines of code: a front door that only hands names on

SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))


def lines_of_code(path: Path) -> int:
    """Lines that do something: no docstrings, comments, imports or blank lines."""
    tree = ast.parse(path.read_text())
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.Import | ast.ImportFrom):
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            if not is_docstring:
                lines.add(node.lineno)
    return len(lines)


def mirror_of(path: Path) -> Path:
    parts = path.relative_to(PACKAGE).parts
    return TREE.joinpath("tests", *parts[:-1], f"test_{parts[-1]}")


def packages_on_disk() -> set[str]:
    """Every folder of mcollective_py with Python in it, and the two that are mapped from elsewhere."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    own = {".".join(("mcollective_py", *folder.relative_to(PACKAGE).parts)) for folder in folders}
    return own | {"mcollective_py.shipped.agents", "mcollective_py.shipped.facts"}


def test_the_build_file_lists_every_package():
    listed = tomllib.loads((TREE / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert set(listed) == packages_on_disk(), "make [tool.setuptools] packages in pyproject.toml the same as the tree"
    assert sorted(set(listed)) == listed, "keep [tool.setuptools] packages sorted, each once"


def test_every_package_has_its_init():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    without = sorted(str(folder.relative_to(TREE)) for folder in folders if not (folder / "__init__.py").exists())
    assert not without, f"{', '.join(without)}: an empty __init__.py is missing"


def test_every_source_has_its_test_at_the_same_place():
    missing = [
        str(mirror_of(path).relative_to(TREE))
        for path in SOURCES
        if str(path.relative_to(PACKAGE)) not in NO_MIRROR and lines_of_code(path) > TRIVIAL and not mirror_of(path).exists()
    ]
    assert not missing, (
        f"write {', '.join(missing)}: each alone covers its source (or, for a port without code, say why not in NO_MIRROR)"
    )


def test_the_list_of_sources_without_a_test_is_true():
    stale = sorted(name for name in NO_MIRROR if (PACKAGE / name).exists() and mirror_of(PACKAGE / name).exists())
    assert not stale, f"{', '.join(stale)}: has its test now, so take it off NO_MIRROR"


@pytest.mark.parametrize("folder", ["agents", "facts"])
def test_every_plugin_folder_is_complete(folder: str):
    wanted = {"agents": ("agent.py", "README.md", "tests"), "facts": ("source.py", "README.md", "tests")}[folder]
    missing = [
        f"{plugin.relative_to(TREE)}/{name}"
        for plugin in sorted((TREE / folder).iterdir())
        if plugin.is_dir() and plugin.name != "__pycache__"
        for name in wanted
        if not (plugin / name).exists()
    ]
    assert not missing, f"missing: {', '.join(missing)}"


def test_no_file_is_named_after_nothing():
    banned = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handlers"}
    roots = (PACKAGE, TREE / "agents", TREE / "facts", TREE / "tests")
    found = sorted(
        str(path.relative_to(TREE))
        for root in roots
        for path in root.rglob("*")
        if (path.is_dir() or path.suffix == ".py") and path.stem.removeprefix("test_") in banned
    )
    assert not found, f"{', '.join(found)}: name it after the thing it holds"


def test_test_folders_are_no_packages():
    found = sorted(
        str(path.relative_to(TREE))
        for root in ("tests", "agents", "facts")
        for path in (TREE / root).rglob("__init__.py")
        if "tests" in path.relative_to(TREE).parts
    )
    assert not found, f"{', '.join(found)}: delete it; test modules are imported by their path"


def test_what_is_timed_lies_where_it_is_looked_for():
    files = [path for folder in ("tests", "agents", "facts") for path in (TREE / folder).rglob("test_*.py")]
    timed = [path.relative_to(TREE) for path in files if "mark.timed" in path.read_text() and path != Path(__file__)]
    assert timed
    assert [str(path) for path in timed if path.parts[:2] != ("tests", "parts")] == [], "`make timed` looks in tests/parts alone"
