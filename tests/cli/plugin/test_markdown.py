from mcollective_py.cli.plugin.markdown import index, markdown, plain_page
from mcollective_py.ddl.dataload import data_ddl_from_yaml
from mcollective_py.ddl.load import ddl_from_yaml

HEAD = "metadata: {name: gate, description: 'Gates | <b>*', author: a_b, license: MIT, version: '1', url: u, timeout: 5}\n"


def test_an_agent_is_a_page_with_tables():
    text = HEAD + (
        "actions:\n  - action: open\n    description: Opens\n    impact: destructive\n    needs_confirm: true\n"
        "    input: {how: {prompt: How, description: 'a|b', type: string, validation: '^a|b$', maxlength: 3}}\n"
        "    output: {done: {description: D, display_as: Done, default: false}}\n"
        "    aggregate: [{function: summary, args: [done]}]\n"
    )
    assert markdown(ddl_from_yaml(text, "gate"), "agent").splitlines() == [
        "# gate agent",
        "",
        r"Gates \| \<b\>\*",
        "",
        "* Version: 1",
        r"* Author: a\_b",
        "* License: MIT",
        "* Home page: u",
        "* Timeout: 5 s",
        "",
        "## open",
        "",
        "Opens",
        "",
        "* Impact: destructive",
        "* Asks first: always, unless `--yes` is given",
        "",
        "### Inputs",
        "",
        "| Name | Type | Required | Rules | Description |",
        "|---|---|---|---|---|",
        r"| `how` | string | yes | `^a\|b$`; at most 3 characters | a\|b |",
        "",
        "### Outputs",
        "",
        "| Name | Shown as | Default | Description |",
        "|---|---|---|---|",
        "| `done` | Done | `false` | D |",
        "",
        "### Summaries",
        "",
        "* summary of `done`",
    ]


def test_a_data_plugin_says_how_it_is_asked():
    text = HEAD + "dataquery: {description: The gate, output: {open: {description: Whether, display_as: Open}}}\n"
    assert "`gate().OUTPUT` in a filter of `-S`. The gate" in markdown(data_ddl_from_yaml(text, "gate"), "data plugin")


def test_lists_and_pages_without_a_ddl():
    assert index({"Agents": [("a", "x_y")]}).splitlines()[-1] == r"| `a` | x\_y |"
    assert plain_page("a agent", "Says", {"Source": "/x", "None": ""}) == "# a agent\n\nSays\n\n* Source: /x\n"
