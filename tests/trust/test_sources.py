"""S-55, S-56: what the sources may not do with the words of hosts, nor with the names of temporary files."""

import ast
import os
from pathlib import Path

from mcollective_py.cli.writing import write_atomically
from mcollective_py.privatefile import replace_private
from tests.test_repository import SHIPPED, calls

# Each makes its file or folder anew with O_EXCL or mkdir, mode 0600 or 0700, under a name of its own.
SAFE = {"mkstemp", "mkdtemp", "TemporaryDirectory", "TemporaryFile", "NamedTemporaryFile"}
# Templates under another name than that of a constant, all of them out of tables of ours.
OURS = {
    ("agents/exim/fields.py", "meaning"),  # _MEANINGS of Exim's one-letter fields
    ("mcollective_py/cli/doctor/brokers.py", "text"),  # what to do about a certificate
    ("mcollective_py/server/logs.py", "self"),  # a log handler's own method, no text
    ("mcollective_py/compound.py", "self.words.connective"),  # how a parser's own messages go
}
TREE = Path(__file__).parents[2]


def is_constant(template: ast.expr) -> bool:
    """A text as it stands, or what a constant of the module holds: `_STAGES[stage][1]`, `_TRUST.get(provider)`."""
    while isinstance(template, ast.Subscript | ast.Attribute | ast.Call):
        template = template.func if isinstance(template, ast.Call) else template.value
    return isinstance(template, ast.Constant) or (isinstance(template, ast.Name) and template.id.isupper())


def test_s55_no_template_is_made_of_anything_but_our_own_words() -> None:
    """`{0.__class__}` of a host reads attributes where it is the template of format()."""
    found = []
    for path in SHIPPED:
        for call, name in calls(path):
            where = f"{path.relative_to(TREE)}:{call.lineno}"
            if name in ("string.Template", "Template.substitute", "jinja2.Template"):
                found.append(where)
            if isinstance(call.func, ast.Attribute) and call.func.attr in ("format", "format_map"):
                template = call.func.value
                is_known = (str(path.relative_to(TREE)), name.rpartition(".")[0]) in OURS
                if not (is_known or is_constant(template) or ast.unparse(template) == "super()"):
                    found.append(where)
    assert found == []


def test_s56_temporary_files_are_made_by_what_never_opens_anothers() -> None:
    used = {
        (name, f"{path.relative_to(TREE)}:{call.lineno}")
        for path in SHIPPED
        for call, name in calls(path)
        if name.startswith("tempfile.") or name in ("os.tmpnam", "os.tempnam", "mktemp")
    }
    assert used, "tempfile is used under another name"
    assert [where for name, where in used if name.removeprefix("tempfile.") not in SAFE] == []


def test_s56_a_link_in_the_way_is_replaced_and_never_followed(tmp_path: Path) -> None:
    """A thousand links to a file that is not to be touched, put where the next file goes."""
    victim = tmp_path / "victim"
    victim.write_text("as it was")
    folder = tmp_path / "own"
    folder.mkdir(mode=0o700)
    for number in range(500):
        for write in (lambda file: write_atomically(file, "ours", 0o600), lambda file: replace_private(file, "ours")):
            file = folder / f"file{number}"
            file.unlink(missing_ok=True)
            os.symlink(victim, file)
            write(file)
            assert not file.is_symlink() and file.read_text() == "ours"
    assert victim.read_text() == "as it was"
