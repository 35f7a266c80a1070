import pytest

from mcollective_py.cli.plugin.ddllint import lint_data, lint_ddl, lint_metadata
from mcollective_py.ddl.dataload import data_ddl_from_yaml
from mcollective_py.ddl.document import from_yaml
from mcollective_py.ddl.load import ddl_from_yaml

HEAD = "metadata: {name: x, description: Says x, author: a, license: l, version: '1', url: u, timeout: 5}\n"
ACTION = """\
actions:
  - action: go
    description: Goes
    impact: read
    input:
      to: {prompt: To, description: Where to, type: string, validation: '^[a-z]+$', maxlength: 9}
    output:
      done: {description: What became of it, display_as: Done}
"""


def lint(text):
    return [(one.line, one.text.partition(": ")[2]) for one in lint_ddl(from_yaml(text, "x"), ddl_from_yaml(text, "x"))]


def test_a_ddl_that_says_all_has_nothing_wrong():
    assert lint(HEAD + ACTION) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("'^[a-z]+$'", "'[a-z]+'", 7, "begin it with ^ and end it with $"),
        ("'^[a-z]+$'", "'^[a-z]+'", 7, "begin it with ^ and end it with $"),
        ("'^[a-z]+$'", "asset_tag", 7, "there is no validator asset_tag here"),
        (", maxlength: 9", "", 7, "to has no maxlength"),
        (", validation: '^[a-z]+$', maxlength: 9", "", 7, "neither validation nor maxlength"),
        ("    impact: read\n", "", 3, "go says no impact"),
        ("impact: read", "impact: destructive", 5, "`needs_confirm: true` has `mco` ask first"),
        ("impact: read", "impact: read\n    supports_noop: true", 6, "nothing to leave out"),
        ("impact: read", "impact: read\n    additional_inputs: true", 6, "are not checked"),
        ("description: Goes", "description: TODO", 4, "finds no description"),
        ("description: Where to", "description: ''", 7, "finds no description"),
        ("display_as: Done", "display_as: ''", 9, "finds no display_as"),
        ("type: string, validation: '^[a-z]+$', maxlength: 9", "type: any", 7, "a type has it checked"),
        ("maxlength: 9", "maxlength: 9, optional: true, default: home", 7, "an optional input never gets its default"),
        ("display_as: Done", "display_as: Done, type: integer, default: none", 9, "the default itself must be a whole number"),
        ("    output:\n      done: {description: What became of it, display_as: Done}\n", "", 3, "declares no outputs"),
    ],
)
def test_what_could_be_better_is_told_with_its_line(old, new, line, says):
    assert old in ACTION
    [(at, text)] = lint(HEAD + ACTION.replace(old, new))
    assert (at, says in text) == (line, True), text


@pytest.mark.parametrize(("format", "found"), [("%s x %d", []), ("%2$s", []), ("%q", [11]), ("%s: 50%", [11])])
def test_a_format_that_fits_no_values_is_told(format, found):
    summary = f"    aggregate:\n      - {{function: summary, args: [done, {{format: '{format}'}}]}}\n"
    assert [line for line, _ in lint(HEAD + ACTION + summary)] == found


def test_metadata_that_says_nothing_is_told():
    text = HEAD.replace("description: Says x", "description: ''").replace("license: l", "license: none")
    assert [one.text.partition(":")[0] for one in lint_metadata(from_yaml(text, "x"))] == ["metadata.description", "metadata.license"]


def test_the_query_of_a_data_plugin_is_looked_at_too():
    text = HEAD + (
        "dataquery:\n  description: d\n  input: {query: {prompt: q, description: What, type: string}}\n"
        "  output: {x: {description: The x, display_as: X}}\n"
    )
    found = lint_data(from_yaml(text, "x"), data_ddl_from_yaml(text, "x").query)
    assert [(one.line, one.is_error, "anybody may send any text" in one.text) for one in found] == [(4, False, True)]
