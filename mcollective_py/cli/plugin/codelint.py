"""The code of a plugin against its DDL, as far as its text tells: it is parsed, never imported; pure."""

import ast
from collections.abc import Iterator, Mapping

from ...ddl.model import DDL
from ...plugins.finder import KINDS
from ...plugins.modules import class_name
from .finding import Finding

# What the class of a kind must have. An agent without a DDL has handlemsg.
_METHODS = {
    "data": ("query",),
    "validators": ("validate",),
    "aggregates": ("process_result", "summarize"),
    "discovery": ("discover",),
    "facts": ("load", "fingerprint"),
}
_CALLS = {
    "eval": "runs text as code",
    "exec": "runs text as code",
    "os.system": "is a shell: run([...]) of mcollective_py.agent takes a list of words",
    "os.popen": "is a shell: run([...]) of mcollective_py.agent takes a list of words",
    "subprocess.getoutput": "is a shell: run([...]) of mcollective_py.agent takes a list of words",
    "subprocess.getstatusoutput": "is a shell: run([...]) of mcollective_py.agent takes a list of words",
    "pickle.load": "runs whatever the bytes say",
    "pickle.loads": "runs whatever the bytes say",
    "marshal.loads": "takes bytes that were made to break it",
    "yaml.load": "can build any object: yaml.safe_load",
    "yaml.unsafe_load": "can build any object: yaml.safe_load",
}
_MAX_TEXT = 1_000_000  # characters: a tree of them takes some hundred times as much memory
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def lint_code(kind: str, name: str, texts: Mapping[str, str], ddl: DDL | None) -> list[Finding]:
    """texts: the plugin's Python files by path. ddl: an agent's, None where it has none, or one that cannot be used."""
    findings: list[Finding] = []
    trees: dict[str, ast.Module] = {}
    for file, text in texts.items():
        if len(text) > _MAX_TEXT:
            findings.append(Finding(file, None, f"it has {len(text)} characters, {_MAX_TEXT} are looked at: split it", False))
            continue
        try:
            trees[file] = ast.parse(text)
        except SyntaxError as error:
            findings.append(Finding(file, error.lineno, f"SyntaxError: {error.msg}"))
        except (ValueError, RecursionError, MemoryError) as error:
            findings.append(Finding(file, None, f"no Python: {error}"))
    for file, tree in trees.items():
        findings += _dangers(file, tree)
    main = KINDS[kind][0]
    if main in trees:
        findings += _main(kind, name, main, trees[main], ddl)
    if kind == "agents" and "application.py" in trees:
        findings += _application(name, trees["application.py"])
    return findings


def _main(kind: str, name: str, file: str, tree: ast.Module, ddl: DDL | None) -> Iterator[Finding]:
    wanted = class_name(name)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    if wanted not in classes:
        if not any(wanted in _bound(node) for node in tree.body):
            there = f", there is {', '.join(classes)}" if classes else ""
            yield Finding(file, None, f"{file} has no class {wanted}{there}: the class carries the folder's name")
        return
    found = classes[wanted]
    methods = {node.name: node for node in found.body if isinstance(node, _Function)}
    if not ast.get_docstring(found):
        yield Finding(file, found.lineno, f"the class {wanted} has no docstring: one line says what it is for", False)
    if kind == "agents":
        yield from _agent(file, found, methods, ddl)
        return
    # A class of its own bases may have the method from there.
    missing = [method for method in _METHODS[kind] if method not in methods]
    if missing and not _other_bases(found):
        yield Finding(file, found.lineno, f"the class {wanted} has no {' and no '.join(missing)}")
    if kind == "validators" and (validate := methods.get("validate")) is not None:
        yield from _validator(file, validate)


def _agent(file: str, found: ast.ClassDef, methods: Mapping[str, _Function], ddl: DDL | None) -> Iterator[Finding]:
    marked = {
        name: method
        for name, method in methods.items()
        if any(_dotted(one).split(".")[-1] == "action" for one in method.decorator_list)
    }
    is_rpc = any(_dotted(base).split(".")[-1] == "Agent" for base in found.bases)
    if not is_rpc:
        if not found.bases and "handlemsg" not in methods:
            text = f"{found.name} is neither an Agent (class {found.name}(Agent), from mcollective_py.agent) nor has it a handlemsg"
            yield Finding(file, found.lineno, text)
        elif not found.bases and ddl is not None:
            yield Finding(file, found.lineno, f"{found.name} is a plain class: the ddl.yaml beside it means nothing", False)
        return
    if "handlemsg" in methods:
        yield Finding(file, methods["handlemsg"].lineno, "an RPC agent's handlemsg is never called: use actions, or a plain class")
    for name, method in marked.items():
        if isinstance(method, ast.AsyncFunctionDef):
            yield Finding(file, method.lineno, f"{name} is async: nobody awaits an action")
        if not _takes(method, 3):
            yield Finding(file, method.lineno, f"{name} must take self, request, reply")
    if ddl is None:
        return
    declared = {name: action for name, action in ddl.actions.items() if action.implemented_by is None}
    for name in sorted(set(marked) - set(ddl.actions)):
        yield Finding(file, marked[name].lineno, f"ddl.yaml does not declare the action {name}")
    for name in sorted(set(marked) & (set(ddl.actions) - set(declared))):
        yield Finding(file, marked[name].lineno, f"ddl.yaml says that a program answers {name}")
    others = set(declared) - set(marked)
    if len(found.bases) == 1:  # others may have the rest
        for name in sorted(others):
            unmarked = methods.get(name)
            line, why = (unmarked.lineno, "it lacks @action") if unmarked else (found.lineno, "there is no such method")
            yield Finding(file, line, f"ddl.yaml declares the action {name}, which {found.name} does not have: {why}")
    for name in sorted(set(marked) & set(declared)):
        action = declared[name]
        names = [argument.arg for argument in (*marked[name].args.posonlyargs, *marked[name].args.args)]
        if len(names) != 3:
            continue
        for line, key in _keys_of(marked[name], names[2], stores=True):
            if key not in action.outputs:
                yield Finding(file, line, f"{name} sets the output {key}, which ddl.yaml does not declare", False)
        for line, key in _keys_of(marked[name], names[1], stores=False):
            if key not in action.inputs and not action.additional_inputs:
                yield Finding(file, line, f"{name} reads the input {key}, which ddl.yaml does not declare", False)


def _application(name: str, tree: ast.Module) -> Iterator[Finding]:
    file, wanted = "application.py", class_name(name)
    found = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == wanted), None)
    if found is None:
        yield Finding(file, None, f"application.py has no class {wanted}: the class carries the folder's name")
        return
    assigned = {name for node in found.body for name in _bound(node)}
    if "description" not in assigned:
        yield Finding(file, found.lineno, 'it has no description = "...": `mco help` shows that line', False)
    if not _other_bases(found) and "run" not in assigned:
        yield Finding(file, found.lineno, f"the class {wanted} has no run")


def _validator(file: str, validate: _Function) -> Iterator[Finding]:
    for node in ast.walk(validate):
        if isinstance(node, ast.Call) and _dotted(node.func) in ("re.match", "re.search"):
            yield Finding(file, node.lineno, f"{_dotted(node.func)} lets more through than it says: re.fullmatch", False)


def _dangers(file: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _dotted(node.func)
        if called in _CALLS:
            yield Finding(file, node.lineno, f"{called} {_CALLS[called]}", False)
        for keyword in node.keywords:
            if keyword.arg == "shell" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True:
                yield Finding(file, node.lineno, "shell=True lets a caller's text be a command: give a list of words", False)


def _keys_of(method: _Function, variable: str, *, stores: bool) -> Iterator[tuple[int, str]]:
    """Where a plain text is the key of this variable: reply["x"] = ..., request["x"], request.get("x")."""
    for node in ast.walk(method):
        if not isinstance(node, ast.Subscript | ast.Call):
            continue
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == variable:
            key = node.slice if isinstance(node.ctx, ast.Store) == stores else None
        elif isinstance(node, ast.Call) and not stores and _dotted(node.func) == f"{variable}.get" and node.args:
            key = node.args[0]
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield node.lineno, key.value


def _takes(method: _Function, number: int) -> bool:
    arguments = method.args
    most = len(arguments.posonlyargs) + len(arguments.args)
    least = most - len(arguments.defaults)
    is_static = any(_dotted(one) == "staticmethod" for one in method.decorator_list)
    required = any(default is None for default in arguments.kw_defaults)
    return not is_static and not required and least <= number and (number <= most or arguments.vararg is not None)


def _other_bases(found: ast.ClassDef) -> bool:
    """Whether it inherits from more than what a plugin of the kind always does."""
    ours = {"Agent", "Data", "AggregateFunction", "Application", "object"}
    return any(_dotted(base).split(".")[-1] not in ours for base in found.bases)


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement at the top binds."""
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign):
        return {node.target.id} if isinstance(node.target, ast.Name) else set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, _Function | ast.ClassDef):
        return {node.name}
    return {inner for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt) for inner in _bound(child)}


def _dotted(node: ast.expr) -> str:
    """`a.b` of a name, an attribute, or a call of them; empty for what is neither. A chain may be as long as its author likes."""
    words: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            words.append(node.attr)
            node = node.value
        else:
            return ".".join(["", *reversed(words)])
    return ".".join([node.id, *reversed(words)])
