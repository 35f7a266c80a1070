import re
from pathlib import Path

import pytest

from mcollective_py.cli.policyexplain import asked_of, authorizer_of, explain, explain_file, pairs, view_of
from mcollective_py.config import Config
from mcollective_py.errors import UsageError
from mcollective_py.server.actionpolicy import PLAIN_MESSAGE
from mcollective_py.server.policyfiles import Authorizer, PolicyFiles

TEXT = "policy default deny\nallow\tops\tinstall\tenvironment=staging\tapache\tpackage=nginx\ndeny\tcert=bob\t*\t*\t*\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "policies"
    folder.mkdir(mode=0o755)
    (folder / "package.policy").write_text(TEXT)
    (folder / "groups").write_text("ops cert=alice\n")
    for path in folder.iterdir():
        path.chmod(0o644)
    return folder


def asked(*inputs, caller="cert=alice", action="install", ext=()):
    return asked_of(caller, "package", action, inputs, ext, ())[0]


def test_a_decision_is_told_with_what_became_of_each_line(folder):
    view = view_of(["environment=staging"], ["apache"])
    found = explain("package", asked("package=nginx"), view, Authorizer(PolicyFiles(folder)))
    assert found.text() == f"allowed: cert=alice package install: {folder}/package.policy:2 allows it\n  line 2, allow: matches"
    found = explain_file("package", asked(caller="cert=bob"), view, str(folder / "package.policy"))
    assert found.text().splitlines() == [
        f"denied: cert=bob package install: {folder}/package.policy:3 denies it",
        "  line 2, allow: no: is for other callers",
        "  line 3, deny: matches",
    ]
    assert found.to_dict() == {
        "caller": "cert=bob",
        "agent": "package",
        "action": "install",
        "allowed": False,
        "rule": f"{folder}/package.policy:3",
        "reason": "denies it",
        "lines": [
            {"line": 2, "decision": "allow", "matches": False, "reason": "is for other callers", "about": ""},
            {"line": 3, "decision": "deny", "matches": True, "reason": "", "about": ""},
        ],
    }


def test_what_is_not_told_is_not_known_and_it_is_said_what_to_tell(folder):
    policies = Authorizer(PolicyFiles(folder))
    found = explain("package", asked(), view_of([], []), policies)
    assert not found.decision.is_allowed
    assert found.lines[0].value is None
    assert found.remarks == ("give its inputs with --input NAME=VALUE",)
    found = explain("package", asked("package=nginx"), view_of([], []), policies)
    assert found.remarks == ("give the host's facts with --fact NAME=VALUE, or take this host's own with --here",)
    assert "(environment==staging)" in found.text()


def test_an_agent_without_a_policy_is_explained_too(folder):
    policies = Authorizer(PolicyFiles(folder))
    what, _ = asked_of("cert=alice", "echo", None, [], [], ())
    assert what.action == PLAIN_MESSAGE
    assert explain("echo", what, view_of([], []), policies).text().startswith("denied: cert=alice echo: there is no policy for echo")


def test_inputs_have_the_types_of_the_ddl_and_what_a_host_would_refuse_is_said():
    what, remarks = asked_of("cert=alice", "nettest", "connect", ["fqdn=a.example", "port=25"], ["pp_role=dba"], ())
    assert (what.inputs["port"], what.extensions, remarks) == (25, {"pp_role": "dba"}, [])
    assert asked_of("cert=alice", "rpcutil", "ping", [], [], ())[0].inputs == {}
    assert asked_of("cert=alice", "nettest", "connect", [], [], ())[0].inputs is None
    _, (remark,) = asked_of("cert=alice", "nettest", "connect", ["fqdn=a.example", "port=x"], [], ())
    assert remark.startswith("the host would refuse it before any policy is asked:")
    what, (remark,) = asked_of("cert=alice", "nosuch", "go", ["a=1"], [], ())
    assert (what.inputs, remark) == ({"a": "1"}, "no DDL of an agent nosuch is at hand: inputs are taken as texts")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("alice", "package", "install", [], []), "no caller"),
        (("cert=alice", "../x", "install", [], []), "no name of an agent"),
        (("cert=alice", "package", "in stall", [], []), "no name of an action"),
        (("cert=alice", "package", "install", ["package"], []), "--input 'package': write --input NAME=VALUE"),
        (("cert=alice", "package", "install", [], ["role=dba"]), "--ext role: is no word for an extension"),
    ],
)
def test_words_that_mean_nothing_are_refused(words, problem):
    with pytest.raises(UsageError, match=problem):
        asked_of(*words, ())


def test_a_name_is_given_once():
    assert pairs(["a=1", "b=c=d"], "--fact") == {"a": "1", "b": "c=d"}
    with pytest.raises(UsageError, match="--fact: a is given twice"):
        pairs(["a=1", "a=2"], "--fact")


def test_a_host_that_asks_no_policies_has_nothing_to_explain(tmp_path):
    with pytest.raises(UsageError, match="rpcauthorization is off"):
        authorizer_of(Config.from_text("rpcauthorization = 0\n", "server", str(tmp_path / "server.cfg")))


def test_a_file_that_is_no_policy_is_refused(folder):
    with pytest.raises(UsageError, match="is no policy"):
        explain_file("package", asked(), view_of([], []), str(folder / "groups"))


def test_the_page_shows_what_is_said(folder):
    """docs/policies.md, with its policy of package, its groups and the answer below them."""
    page = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
    blocks = re.findall(r"```\n(.*?)```", page, re.DOTALL)
    (policy,) = [block for block in blocks if block.startswith("# policies/package.policy\n") and "oncall" in block]
    (groups,) = [block for block in blocks if block.startswith("admins ")]
    (shown,) = [block for block in blocks if "$ mco policy explain" in block]
    command, _, answer = shown.partition("$ mco policy explain ")[2].partition("\n")
    words = command.split()
    given = dict(zip(words[::2], words[1::2], strict=True))
    (folder / "package.policy").write_text(policy.partition("\n")[2])
    (folder / "groups").write_text(groups)
    what, _ = asked_of(given["--caller"], given["--agent"], given["--action"], [given["--input"]], [], ())
    found = explain("package", what, view_of([given["--fact"]], []), Authorizer(PolicyFiles(folder)))
    assert found.text() == answer.strip().replace("/etc/mcollective/policies", str(folder))
