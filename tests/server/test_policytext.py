import pytest

from mcollective_py.node.view import NodeView
from mcollective_py.server.actionpolicy import Asked, decide
from mcollective_py.server.policytext import parse_groups, parse_policy

VIEW = NodeView("web1", classes=frozenset({"apache"}), facts={"country": "uk"})


def problems(text):
    return parse_policy(text, "p").problems


def is_allowed(text, caller="cert=alice", action="restart"):
    return decide(parse_policy(text, "p"), Asked(caller, action), VIEW).is_allowed


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("deny cert=bob * * *", "the fields are separated by TABs, not by spaces"),
        ("allow", "after allow come callers"),
        ("allow\tcert=a", "there are 1"),
        ("allow\t*\t*\t*\t*\t*\t*", "there are 6"),
        ("Allow\t*\t*\t*\t*", "a line begins with allow, deny"),
        ("permit\t*\t*\t*\t*", "a line begins with allow, deny"),
        ("\tallow\t*\t*\t*", "a line begins with allow, deny"),
        (" allow\t*\t*\t*\t*", "separated by TABs"),
        ("allow\t \t*\t*\t*", "a column is empty"),
        ("allow\t* cert=a\t*\t*\t*", "stands alone"),
        ("allow\tcert=a,cert=b\t*\t*\t*", "no caller id"),
        ("allow\tcert=\t*\t*\t*", "no caller id"),
        ("allow\tops!\t*\t*\t*", "no caller id like cert=alice, no group"),
        ("allow\t/cert=a\t*\t*\t*", "between two slashes"),
        ("allow\t//\t*\t*\t*", "between two slashes"),
        ("allow\t/cert=(a/\t*\t*\t*", "a ) is missing"),
        ("allow\t/cert=a)|(.*/\t*\t*\t*", "a ) too many"),
        ("allow\t/(?=a)/\t*\t*\t*", "look-ahead"),
        ("allow\t/(?x)cert=a#/\t*\t*\t*", "not taken"),
        ("allow\text:pp_role\t*\t*\t*", "write ext:NAME=VALUE"),
        ("allow\text:role=dba\t*\t*\t*", "'role' is no word for an extension; there are pp_application"),
        ("allow\text:pp_role=/db\t*\t*\t*", "between two slashes"),
        ("allow\t*\tstart,stop\t*\t*", "no name of an action"),
        ("allow\t*\t/sta/\t*\t*", "no name of an action"),
        ("allow\t*\t*\tapache\t*", "classes stand in the fifth column"),
        ("allow\t*\t*\tcountry!=uk\t*", "write not, as in not os=Debian"),
        ("allow\t*\t*\tcountry==uk\t*", "no test like os=Debian"),
        ("allow\t*\t*\tcountry=~uk\t*", "between slashes"),
        ("allow\t*\t*\tcountry>/u/\t*", "between slashes"),
        ("allow\t*\t*\tcountry=/u(/\t*", "a ) is missing"),
        ("allow\t*\t*\tcountry=\t*", "no test like os=Debian"),
        ("allow\t*\t*\tcountry = uk\t*", "no test like os=Debian"),
        ("allow\t*\t*\tcountry=uk and\t*", "a test is missing"),
        ("allow\t*\t*\tcountry=uk and cpus>1 x=2\t*", "'and' or 'or' is missing"),
        ("allow\t*\t*\t(country=uk\t*", "never closed"),
        ("allow\t*\t*\tpuppet().enabled\t*", "compared with"),
        ("allow\t*\t*\tnot country=/u(/\t*", "a ) is missing"),
        ("allow\t*\t*\t*\tos=Debian", "no name of a class"),
        ("allow\t*\t*\t*\t/apa", "no name of a class"),
        ("allow\t*\t*\t*\t/apa[/", "not taken"),
        ("allow\t*\t*\t*\t*\tnginx", "no test like os=Debian"),
        ("allow\t*\t*\t*\t*\tnot nginx", "no test of an input"),
        ("allow\t*\t*\t*\t*\tnot puppet().enabled=true", "data functions stand in columns 4 and 5"),
        ("allow\t*\t*\t*\t*\t* a=b", "stands alone"),
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
    assert "\n" not in reason
    decision = decide(parse_policy(text, "p"), Asked("cert=alice", "restart"), VIEW, is_unlisted_allowed=True)
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


def test_a_file_has_only_so_many_regular_expressions_for_callers():
    lines = [f"allow\t/cert=a{number}/\t*\t*\t*" for number in range(257)]
    assert problems("\n".join(lines[:256] * 2)) == ()
    assert problems("\n".join(lines)) == ((257, "a file has at most 256 regular expressions for callers"),)


def test_a_file_has_only_so_many_regular_expressions_for_conditions():
    lines = [f"allow\t*\t*\ta=/x{number}/\t/y{number}/\tz=/{number}/" for number in range(400)]
    assert problems("\n".join(lines[:300] * 2)) == ()
    assert problems("\n".join(lines))[0][1] == "a file has at most 1000 regular expressions for facts, classes and inputs"


def test_a_column_asks_only_so_many_questions_of_data_plugins():
    asked = [f"fstat('/f{number}').size=1" for number in range(17)]
    assert problems(f"allow\t*\t*\t{' or '.join(asked[:16] * 2)}\t*\n") == ()
    assert "16 questions" in problems(f"allow\t*\t*\t{' or '.join(asked)}\t*\n")[0][1]


# --- groups -----------------------------------------------------------------------------------------------------------


def test_a_group_is_a_name_and_its_callers():
    groups = parse_groups("# ours\nops\tcert=alice  cert=bob\r\n\nweb.team-1 uid=500\n", "groups")
    assert {name: set(callers.names) for name, callers in groups.members.items()} == {
        "ops": {"cert=alice", "cert=bob"},
        "web.team-1": {"uid=500"},
    }
    assert (groups.problems, groups.warnings) == ((), ())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("ops! cert=alice", "no name of a group"),
        ("* cert=alice", "no name of a group"),
        ("/ops/ cert=alice", "no name of a group"),
        ("cert=alice cert=bob", "no name of a group"),
        ("ops cert=alice others", "'others' is no caller id like cert=alice: groups hold callers and no other groups"),
        ("ops *", "no caller id"),
        ("ops cert=alice,cert=bob", "no caller id"),
        ("ops /cert=(/", "not taken"),
        ("ops cert=a\x07", "a control character"),
        (f"{'x' * 65} cert=alice", "no name of a group"),
    ],
)
def test_a_bad_line_makes_every_group_unknown_and_is_named(line, problem):
    groups = parse_groups(f"good cert=alice\n{line}\n", "groups")
    ((number, reason),) = groups.problems
    assert number == 2
    assert problem in reason
    assert groups.find("good") is None
    assert "groups:2 cannot be read" in groups.why_unknown("good")


def test_of_two_groups_of_one_name_the_last_counts_and_an_empty_one_is_told():
    groups = parse_groups("ops cert=alice\nops cert=bob\nnone\n", "groups")
    assert groups.find("ops").names == {"cert=bob"}
    assert groups.warnings == (
        (2, "takes the place of the group ops in line 1"),
        (3, "the group none is empty: lines for it are for nobody"),
    )


def test_groups_have_only_so_many_members():
    assert parse_groups("a " + "cert=x " * 10_000, "groups").problems == ()
    assert parse_groups("a " + "cert=x " * 10_001, "groups").problems == ((1, "all groups together have at most 10000 members"),)
