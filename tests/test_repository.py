"""What no source of the repository may contain; read from the files that git knows."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TREE = Path(__file__).parents[1]


def tracked() -> list[Path]:
    """The files git tracks or would; all but the build's leftovers where there is no git."""
    try:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=TREE, check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        left_over = {".venv", "build", "dist", "__pycache__", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
        listed = [str(path.relative_to(TREE)) for path in TREE.rglob("*") if not left_over & set(path.relative_to(TREE).parts)]
    return sorted(TREE / name for name in listed if name and (TREE / name).is_file() and ".egg-info" not in name)


FILES = tracked()
SHIPPED = [
    path
    for path in FILES
    if path.suffix == ".py"
    and path.relative_to(TREE).parts[0] in ("mcollective_py", "agents", "facts")
    and "tests" not in path.relative_to(TREE).parts
]


def text_of(path: Path) -> str | None:
    """The text of a file, None for one that is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def name_of(node: ast.expr) -> str:
    """`os.path.join` for the expression of that shape, as far as it is one."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a source."""
    return tuple(ast.walk(ast.parse(path.read_text(), str(path))))


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in nodes(path):
        if isinstance(node, ast.Call):
            yield node, name_of(node.func)


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(TREE)}:{getattr(node, 'lineno', 0)}"


# What is called, and what to do in its place.
FORBIDDEN_CALLS = {
    "eval": "parse the text and compare values",
    "exec": "load a plugin's file by plugins/modules.py",
    "compile": "build a matcher out of plain functions",
    "__import__": "import by name where it is needed",
    "os.system": "run a list of words by node/command.py",
    "os.popen": "run a list of words by node/command.py",
    "subprocess.getoutput": "run a list of words by node/command.py",
    "subprocess.getstatusoutput": "run a list of words by node/command.py",
    "yaml.load": "read with the safe loader of the module that owns the format",
    "yaml.load_all": "read with the safe loader of the module that owns the format",
    "yaml.unsafe_load": "read with the safe loader of the module that owns the format",
    "yaml.full_load": "read with the safe loader of the module that owns the format",
    "tempfile.mktemp": "take tempfile.mkstemp or TemporaryDirectory",
    "os.tempnam": "take tempfile.mkstemp or TemporaryDirectory",
    "asyncio.create_subprocess_shell": "run a list of words",
    "ssl._create_unverified_context": "there is no TLS without verification",
}
FORBIDDEN_MODULES = {"pickle", "cPickle", "shelve", "marshal", "dill", "cloudpickle", "jsonpickle", "imp"}


def test_nothing_runs_text_as_code_or_through_a_shell():
    wrong = [words for path in SHIPPED for words in (*forbidden_calls(path), *forbidden_imports(path))]
    assert not wrong, "\n".join(wrong)


def forbidden_calls(path: Path) -> Iterator[str]:
    for call, name in calls(path):
        if name in FORBIDDEN_CALLS and not is_safe_yaml(call, name):
            yield f"{place(path, call)}: {name}: {FORBIDDEN_CALLS[name]}"
        for keyword in call.keywords:
            if keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
                yield f"{place(path, call)}: shell=: run a list of words, never a shell"
            if keyword.arg == "check_hostname" or (keyword.arg == "verify_mode" and "CERT_NONE" in ast.dump(keyword.value)):
                yield f"{place(path, call)}: {keyword.arg}: verification cannot be switched off"


def forbidden_imports(path: Path) -> Iterator[str]:
    for node in nodes(path):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module or ""]
        for module in modules:
            if module.split(".")[0] in FORBIDDEN_MODULES:
                yield f"{place(path, node)}: {module}: it builds objects out of bytes"


def is_safe_yaml(call: ast.Call, name: str) -> bool:
    """Whether yaml.load is given a loader that is safe by its name; the loaders themselves are looked at below."""
    loaders = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "Loader")]
    return name in ("yaml.load", "yaml.load_all") and len(loaders) == 1 and "Safe" in name_of(loaders[0])


def test_yaml_is_read_in_few_places_each_for_one_purpose():
    reading = re.compile(r"yaml\.\w*(load|load_all|Loader|compose|parse)")
    readers = [str(path.relative_to(TREE)) for path in SHIPPED if any(reading.fullmatch(name) for _, name in calls(path))]
    allowed = {
        "mcollective_py/wire/rubyyaml.py": "YAML of Ruby peers",
        "mcollective_py/ddl/load.py": "a DDL",
        "mcollective_py/ddl/document.py": "a DDL",
        "mcollective_py/node/plainfacts.py": "facts files",
        "facts/yaml/source.py": "facts files",
        "facts/yaml/rubyish.py": "facts files with Ruby's symbols and odd tags",
    }
    more = sorted(set(readers) - set(allowed))
    assert not more, f"{', '.join(more)}: there is a YAML reader for each purpose already ({', '.join(allowed)}): use it"


def test_identifiers_are_matched_whole():
    """`$` and re.match let a newline through: a caller `cert=alice\\ncert=admin` passed such a check once."""
    wrong = []
    for path in (path for path in SHIPPED if path.relative_to(TREE).parts[0] != "facts"):  # they read this machine, not a message
        for call, name in calls(path):
            is_tokenizer = len(call.args) > 1  # pattern.match(text, position) walks on
            if name == "re.match" or (name.endswith(".match") and name.split(".")[-2].lstrip("_").isupper() and not is_tokenizer):
                wrong.append(f"{place(path, call)}: {name}: use fullmatch (or search, where a part is meant)")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_caught_and_dropped_in_silence():
    """`except Exception: pass` hides what broke; a narrow exception may be passed over, with a word of why."""
    wrong = []
    for path in SHIPPED:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler) and (node.type is None or name_of(node.type) in ("Exception", "BaseException")):
                passes = all(isinstance(statement, ast.Pass) for statement in node.body)
                if node.type is None or passes:
                    wrong.append(f"{place(path, node)}: catch what is meant, and log or count it")
    assert not wrong, "\n".join(wrong)


# Built from parts, so that this file does not trip over itself.
_MACHINE = ("/" + "work/", r"(?<![\w}])/" + "root/", "/home/" + "runner", "/tmp/" + "venv", "/opt/" + "wheels")
_REGISTRIES = ("pypi" + r"\.org", "python" + r"hosted\.org", "ruby" + r"gems\.org", "proxy" + r"\.golang", "npm" + "js")
BUILD_MACHINE = re.compile("|".join(_MACHINE))
REGISTRY = re.compile("|".join(_REGISTRIES))
KEY_BLOCK = re.compile("-----BEGIN [A-Z ]*PRIVATE " + "KEY-----\n[A-Za-z0-9+/=\n]{60}")


def test_no_file_knows_the_machine_it_was_written_on():
    wrong = [
        f"{path.relative_to(TREE)}:{number}: {line.strip()[:100]}"
        for path in FILES
        if (text := text_of(path)) is not None
        for number, line in enumerate(text.splitlines(), 1)
        if BUILD_MACHINE.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_file_names_a_package_registry():
    wrong = [str(path.relative_to(TREE)) for path in FILES if REGISTRY.search(text_of(path) or "")]
    assert not wrong, f"{', '.join(wrong)}: say which package, not from where; whoever installs has a source of their own"


def test_no_private_key_is_kept_outside_test_data():
    wrong = [
        str(path.relative_to(TREE))
        for path in FILES
        if KEY_BLOCK.search(text_of(path) or "") and not {"tests", "docs"} & set(path.relative_to(TREE).parts)
    ]
    assert not wrong, f"{', '.join(wrong)}: keys are made where they are needed"


def test_text_files_end_with_a_newline_and_have_no_windows_line_ends():
    wrong = []
    for path in FILES:
        if path.suffix not in (".py", ".md", ".toml", ".cfg", ".service", ".yaml", "") or {"cases", "wire"} & set(path.parts):
            continue
        text = text_of(path)
        if text and (not text.endswith("\n") or "\r" in text):
            wrong.append(str(path.relative_to(TREE)))
    assert not wrong, ", ".join(wrong)


def test_links_in_the_documentation_lead_somewhere():
    link = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
    wrong = [
        f"{path.relative_to(TREE)}: {target}"
        for path in FILES
        if path.suffix == ".md"
        for target in link.findall(text_of(path) or "")
        if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists()
    ]
    assert not wrong, "\n".join(wrong)


def test_every_required_package_has_its_reason_in_the_documentation():
    project = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]
    reasons = (TREE / "docs/dependencies.md").read_text()
    for requirement in (*project["dependencies"], *project["optional-dependencies"]["test"]):
        name = re.split(r"[<>=~!\[ ]", requirement)[0]
        assert f"**{name}**" in reasons, f"say in docs/dependencies.md why {name} is needed"
        if requirement in project["dependencies"]:
            assert f"`{requirement.removeprefix(name)}`" in reasons, f"docs/dependencies.md has another range for {name}"


def test_no_regular_expression_has_a_possessive_group():
    """Python 3.11.0 to 3.11.3, which Debian 12 has, reads them wrongly. After a single character or a set they are right."""
    wrong = [
        f"{path.relative_to(TREE)}:{number}"
        for path in SHIPPED
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\)(?:[*+?]|\{[0-9,]+\})\+", line)
    ]
    assert not wrong, f"{', '.join(wrong)}: write it without, or bound the text and say why it is linear"
