import pytest

from mcollective_py.matching.regex import Effort
from mcollective_py.matching.regexsyntax import RegexRefused
from mcollective_py.server.policycallers import CallerPattern, Callers, ExtensionTest, Groups, is_meant


def meant(callers, caller="cert=alice", extensions=None, groups=None, effort=None):
    return is_meant(callers, caller, extensions, groups or Groups(), effort or Effort())


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("cert=alice", True),
        ("cert=a|cert=alice", True),
        ("cert=al", None),
        ("^cert=alice$", True),
        ("cert=bob", False),
        ("(?i)CERT=A.*", True),
    ],
)
def test_a_pattern_matches_from_end_to_end_or_leaves_it_open(pattern, value):
    assert CallerPattern(pattern).matches("cert=alice", Effort()) is value


def test_a_pattern_that_cannot_be_searched_for_leaves_it_open():
    assert CallerPattern("cert=.*x").matches("cert=alice", Effort(3)) is None


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(RegexRefused):
        CallerPattern("(a")


def test_patterns_of_one_text_are_one():
    assert len({CallerPattern("a"), CallerPattern("a"), CallerPattern("b")}) == 2
    assert repr(CallerPattern("a")) == "CallerPattern('a')"


def test_any_word_that_holds_is_enough_whatever_is_not_known():
    callers = Callers(frozenset({"cert=alice"}), frozenset({"nosuch"}), extensions=frozenset({ExtensionTest("pp_role", "dba")}))
    assert meant(callers) is True
    assert meant(callers, "cert=bob") is None
    assert meant(callers, "cert=bob", {"pp_role": "dba"}) is True
    assert meant(callers, "cert=bob", {"pp_role": "web"}) is None
    assert meant(callers, "cert=bob", {}, Groups(members={"nosuch": Callers()})) is False


def test_a_member_of_a_group_may_be_a_pattern_or_an_extension():
    members = Callers(
        patterns=frozenset({CallerPattern("cert=a.*")}), extensions=frozenset({ExtensionTest("pp_role", CallerPattern("d.*"))})
    )
    groups, callers = Groups(members={"ops": members}), Callers(groups=frozenset({"ops"}))
    assert meant(callers, groups=groups) is True
    assert meant(callers, "cert=bob", {"pp_role": "dba"}, groups) is True
    assert meant(callers, "cert=bob", {"pp_role": "web"}, groups) is False
    assert meant(callers, "cert=bob", None, groups) is None


def test_groups_of_a_broken_file_are_not_known():
    groups = Groups("g", {"ops": Callers(frozenset({"cert=alice"}))}, {"ops": 1}, problems=((2, "wrong"),))
    assert groups.find("ops") is None
    assert groups.why_unknown("ops") == "g:2 cannot be read, so that no group is known: wrong"
    assert Groups("g").why_unknown("ops") == "there is no group ops in g"
    assert Groups("g", {"ops": Callers()}).why_unknown("ops") is None
