import pytest

from mcollective_py.ddl.dataload import data_ddl_from_yaml, plugin_ddl_from_yaml
from mcollective_py.errors import DDLError

HEAD = 'metadata: {name: stock, description: d, author: a, license: l, version: "1", url: u, timeout: 2}\n'
DDL = f"""{HEAD}usage: Ask for a thing.
dataquery:
  description: What is in stock
  input:
    query: {{prompt: Thing, description: The thing, type: string, maxlength: 20, optional: true}}
  output:
    count: {{description: How many, display_as: Count, default: 0}}
"""


def test_a_data_plugins_ddl_is_read():
    ddl = data_ddl_from_yaml(DDL, "stock")
    assert (ddl.metadata.timeout, ddl.description, ddl.usage, ddl.needs_query) == (2.0, "What is in stock", "Ask for a thing.", False)
    assert (ddl.query.maxlength, ddl.outputs["count"].default) == (20, 0)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    query:", "    thing:", "one input at most, and it is called query"),
        ("type: string, maxlength: 20", "type: hash", "a query is one of string"),
        ("    count: {description: How many, display_as: Count, default: 0}", "    {}", "at least one output"),
        ("default: 0", "default: [1]", "must be text, a number, true or false"),
        ("usage:", 'requires: {mcollective: "3"}\nusage:', "wants 3 or newer"),
        ("name: stock", "name: store", "the folder is called stock"),
    ],
)
def test_a_mistake_is_named(old, new, says):
    with pytest.raises(DDLError, match=says):
        data_ddl_from_yaml(DDL.replace(old, new), "stock")


def test_a_validator_or_aggregate_has_metadata_and_usage():
    ddl = plugin_ddl_from_yaml(HEAD + "usage: Use it.\n", "stock")
    assert (ddl.metadata.name, ddl.usage) == ("stock", "Use it.")
    with pytest.raises(DDLError, match="unknown key"):
        plugin_ddl_from_yaml(HEAD + "actions: []\n", "stock")
