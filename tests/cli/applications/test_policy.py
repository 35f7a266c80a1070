import json

import pytest

from mcollective_py.cli.main import main


@pytest.fixture
def site(tmp_path):
    """A host's folder with a configuration that reads its own facts, and policies."""
    policies = tmp_path / "policies"
    policies.mkdir(mode=0o755)
    (policies / "service.policy").write_text("policy default deny\nallow\tcert=alice.mcollective\t*\tenvironment=staging\t*\n")
    (policies / "service.policy").chmod(0o644)
    (tmp_path / "facts.yaml").write_text("environment: staging\n")
    (tmp_path / "facts.yaml").chmod(0o600)
    config = tmp_path / "server.cfg"
    config.write_text(f"identity = web1\nfactsource = yaml\nplugin.yaml = {tmp_path}/facts.yaml\nclassesfile = {tmp_path}/none\n")
    config.chmod(0o600)
    return tmp_path


def run(capsys, *words):
    code = main(["policy", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_good_policies_are_told_so(site, capsys):
    code, out, err = run(capsys, "check", "-c", site / "server.cfg")
    assert (code, err) == (0, "")
    assert out == f"{site}/policies/service.policy: good: 1 rule, default deny\n"


def test_a_policy_that_would_not_load_names_its_line_once_and_ends_with_an_error(site, capsys):
    path = site / "policies" / "service.policy"
    path.write_text(path.read_text() + "deny cert=bob * * *\n")
    code, out, err = run(capsys, "check", "-c", site / "server.cfg")
    assert (code, err) == (1, "")
    assert out.splitlines()[1:] == ["  error: line 3: the fields are separated by TABs, not by spaces"]
    assert run(capsys, "check", "--strict", path)[0] == 78
    assert run(capsys, "lint", path)[0] == 1


def test_lint_ends_with_2_where_there_is_something_to_say(site, capsys):
    path = site / "policies" / "service.policy"
    assert run(capsys, "lint", path)[0] == 0
    path.write_text(path.read_text() + "deny\tcert=bob.mcollective\tnosuch\t*\t*\n")
    code, out, _ = run(capsys, "lint", path)
    assert code == 2
    assert "remark: line 3: the agent has no action nosuch: there are " in out
    assert run(capsys, "check", path)[0] == 0


def test_a_decision_is_explained_by_what_is_given_or_by_this_host(site, capsys):
    words = ("explain", "-c", site / "server.cfg", "--caller", "cert=alice.mcollective", "--agent", "service", "--action", "status")
    code, out, err = run(capsys, *words)
    assert code == 2
    assert "line 2 might allow it, but this host does not know the facts" in out
    assert "--fact NAME=VALUE" in err
    assert run(capsys, *words, "--fact", "environment=staging")[0] == 0
    assert run(capsys, *words, "--fact", "environment=production", "--strict")[0] == 77
    code, out, _ = run(capsys, *words, "--here", "--json")
    assert (code, json.loads(out)["rule"]) == (0, f"{site}/policies/service.policy:2")


def test_one_file_is_explained_wherever_it_lies(site, capsys):
    words = (
        "explain",
        "--file",
        site / "policies" / "service.policy",
        "--caller",
        "cert=bob",
        "--agent",
        "service",
        "--action",
        "stop",
    )
    code, out, _ = run(capsys, *words)
    assert code == 2
    assert "is for other callers" in out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("judge",), "there is no `mco policy judge`"),
        (("check", "--caller", "cert=a"), "--caller is for `mco policy explain`"),
        (("explain", "x.policy"), "--file FILE"),
        (("explain", "--agent", "service"), "who asks for what?"),
        (("explain", "--caller", "cert=a", "--agent", "service", "--here", "--fact", "a=b"), "leave out --fact"),
        (("check", "/nosuch.policy"), "/nosuch.policy"),
    ],
)
def test_words_that_mean_nothing_are_refused(capsys, words, problem):
    code, out, err = run(capsys, *words, "--strict")
    assert (code, out) == (64, "")
    assert problem in err


def test_the_findings_are_one_document(site, capsys):
    path = site / "policies" / "service.policy"
    path.write_text("nonsense\n")
    _, out, _ = run(capsys, "check", "--json", path)
    (found,) = json.loads(out)["files"]
    assert (found["file"], found["usable"], found["errors"][0]["line"], found["remarks"]) == (str(path), False, 1, [])
