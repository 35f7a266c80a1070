"""Which layer imports which, and the core that does no input and output; read from the source, nothing is run."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TREE = Path(__file__).parents[1]
PACKAGE = TREE / "mcollective_py"

# Left never imports right; a cell may import itself. Names are those of the files and folders right under mcollective_py.
LAYERS = (
    {
        *("errors", "message", "names", "filter", "facttest", "expression", "callstack", "compound"),
        *("settings", "configfile", "config", "reference", "regularfile", "privatefile", "sizes", "sparkline", "text"),
    },
    {"wire"},
    {"node"},
    {"security", "matching", "ddl"},
    {"agent", "plugins", "connector"},
    {"server", "client", "broker"},
    {"cli", "testing", "web"},
    {"show", "script"},
)
STRANGERS = ("server", "client", "broker")  # never one another
ANYWHERE = {"__init__", "__main__", "shipped", "rpc"}  # the front doors: they only hand on names of the layers

SECURITY_SHELL = (
    "signer.py",
    "sshagent.py",
    "ca.py",
    "cainventory.py",
    "keyfiles.py",
    "load.py",
    "files.py",
    "places.py",
    "rubyload.py",
    "rubykeys.py",
    "vouchedkeys.py",
)
SERVER_CORE = (
    *("pipeline", "freshness", "replay", "dispatch", "historic", "callvalues", "registration", "explanation"),
    *("actionpolicy", "policytext", "policycallers", "policyconditions", "policytruth", "policylint"),
)
CORE = (
    *(path for folder in ("wire", "matching", "ddl") for path in sorted((PACKAGE / folder).rglob("*.py"))),
    *(path for path in sorted((PACKAGE / "security").glob("*.py")) if path.name not in SECURITY_SHELL),
    *(PACKAGE / "server" / f"{name}.py" for name in SERVER_CORE),
    *(PACKAGE / "client" / f"{name}.py" for name in ("collector", "batches", "rollout")),
    *(PACKAGE / "client" / "discovery" / f"{name}.py" for name in ("hostlist", "hostwords", "inventoryfile")),
    *(PACKAGE / "cli" / f"{name}.py" for name in ("render", "inert", "fold", "endings")),
    *(path for path in sorted((PACKAGE / "cli" / "output").glob("*.py")) if path.name != "outputfile.py"),
)
IMPURE = {"socket", "threading", "subprocess", "time", "asyncio", "ssl", "select", "selectors", "signal", "multiprocessing", "queue"}
OPENERS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir", "touch"}

SOURCES = sorted(PACKAGE.rglob("*.py"))


def layer_of(name: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if name in names)


def own_name(path: Path) -> str:
    """The file or folder right under mcollective_py that a source belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def nodes_run(path: Path) -> tuple[ast.AST, ...]:
    """The imports and calls of a source that are run; the body of `if TYPE_CHECKING:` is not."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [ast.parse(path.read_text(), str(path))]
    while waiting:
        for child in ast.iter_child_nodes(waiting.pop()):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.Import | ast.ImportFrom | ast.Call):
                found.append(child)
            waiting.append(child)
    return tuple(found)


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything a source imports, relative names resolved; what only type checkers see is left out."""
    package = ["mcollective_py", *path.relative_to(PACKAGE).parts[:-1]] if path.is_relative_to(PACKAGE) else ["plugin"]
    for node in nodes_run(path):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{stem}.{alias.name}") for alias in node.names)


def test_a_source_imports_only_what_lies_left_of_it():
    wrong = [f"{path.relative_to(TREE)}, {words}" for path in SOURCES for words in imported_from_the_right(path)]
    assert not wrong, (
        "\n".join(wrong) + "\nGive what is needed as an argument (a value or a function), or move what both need into a layer further "
        "left."
    )


def imported_from_the_right(path: Path) -> Iterator[str]:
    name = own_name(path)
    if name in ANYWHERE:
        return
    for line, target in imported(path):
        words = target.split(".")
        if words[0] != "mcollective_py" or len(words) < 2:
            continue
        other = words[1]
        if other in ANYWHERE or other == name:
            continue
        if other not in set().union(*LAYERS):
            continue  # a public name of mcollective_py itself
        if layer_of(other) > layer_of(name):
            yield f"line {line}: {name} imports {target}, which lies right of it"
        if {name, other} <= set(STRANGERS):
            yield f"line {line}: {name} imports {target}; {', '.join(STRANGERS)} never import one another"


def test_every_source_has_a_layer():
    known = set().union(*LAYERS) | ANYWHERE
    without = sorted({own_name(path) for path in SOURCES} - known)
    assert not without, f"{', '.join(without)}: add it to a cell of LAYERS in this file, as far left as its imports allow"


def test_the_core_does_no_input_and_output():
    wrong = [f"{path.relative_to(TREE)}, {words}" for path in CORE if path.exists() for words in input_and_output(path)]
    assert not wrong, (
        "\n".join(wrong) + "\nThe core takes bytes, keys, facts and the clock as arguments: let the runner, the daemon, load.py or the "
        "command line read the file or the clock and hand the value in."
    )


def input_and_output(path: Path) -> Iterator[str]:
    yield from (f"line {line}: imports {target}" for line, target in imported(path) if target.split(".")[0] in IMPURE)
    for node in nodes_run(path):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if (called == "open" and isinstance(node.func, ast.Name)) or called in OPENERS - {"open"}:
                yield f"line {node.lineno}: calls {called}"


def test_asyncio_is_the_brokers_alone():
    users = sorted(
        f"{path.relative_to(TREE)}:{line}"
        for path in SOURCES
        if own_name(path) not in ("broker", "cli")
        for line, target in imported(path)
        if target.split(".")[0] == "asyncio"
    )
    assert not users, f"{', '.join(users)}: only broker/ is asyncio; everything else uses threads"


# What a plugin's file may import of mcollective_py, by the file's name in its folder.
PLUGIN_DOORS = {
    "agents/agent.py": ("mcollective_py.agent", "mcollective_py.errors", "mcollective_py.message"),
    "agents/application.py": (
        *("mcollective_py.cli", "mcollective_py.errors", "mcollective_py.rpcclient", "mcollective_py.Client"),
        *(
            "mcollective_py.client.results",
            "mcollective_py.client.rpcclient",
            "mcollective_py.client.rpcresults",
        ),  # the types of what agentapplication hands over
        "mcollective_py.matching.nodeset",  # names of many hosts as one word
        "mcollective_py.sizes",
    ),
    **dict.fromkeys(
        (
            "agents/actingcommand.py",
            "agents/tracecommand.py",
            "agents/parts.py",
            "agents/whichhost.py",
            "agents/spool.py",
            "agents/spreading.py",
            "agents/live",
        ),  # parts of an application.py
        (
            *("mcollective_py.cli", "mcollective_py.errors", "mcollective_py.client", "mcollective_py.matching.nodeset"),
            *("mcollective_py.ddl.model", "mcollective_py.sizes"),
        ),
    ),
    "agents/data": ("mcollective_py.node.data", "mcollective_py.errors", "mcollective_py.agent"),
    "agents/aggregates": ("mcollective_py.client.aggregate", "mcollective_py.errors"),
    "agents/validators": ("mcollective_py.errors",),
    "agents/live": ("mcollective_py.cli", "mcollective_py.client", "mcollective_py.errors"),
    "agents/": ("mcollective_py.agent", "mcollective_py.errors", "mcollective_py.sizes"),
    "facts/": (
        "mcollective_py.node.factsource",
        "mcollective_py.node.command",
        "mcollective_py.node.ownership",
        "mcollective_py.errors",
    ),
}


def plugin_sources() -> list[Path]:
    return sorted(
        path for folder in ("agents", "facts") for path in (TREE / folder).rglob("*.py") if "tests" not in path.relative_to(TREE).parts
    )


def doors_of(path: Path) -> tuple[str, ...]:
    """The doors open to a plugin's file: those of its name, of its folder, else those of its kind."""
    kind, _, *rest = path.relative_to(TREE).parts
    for words in (f"{kind}/{rest[-1] if rest else ''}", f"{kind}/{rest[0] if len(rest) > 1 else ''}"):
        if words in PLUGIN_DOORS:
            return PLUGIN_DOORS[words]
    return PLUGIN_DOORS[f"{kind}/"]


@pytest.mark.parametrize("path", plugin_sources(), ids=lambda path: str(path.relative_to(TREE)))
def test_a_plugin_imports_only_through_its_door(path: Path):
    if len(path.relative_to(TREE).parts) < 3:
        return  # agents/__init__.py
    doors = doors_of(path)
    wrong = [
        f"line {line}: imports {target}"
        for line, target in imported(path)
        if target.split(".")[0] == "mcollective_py" and not any(target == door or target.startswith(f"{door}.") for door in doors)
    ]
    assert not wrong, "\n".join(wrong) + f"\nThis file may import {', '.join(doors)} and the files of its own folder."
