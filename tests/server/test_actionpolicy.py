import itertools
import random

import pytest

from mcollective_py.errors import RPCAborted
from mcollective_py.node.view import NodeView
from mcollective_py.server.actionpolicy import Asked, Decision, decide, trace
from mcollective_py.server.policytext import parse_groups, parse_policy

VIEW = NodeView("web1", classes=frozenset({"apache", "base"}), facts={"country": "uk", "cpus": 10, "os": {"family": "Debian"}})


def is_allowed(text, caller="cert=alice", action="restart", view=VIEW, groups="", **asked):
    return decide(parse_policy(text, "p"), Asked(caller, action, **asked), view, parse_groups(groups, "groups")).is_allowed


# --- what decides -----------------------------------------------------------------------------------------------------


def test_the_first_line_that_matches_decides_and_is_named():
    policy = parse_policy("# who may\n\nallow\tcert=alice\trestart\t*\t*\ndeny\tcert=alice\t*\t*\t*\n", "/etc/p/service.policy")
    assert decide(policy, Asked("cert=alice", "restart"), VIEW) == Decision(True, "/etc/p/service.policy", 3, "allows it")
    assert decide(policy, Asked("cert=alice", "stop"), VIEW) == Decision(False, "/etc/p/service.policy", 4, "denies it")
    assert decide(policy, Asked("cert=alice", "stop"), VIEW).rule == "/etc/p/service.policy:4"


def test_what_no_line_allows_is_denied():
    assert decide(parse_policy("", "p"), Asked("cert=alice", "restart"), VIEW) == Decision(
        False, "p", None, "has no line that allows it"
    )
    assert decide(parse_policy("", "p"), Asked("cert=alice", "restart"), VIEW).rule == "p"


def test_what_no_line_speaks_of_is_allowed_only_where_that_is_asked_for():
    policy = parse_policy("deny\tcert=bob\t*\t*\t*\n", "p")
    assert decide(policy, Asked("cert=alice", "restart"), VIEW, is_unlisted_allowed=True).is_allowed
    assert not decide(policy, Asked("cert=bob", "restart"), VIEW, is_unlisted_allowed=True).is_allowed


def test_the_default_line_decides_wherever_it_stands():
    assert is_allowed("policy default allow\ndeny\tcert=bob\t*\t*\t*\n")
    assert not is_allowed("policy default allow\ndeny\tcert=bob\t*\t*\t*\n", caller="cert=bob")
    policy = parse_policy("allow\tcert=bob\t*\t*\t*\npolicy default deny\n", "p")
    decision = decide(policy, Asked("cert=alice", "restart"), VIEW, is_unlisted_allowed=True)
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


@pytest.mark.parametrize(
    ("caller", "allowed"),
    [("cert=ops-1", True), ("cert=ops-", False), ("cert=ops-1x", False), ("xcert=ops-1", False), ("cert=dba", True)],
)
def test_a_regular_expression_allows_only_whole_callers(caller, allowed):
    assert is_allowed("allow\t/cert=ops-[0-9]+/ /cert=(dba|web)/\t*\t*\t*\n", caller) is allowed


@pytest.mark.parametrize(("caller", "allowed"), [("cert=bob", False), ("cert=bobby", False), ("cert=alice", True)])
def test_a_regular_expression_denies_by_a_part_too(caller, allowed):
    assert is_allowed("deny\t/cert=bob/\t*\t*\t*\npolicy default allow\n", caller) is allowed


def test_whoever_is_in_a_group_is_meant_and_nobody_else():
    groups = "# ours\nops cert=alice  cert=carol\nempty\nrest /cert=r.*/\n"
    assert is_allowed("allow\tops\t*\t*\t*\n", groups=groups)
    assert not is_allowed("allow\tops\t*\t*\t*\n", "cert=al", groups=groups)
    assert not is_allowed("allow\tops\t*\t*\t*\n", "cert=ops", groups=groups)
    assert is_allowed("allow\tcert=bob ops\t*\t*\t*\n", "cert=bob", groups=groups)
    assert is_allowed("allow\trest\t*\t*\t*\n", "cert=rob", groups=groups)


def test_an_empty_group_means_nobody():
    assert not is_allowed("allow\tempty\t*\t*\t*\n", groups="empty\n")
    assert is_allowed("deny\tempty\t*\t*\t*\npolicy default allow\n", groups="empty\n")


def test_a_group_with_the_name_of_a_caller_means_its_members_and_not_him():
    text = "allow\talice\t*\t*\t*\n"
    assert not is_allowed(text, "cert=alice", groups="alice cert=bob\n")
    assert is_allowed(text, "cert=bob", groups="alice cert=bob\n")


@pytest.mark.parametrize("groups", ["", "ops cert=alice\nothers bob\n"])
def test_a_group_that_nobody_knows_allows_nobody_and_denies_everybody(groups):
    group = "ops" if groups else "nosuch"
    assert not is_allowed(f"allow\t{group}\t*\t*\t*\n", groups=groups)
    assert not is_allowed(f"deny\t{group}\t*\t*\t*\npolicy default allow\n", groups=groups)
    assert is_allowed(f"allow\t{group}\t*\t*\t*\nallow\tcert=alice\t*\t*\t*\n", groups=groups)


def test_extensions_of_the_callers_certificate_may_be_asked_for():
    text = "allow\text:pp_auth_role=ops ext:pp_role=/db.*/\t*\t*\t*\n"
    assert is_allowed(text, extensions={"pp_auth_role": "ops"})
    assert is_allowed(text, extensions={"pp_role": "dba"})
    assert not is_allowed(text, extensions={"pp_auth_role": "opsx", "pp_role": "xdba"})
    assert not is_allowed(text, extensions={})
    assert not is_allowed(text, caller="pp_auth_role=ops", extensions={})


def test_where_no_extensions_are_known_they_never_allow():
    assert not is_allowed("allow\text:pp_auth_role=ops\t*\t*\t*\n")
    assert not is_allowed("deny\text:pp_auth_role=guest\t*\t*\t*\npolicy default allow\n")
    assert is_allowed("deny\text:pp_auth_role=guest\t*\t*\t*\npolicy default allow\n", extensions={})


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


@pytest.mark.parametrize(
    ("columns", "allowed"),
    [
        ("country=uk and apache\t*", True),
        ("(country=de or cpus>9) and not nginx\t*", True),
        ("!country=uk\t*", False),
        ("country=de or\tcountry=de", None),
        ("country=/^u/\t*", True),
        ("country=~/^u/ cpus>9\t*", True),
        ("*\tapache or nginx", True),
        ("*\tnot apache", False),
        ("*\t/^apa/ base", True),
        ("*\tcountry=uk and base", True),
        ("country=uk apache base", True),
        ("apache", True),
        ("country=uk nginx", False),
        ("nginx or cpus<=10", True),
    ],
)
def test_columns_four_and_five_may_be_expressions_and_the_fourth_alone_a_mix(columns, allowed):
    policy = parse_policy(f"allow\t*\t*\t{columns}\n", "p")
    assert bool(policy.problems) is (allowed is None)
    assert decide(policy, Asked("cert=alice", "restart"), VIEW).is_allowed is bool(allowed)


def test_and_and_or_beside_one_another_are_taken_from_left_to_right_with_a_warning():
    line = "allow\t*\t*\tcountry=uk or cpus>9 and nginx\t*\n"
    assert not is_allowed(line)
    ((number, warning),) = parse_policy(line, "p").warnings
    assert number == 1
    assert "write parentheses" in warning
    assert is_allowed("allow\t*\t*\tcountry=uk or (cpus>9 and nginx)\t*\n")
    assert parse_policy("allow\t*\t*\tcountry=uk and nginx or cpus>9\t*\n", "p").warnings == ()


def test_a_fact_that_is_not_there_never_allows_below_a_not():
    assert not is_allowed("allow\t*\t*\tnot environment=production\t*\n")
    assert not is_allowed("deny\t*\t*\tnot environment=staging\t*\npolicy default allow\n")
    assert is_allowed("deny\t*\t*\tenvironment=staging\t*\npolicy default allow\n")
    assert is_allowed("allow\t*\t*\tnot (country=de)\t*\n")
    assert is_allowed("allow\t*\t*\tnot not (country=uk)\t*\n")
    assert not is_allowed("allow\t*\t*\tnot not environment=production\t*\n")


def test_facts_may_be_compared_as_texts_as_the_ruby_plugin_does():
    policy = parse_policy("allow\t*\t*\tcpus>9\t*\n", "p")
    assert decide(policy, Asked("cert=alice", "restart"), VIEW).is_allowed
    assert not decide(policy, Asked("cert=alice", "restart"), VIEW, compares_text=True).is_allowed


# --- data plugins -----------------------------------------------------------------------------------------------------


def asking(answers, asked):
    """A host whose data plugins give these answers by name; what is asked is noted."""

    def data(name, query):
        asked.append((name, query))
        if isinstance(answers.get(name), Exception):
            raise answers[name]
        return answers.get(name)

    return NodeView("web1", facts={"country": "uk"}, classes=frozenset(), data=data)


def test_a_data_plugin_may_decide_and_is_asked_once_and_only_where_all_else_holds():
    asked = []
    view = asking({"puppet": {"enabled": False}}, asked)
    line = "allow\tcert=alice\trestart\tpuppet().enabled=false and country=uk\t*\n"
    assert is_allowed(line, view=view)
    assert asked == [("puppet", None)]
    assert not is_allowed(line, "cert=bob", view=view)
    assert not is_allowed(line.replace("=uk", "=de"), view=view)
    assert not is_allowed(line.replace("false and", "true and") + line.replace("false and", "true and"), view=view)
    assert asked == [("puppet", None)] * 2


@pytest.mark.parametrize("answer", [None, {}, {"enabled": None}, {"enabled": "false"}, RPCAborted("no lock file")])
def test_a_data_plugin_without_an_answer_never_allows(answer):
    view = asking({"puppet": answer}, [])
    for test in ("puppet().enabled=false", "not puppet().enabled=true", "not (country=de or puppet().enabled=true)"):
        if answer == {"enabled": "false"} and "=false" in test:
            continue
        assert not is_allowed(f"allow\t*\t*\t{test}\t*\n", view=view) or answer == {"enabled": "false"}
    if answer != {"enabled": "false"}:
        assert not is_allowed("deny\t*\t*\tnot puppet().enabled=true\t*\npolicy default allow\n", view=view)


# --- inputs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "inputs", "allowed"),
    [
        ("package=nginx", {"package": "nginx"}, True),
        ("package=nginx", {"package": "nginx-full"}, False),
        ("package=nginx", {}, False),
        ("package=nginx", None, False),
        ("package=/nginx/", {"package": "nginx"}, True),
        ("package=/nginx/", {"package": "evil-nginx"}, False),
        ("package=/^nginx$/", {"package": "evil\nnginx"}, False),
        ("package=~/nginx(-[a-z]+)?/ version>=1.9", {"package": "nginx-full", "version": "1.10"}, True),
        ("version>=1.9", {"version": "1.8"}, False),
        ("version>=1.9", {"version": "latest"}, False),
        ("lines<100", {"lines": 99}, True),
        ("lines<100", {"lines": 100}, False),
        ("lines<100", {"lines": "!"}, False),
        ("lines<100", {"lines": -5.5}, True),
        ("force=true", {"force": True}, True),
        ("not force=true", {"force": False}, True),
        ("not force=true", {}, True),
        ("not package=/ssh/", {"package": "openssh-server"}, False),
        ("not package=/ssh/", {"package": "nginx"}, True),
        ("package=nginx or package=apache2", {"package": "apache2"}, True),
        ("package='a b'", {"package": "a b"}, True),
        ("packages=nginx", {"packages": ["nginx", "nginx"]}, True),
        ("packages=nginx", {"packages": ["nginx", "sudo"]}, False),
        ("packages=nginx", {"packages": []}, False),
        ("not packages=sudo", {"packages": ["nginx", "sudo"]}, False),
        ("not packages=sudo", {"packages": ["nginx", "vim"]}, True),
        ("properties=ensure", {"properties": {"ensure": "absent"}}, False),
        ("properties.ensure=present", {"properties": {"ensure": "present"}}, True),
        ("*", None, True),
    ],
)
def test_column_six_asks_for_inputs_and_what_is_left_open_does_not_allow(column, inputs, allowed):
    assert is_allowed(f"allow\t*\t*\t*\t*\t{column}\n", inputs=inputs) is allowed


@pytest.mark.parametrize(
    ("column", "inputs", "allowed"),
    [
        ("package=/ssh/", {"package": "openssh-server"}, False),
        ("packages=sudo", {"packages": ["nginx", "sudo"]}, False),
        ("packages=sudo", {"packages": ["nginx"]}, True),
        ("package=sudo", {}, True),
        ("package=sudo", None, False),
        ("lines>100", {"lines": "many"}, False),
    ],
)
def test_a_deny_line_denies_where_its_inputs_are_left_open(column, inputs, allowed):
    assert is_allowed(f"deny\t*\t*\t*\t*\t{column}\npolicy default allow\n", inputs=inputs) is allowed


def test_costly_lines_end_as_a_denial_and_soon():
    pattern = "(a|b|ab)*(c|d)(a|b)*x"
    lines = "".join(f"deny\t*\t*\t*\t*\tv=/{pattern}{number}/\n" for number in range(300))
    policy = parse_policy(f"{lines}policy default allow\n", "p")
    decision = decide(policy, Asked("cert=alice", "restart", {"v": "ab" * 30_000}), VIEW)
    assert not decision.is_allowed
    assert decision.reason == "denies it: the inputs leave it open"


# --- what is told -----------------------------------------------------------------------------------------------------


def test_a_denial_says_which_line_might_have_allowed_it_and_what_is_not_known():
    policy = parse_policy("allow\tcert=bob\t*\t*\t*\nallow\tops\t*\t*\t*\n", "p")
    decision = decide(policy, Asked("cert=alice", "restart"), VIEW, parse_groups("", "/etc/p/groups"))
    assert decision.reason == "has no line that allows it; line 2 might allow it, but there is no group ops in /etc/p/groups"
    policy = parse_policy("deny\t*\t*\tcountry=uk\t*\n", "p")
    decision = decide(policy, Asked("cert=alice", "restart"), NodeView("web1", facts=None))
    assert decision == Decision(False, "p", 1, "denies it: this host does not know the facts that it asks for")


def test_a_denial_tells_no_condition_of_the_file():
    policy = parse_policy("allow\t*\t*\tsecret=x and puppet().enabled=true\ty\tz=/w/\n", "p")
    for inputs in ({"z": "w"}, {"z": "ww"}, None):
        decision = decide(policy, Asked("cert=alice", "restart", inputs), NodeView("web1", facts={"secret": "x"}, classes=None))
        assert not any(word in decision.reason for word in ("secret", "puppet", "z="))


def test_a_trace_tells_of_each_line_up_to_the_one_that_decides():
    text = "allow\tcert=bob\t*\t*\t*\nallow\t*\tstop\t*\t*\nallow\t*\t*\tcountry=de\t*\nallow\t*\t*\t*\tapache\ndeny\t*\t*\t*\t*\n"
    found = list(trace(parse_policy(text, "p"), Asked("cert=alice", "restart"), VIEW))
    assert [(one.rule.line, one.value, one.reason, one.about) for one in found] == [
        (1, False, "is for other callers", ""),
        (2, False, "is for other actions", ""),
        (3, False, "is for other hosts", "country==de"),
        (4, True, "", ""),
    ]
    assert [one.decides for one in found] == [False, False, False, True]


# --- what must hold of any file ---------------------------------------------------------------------------------------


def test_one_more_deny_line_never_allows_more():
    chance = random.Random(2)
    callers = ["*", "cert=alice", "cert=bob", "cert=alice cert=bob", "/cert=al/", "/cert=.*/", "ops", "nosuch", "ext:pp_role=dba"]
    facts = [
        "*",
        "country=uk",
        "cpus>9",
        "country=de",
        "not country=de",
        "nothere=1",
        "not nothere=1",
        "fact('x').value=1 or country=uk",
    ]
    columns = (callers, ["*", "start", "restart stop"], facts, ["*", "apache", "not nginx"], ["*", "p=x", "not p=x", "p=/x/"])
    asked = [(inputs, extensions) for inputs in (None, {}, {"p": "x"}, {"p": "xy"}) for extensions in (None, {"pp_role": "dba"})]
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
            inputs, extensions = chance.choice(asked)
            rest = {"groups": "ops cert=bob\n", "inputs": inputs, "extensions": extensions}
            if is_allowed("\n".join(more), caller, action, view, **rest):
                assert is_allowed("\n".join(lines), caller, action, view, **rest)


def test_to_know_less_never_allows_more():
    chance = random.Random(3)
    tests = ["country=uk", "not country=de", "not nothere=1", "apache", "not nginx", "fact('x').value=1", "not fact('x').value=1"]
    data = {"facts": VIEW.facts, "classes": VIEW.classes, "data": lambda name, query: {"value": "1"}}
    for _ in range(500):
        lines = []
        for _ in range(chance.randint(1, 4)):
            words = [chance.choice(["allow", "deny"]), chance.choice(["*", "ops", "cert=alice", "ext:pp_role=dba", "/cert=.*/"]), "*"]
            column = f" {chance.choice(['and', 'or'])} ".join(chance.choices(tests, k=chance.randint(1, 3)))
            lines.append("\t".join([*words, f"{column} or country=zz", "*", chance.choice(["*", "p=x", "not p=y"])]))
        text = "\n".join([*lines, f"policy default {chance.choice(['allow', 'deny'])}"])
        asked = {"groups": "ops cert=alice\n", "inputs": {"p": "x"}, "extensions": {"pp_role": "dba"}}
        less = dict(asked)
        for name in chance.sample(sorted(asked), chance.randint(0, 3)):
            less[name] = "" if name == "groups" else None
        view = NodeView("web1", **data)
        unknown = {"facts": None, "classes": None, "data": lambda name, query: None}
        dim = NodeView("web1", **(data | {name: unknown[name] for name in chance.sample(sorted(data), chance.randint(0, 3))}))
        if is_allowed(text, view=dim, **less):
            assert is_allowed(text, view=view, **asked), text
