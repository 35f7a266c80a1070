import itertools
import random

import pytest

from mcollective_py.node.view import NodeView
from mcollective_py.server.actionpolicy import Decision, decide, parse_policy

VIEW = NodeView("web1", classes=frozenset({"apache", "base"}), facts={"country": "uk", "cpus": 10, "os": {"family": "Debian"}})


def is_allowed(text, caller="cert=alice", action="restart", view=VIEW):
    return decide(parse_policy(text, "p"), caller, action, view).is_allowed


def problems(text):
    return parse_policy(text, "p").problems


# --- what decides -----------------------------------------------------------------------------------------------------


def test_the_first_line_that_matches_decides_and_is_named():
    policy = parse_policy("# who may\n\nallow\tcert=alice\trestart\t*\t*\ndeny\tcert=alice\t*\t*\t*\n", "/etc/p/service.policy")
    assert decide(policy, "cert=alice", "restart", VIEW) == Decision(True, "/etc/p/service.policy", 3, "allows it")
    assert decide(policy, "cert=alice", "stop", VIEW) == Decision(False, "/etc/p/service.policy", 4, "denies it")
    assert decide(policy, "cert=alice", "stop", VIEW).rule == "/etc/p/service.policy:4"


def test_what_no_line_allows_is_denied():
    assert decide(parse_policy("", "p"), "cert=alice", "restart", VIEW) == Decision(False, "p", None, "has no line that allows it")
    assert decide(parse_policy("", "p"), "cert=alice", "restart", VIEW).rule == "p"


def test_what_no_line_speaks_of_is_allowed_only_where_that_is_asked_for():
    policy = parse_policy("deny\tcert=bob\t*\t*\t*\n", "p")
    assert decide(policy, "cert=alice", "restart", VIEW, is_unlisted_allowed=True).is_allowed
    assert not decide(policy, "cert=bob", "restart", VIEW, is_unlisted_allowed=True).is_allowed


def test_the_default_line_decides_wherever_it_stands():
    assert is_allowed("policy default allow\ndeny\tcert=bob\t*\t*\t*\n")
    assert not is_allowed("policy default allow\ndeny\tcert=bob\t*\t*\t*\n", caller="cert=bob")
    policy = parse_policy("allow\tcert=bob\t*\t*\t*\npolicy default deny\n", "p")
    decision = decide(policy, "cert=alice", "restart", VIEW, is_unlisted_allowed=True)
    assert decision == Decision(False, "p", 2, "denies it by default: no other line matches")


def test_of_two_default_lines_the_last_one_counts_with_a_warning():
    policy = parse_policy("policy default allow\npolicy default deny\n", "p")
    assert policy.default == (2, False)
    assert policy.warnings == ((2, "takes the place of the default in line 1"),)


def test_a_default_of_any_other_word_denies_with_a_warning():
    policy = parse_policy("policy default Allow\n", "p")
    assert policy.default == (1, False)
    assert policy.warnings == ((1, "'Allow' is neither allow nor deny, and counts as deny"),)


def test_a_default_line_may_have_tabs_or_spaces():
    assert is_allowed("policy\tdefault  allow\n")


# --- callers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", ["cert=al", "cert=alicea", "cert=", "alice", "", "cert=Alice", "uid=alice", "cert=alice\n", "*"])
def test_a_caller_matches_only_whole(caller):
    assert not is_allowed("allow\tcert=alice\t*\t*\t*\n", caller=caller)


def test_several_callers_are_separated_by_spaces():
    text = "allow\tcert=alice  uid=500\t*\t*\t*\n"
    assert is_allowed(text) and is_allowed(text, caller="uid=500")
    assert not is_allowed(text, caller="uid=5")
    assert not is_allowed(text, caller="cert=alice uid=500")


def test_two_thousand_pairs_of_callers_and_rules_are_allowed_exactly_when_equal():
    chance = random.Random(1)
    names = ["".join(chance.choices("ab.-_1", k=chance.randint(1, 4))) for _ in range(200)]
    callers = sorted({f"cert=a{name}" for name in names} | {f"uid={number}" for number in (5, 50, 500)})
    pairs = list(itertools.islice(((rule, caller) for rule in chance.sample(callers, len(callers)) for caller in callers), 0, None, 3))
    assert len(pairs) >= 2000
    for rule, caller in pairs[:2000]:
        assert is_allowed(f"allow\t{rule}\t*\t*\t*", caller=caller) is (rule == caller)


# --- actions, facts, classes ------------------------------------------------------------------------------------------


def test_actions_match_whole_and_case_counts():
    text = "allow\t*\tstart restart\t*\t*\n"
    assert is_allowed(text) and is_allowed(text, action="start")
    assert not is_allowed(text, action="stop")
    assert not is_allowed(text, action="Start")
    assert not is_allowed(text, action="star")


@pytest.mark.parametrize(
    ("facts", "allowed"),
    [
        ("country=uk", True),
        ("country=de", False),
        ("country=uk cpus>=10", True),
        ("country=uk cpus>10", False),
        ("cpus>9", True),
        ("cpus<9", False),
        ("cpus<=10", True),
        ("os.family=Debian", True),
        ("nothere=1", False),
        ("*", True),
    ],
)
def test_facts_must_all_hold_and_compare_as_numbers_where_both_are(facts, allowed):
    assert is_allowed(f"allow\t*\t*\t{facts}\t*\n") is allowed


@pytest.mark.parametrize("value", ["'", '"', "#{x}", "`x`", "a'=='a", "${x}", "\\"])
def test_values_of_facts_are_data_whatever_they_look_like(value):
    view = NodeView("web1", facts={"odd": value})
    assert is_allowed(f"allow\t*\t*\todd={value}\t*\n", view=view)
    assert not is_allowed("allow\t*\t*\todd=other\t*\n", view=view)


def test_a_value_of_a_fact_with_a_line_break_matches_nothing_else():
    assert not is_allowed("allow\t*\t*\tcountry=uk\t*\n", view=NodeView("web1", facts={"country": "uk\nde"}))


def test_classes_must_all_be_there_and_may_be_left_out():
    assert is_allowed("allow\t*\t*\t*\tapache base\n")
    assert not is_allowed("allow\t*\t*\t*\tapache nginx\n")
    assert is_allowed("allow\t*\t*\t*\n")


@pytest.mark.parametrize("columns", ["country=uk\t*", "*\tapache"])
def test_what_a_host_does_not_know_never_allows(columns):
    unknown = NodeView("web1", facts=None, classes=None)
    assert not is_allowed(f"allow\t*\t*\t{columns}\n", view=unknown)
    assert not is_allowed(f"deny\t*\t*\t{columns}\npolicy default allow\n", view=unknown)


def test_a_deny_line_that_surely_does_not_match_denies_nothing():
    view = NodeView("web1", facts={"country": "uk"}, classes=None)
    assert is_allowed("deny\t*\t*\tcountry=de\tapache\npolicy default allow\n", view=view)


# --- lines that cannot be read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("deny cert=bob * * *", "the fields are separated by TABs, not by spaces"),
        ("allow", "after allow come callers"),
        ("allow\tcert=a", "there are 1"),
        ("allow\t*\t*\t*\t*\t*", "there are 5"),
        ("Allow\t*\t*\t*\t*", "a line begins with allow, deny"),
        ("permit\t*\t*\t*\t*", "a line begins with allow, deny"),
        ("\tallow\t*\t*\t*", "a line begins with allow, deny"),
        (" allow\t*\t*\t*\t*", "separated by TABs"),
        ("allow\t \t*\t*\t*", "a column is empty"),
        ("allow\t* cert=a\t*\t*\t*", "stands alone"),
        ("allow\t/^cert=/\t*\t*\t*", "a regex for callers is not possible yet"),
        ("allow\tadmins\t*\t*\t*", "groups are not possible yet"),
        ("allow\tcert=a,cert=b\t*\t*\t*", "no caller id"),
        ("allow\tcert=\t*\t*\t*", "no caller id"),
        ("allow\t*\tstart,stop\t*\t*", "no name of an action"),
        ("allow\t*\t/sta/\t*\t*", "no name of an action"),
        ("allow\t*\t*\tapache\t*", "classes stand in the fifth column"),
        ("allow\t*\t*\tapache", "classes stand in the fifth column"),
        ("allow\t*\t*\tcountry=~uk\t*", "no test of a fact"),
        ("allow\t*\t*\tcountry!=uk\t*", "no test of a fact"),
        ("allow\t*\t*\tcountry==uk\t*", "no test of a fact"),
        ("allow\t*\t*\tcountry=/u/\t*", "a regex for facts"),
        ("allow\t*\t*\tcountry=\t*", "no test of a fact"),
        ("allow\t*\t*\tcountry = uk\t*", "no test of a fact"),
        ("allow\t*\t*\tcountry=uk and cpus>1\t*", "compound expressions"),
        ("allow\t*\t*\t!country=uk\t*", "compound expressions"),
        ("allow\t*\t*\tpuppet().enabled=false\t*", "compound expressions"),
        ("allow\t*\t*\t*\tapache or nginx", "compound expressions"),
        ("allow\t*\t*\t*\t/apa/", "no name of a class"),
        ("allow\tcert=a\x00\t*\t*\t*", "a control character"),
        ("allow\tcert=a\t*\t*\t*\rdeny\t*\t*\t*\t*", "a control character"),
        ("allow\tcert=a\x0bcert=b\t*\t*\t*", "a control character"),
        ("policy default", "write `policy default deny`"),
        ("policy default allow please", "write `policy default deny`"),
        ("policy allow", "write `policy default deny`"),
        ("\ufeffpolicy default allow", "a control character"),
    ],
)
def test_a_line_that_cannot_be_read_denies_the_whole_file_and_is_named(line, problem):
    text = f"allow\tcert=alice\t*\t*\t*\n{line}\npolicy default allow\n"
    ((number, reason),) = problems(text)
    assert number == 2
    assert problem in reason
    decision = decide(parse_policy(text, "p"), "cert=alice", "restart", VIEW, is_unlisted_allowed=True)
    assert not decision.is_allowed
    assert decision.rule == "p:2"
    assert problem in decision.reason


def test_every_bad_line_is_named():
    assert [line for line, _ in problems("x\n# fine\ny\nallow\t*\t*\t*\nz\n")] == [1, 3, 5]


def test_line_ends_of_windows_are_line_ends():
    text = "policy default allow\r\ndeny\tcert=bob\trestart\t*\tapache\r\n\r\n"
    assert problems(text) == ()
    assert not is_allowed(text, caller="cert=bob")
    assert is_allowed(text, caller="cert=alice")


def test_blanks_at_the_end_of_a_line_mean_nothing():
    assert is_allowed("allow\tcert=alice\t*\t*\t \t \n")


def test_comments_and_empty_lines_mean_nothing():
    assert problems("# allow\t*\n\n   \n\t# indented\n#") == ()


def test_several_tabs_are_one():
    assert is_allowed("allow\t\tcert=alice\t\t\trestart\t*\t*\n")


def test_a_file_of_too_many_lines_denies():
    assert problems("#\n" * 9_999) == ()
    assert problems("#\n" * 10_000) == ((10_001, "a policy has at most 10000 lines"),)


def test_one_more_deny_line_never_allows_more():
    chance = random.Random(2)
    callers, actions = ["*", "cert=alice", "cert=bob", "cert=alice cert=bob"], ["*", "start", "restart stop"]
    facts, classes = ["*", "country=uk", "cpus>9", "country=de"], ["*", "apache", "nginx"]
    columns = (callers, actions, facts, classes)
    views = [VIEW, NodeView("web1", facts=None, classes=None), NodeView("web1")]
    for _ in range(500):
        count = chance.randint(0, 4)
        words = [[chance.choice(["allow", "deny"]), *(chance.choice(column) for column in columns)] for _ in range(count)]
        lines = ["\t".join(line) for line in words]
        lines += [f"policy default {chance.choice(['allow', 'deny'])}"] * chance.randint(0, 1)
        denial = "\t".join(["deny", *(chance.choice(column) for column in columns)])
        place = chance.randint(0, len(lines))
        more = [*lines[:place], denial, *lines[place:]]
        for caller, action, view in itertools.product(["cert=alice", "cert=bob"], ["start", "restart"], views):
            if is_allowed("\n".join(more), caller, action, view):
                assert is_allowed("\n".join(lines), caller, action, view)
