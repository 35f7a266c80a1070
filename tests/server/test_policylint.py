import pytest

from mcollective_py.plugins.ddlfiles import agent_ddl
from mcollective_py.server.policylint import lint_groups, lint_policy, unknown_groups
from mcollective_py.server.policytext import parse_groups, parse_policy

GROUPS = "ops cert=alice cert=carol\nadmins cert=bob\nempty\n"
DDL = agent_ddl("package", [])


def nobody_is_wrong(caller):
    return None


def findings(lines, ddl=None, caller_problem=nobody_is_wrong, *, is_plain=False, default="policy default deny\n"):
    policy = parse_policy(default + "\n".join(line.replace(" | ", "\t") for line in lines), "p")
    assert policy.problems == ()
    return lint_policy(policy, parse_groups(GROUPS, "groups"), ddl, caller_problem, is_plain=is_plain)


def test_a_sensible_policy_has_no_findings():
    lines = ["allow | ops | * | * | *", "deny | cert=bob | purge | * | *", "allow | cert=bob | * | os=Debian | apache | package=nginx"]
    assert findings(lines, DDL) == []


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["deny | * | * | * | *", "allow | cert=bob | status | * | *"], "never decides: line 2 denies it before"),
        (["allow | cert=bob | * | * | *", "deny | cert=bob | purge | * | *"], "never decides: line 2 allows it before"),
        (["allow | ops | status | * | *", "allow | cert=carol | status | a=1 | x"], "never decides: line 2 says the same"),
        (["allow | cert=bob cert=alice | * | * | *", "allow | admins | * | * | *"], "never decides: line 2 says the same"),
        (["allow | cert=alice cert=carol | * | * | *", "allow | ops | * | * | *"], "never decides: line 2 says the same"),
        (["allow | /cert=.+/ | * | * | *", "deny | cert=bob | * | * | *"], None),
        (["allow | /cert=.+/ | * | * | *", "allow | cert=bob | * | * | *"], "never decides: line 2 says the same"),
        (["allow | * | * | a=1 | *", "allow | cert=bob | * | b=2 a=1 | *"], "never decides: line 2 says the same"),
        (["allow | * | * | a=1 | *", "deny | * | * | a=1 | *"], None),
        (["deny | * | * | a=1 | *", "allow | * | * | a=1 b=2 | *"], "never decides: line 2 denies it before"),
        (["allow | cert=bob | status | * | *", "allow | cert=bob | status purge | * | *"], None),
        (["allow | cert=bob | * | * | *", "allow | cert=bob cert=alice | status | * | *"], None),
        (["allow | cert=bob | * | * | * | package=x", "allow | cert=bob | * | * | *"], None),
    ],
)
def test_a_line_that_comes_too_late_is_named_with_the_one_before(lines, text):
    told = [sentence for line, sentence in findings(lines) if line == 3 and "never" in sentence]
    assert told == ([text] if text else [])


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("allow | ops | instal status | * | *", "the agent has no action instal: there are "),
        ("allow | ops | install | * | * | pakage=nginx", "install take no input pakage"),
        ("allow | ops | * | * | * | pakage=nginx", "take no input pakage"),
        ("allow | ops | * | a=1 a=2 | *", "the fact a cannot be 1 and 2, unless it is a list"),
        ("allow | ops | * | * | * | package=a package=b", "the input package cannot be a and b"),
        ("allow | * | * | * | *", "allows everything to every caller"),
        ("deny | empty | * | * | *", "the group empty is empty, so that this denies nobody"),
        ("deny | /cert=/ | * | * | *", "finds something in every caller"),
    ],
)
def test_what_cannot_be_meant_is_named(line, text):
    ((number, sentence),) = findings([line], DDL)
    assert number == 2
    assert text in sentence


def test_a_sensitive_input_does_not_belong_into_a_policy():
    ddl = agent_ddl("shell", [])
    secret = [(action.name, name) for action in ddl.actions.values() for name, one in action.inputs.items() if one.sensitive]
    assert secret
    action, name = secret[0]
    assert [sentence for _, sentence in findings([f"allow | ops | {action} | * | * | {name}=x"], ddl)] == [
        f"the input {name} is sensitive, and its value would stand in this file"
    ]


def test_a_plain_agent_has_one_action_and_no_inputs():
    told = findings(["allow | ops | ping | * | *", "allow | ops | handlemsg | * | * | a=b"], is_plain=True)
    assert [(line, sentence.partition(":")[0]) for line, sentence in told] == [
        (2, "the agent has no action ping"),
        (3, "a plain message has no inputs"),
    ]


def test_the_default_line_is_told_where_it_is_missing_or_allows():
    assert "plugin.actionpolicy.allow_unconfigured decides" in findings([], default="")[0][1]
    ((line, sentence),) = findings([], default="policy default allow\n")
    assert (line, sentence.partition(",")[0]) == (1, "what no line speaks of is allowed")


def test_callers_that_nobody_can_be_are_named_in_policies_and_groups():
    def problem(caller):
        return f"nobody is {caller}" if caller == "cert=alice" else None

    assert findings(["allow | cert=alice cert=bob | * | * | *"], caller_problem=problem) == [(2, "nobody is cert=alice")]
    policy = parse_policy("allow\tops admins empty\t*\t*\t*\n", "p")
    assert lint_groups(parse_groups(GROUPS, "g"), [policy], problem) == [(1, "nobody is cert=alice")]


def test_groups_that_are_of_no_use_or_unknown_are_named():
    policy = parse_policy("allow\tops nosuch\t*\t*\t*\n", "p")
    groups = parse_groups(GROUPS, "g")
    assert lint_groups(groups, [policy], nobody_is_wrong) == [
        (2, "no policy here names the group admins"),
        (3, "no policy here names the group empty"),
    ]
    ((line, sentence),) = unknown_groups(policy, groups)
    assert line == 1
    assert sentence.startswith("there is no group nosuch in g; an allow line for it allows nobody")
