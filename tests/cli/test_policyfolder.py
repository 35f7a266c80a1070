import pytest

from mcollective_py.cli.policyfolder import caller_problem, judge, read_files, read_folder
from mcollective_py.config import Config
from mcollective_py.errors import UsageError


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "policies"
    folder.mkdir(mode=0o755)
    (folder / "package.policy").write_text("policy default deny\nallow\tops\tstatus instal\t*\t*\nallow\tcert=bob\tstatus\t*\t*\n")
    (folder / "echo.policy").write_text("policy default Deny\nallow\tops\tping\t*\t*\n")
    (folder / "groups").write_text("ops cert=alice.mcollective\nold cert=dave.mcollective\n")
    for path in folder.iterdir():
        path.chmod(0o644)
    return folder


def config_of(folder, text=""):
    return Config.from_text(text, "server", str(folder.parent / "server.cfg"))


def told(found, config=None, *, with_lint=True):
    """File name -> (errors, remarks)."""
    judged = judge(found, config, (), with_lint=with_lint)
    return {one.file.rpartition("/")[2]: (one.errors, one.remarks) for one in judged}


def test_check_tells_of_what_would_not_be_taken_and_lint_of_what_cannot_be_meant(folder):
    found = read_folder(folder)
    assert told(found, config_of(folder), with_lint=False) == {
        "package.policy": ([], []),
        "echo.policy": ([], [(1, "'Deny' is neither allow nor deny, and counts as deny")]),
        "groups": ([], []),
    }
    lint = told(found, config_of(folder))
    assert [sentence.partition(":")[0] for _, sentence in lint["package.policy"][1]] == [
        "the agent has no action instal",
        "nobody is cert=bob here",
    ]
    assert lint["echo.policy"][1][1] == (2, "the agent has no action ping: it takes messages, action handlemsg")
    assert lint["groups"][1] == [(2, "no policy here names the group old")]


def test_an_unknown_group_is_an_error_and_so_is_a_bad_groups_file(folder):
    (folder / "shell.policy").write_text("deny\tnosuch\t*\t*\t*\n")
    errors, _ = told(read_files([str(folder)]))["shell.policy"]
    assert errors[0][1].startswith(f"there is no group nosuch in {folder}/groups; an allow line for it allows nobody")
    (folder / "groups").write_text("ops alice\n")
    lint = told(read_files([str(folder)]))
    assert "groups:1 cannot be read" in lint["package.policy"][0][0][1]
    assert [line for line, _ in lint["groups"][0]] == [1]


def test_in_place_a_file_that_others_can_write_is_an_error_and_by_name_it_is_not(folder):
    path = folder / "package.policy"
    path.chmod(0o666)
    assert told(read_folder(folder))["package.policy"][0] == [(1, f"others can write it: chmod go-w {path}")]
    assert told(read_files([str(path)]))["package.policy"][0] == []


def test_a_file_that_no_host_reads_is_told(folder):
    (folder / "Service.policy").write_text("policy default deny\n")
    (folder / "README").write_text("ours\n")
    for found in (read_folder(folder), read_files([str(folder)])):
        lint = told(found)
        assert "no host reads a file of this name" in lint["Service.policy"][0][0][1]
        assert "no host reads a file of this name" in lint["README"][1][0][1]
        assert lint["README"][0] == []
    named = told(read_files([str(folder / "Service.policy")]))
    assert named["Service.policy"][0] == []
    assert "no host reads" in named["Service.policy"][1][0][1]


def test_a_policy_of_an_agent_that_nobody_knows_is_told_and_a_default_policy_is_for_all(folder):
    for name in ("nosuchagent", "default", "site"):
        (folder / f"{name}.policy").write_text("policy default deny\n")
    config = config_of(folder, "plugin.actionpolicy.enable_default = 1\nplugin.actionpolicy.default_name = site\n")
    lint = told(read_files([str(folder)]), config)
    assert lint["nosuchagent.policy"][1][0][1].startswith("no DDL of an agent nosuchagent is at hand")
    assert lint["site.policy"][1] == []
    assert "plugin.actionpolicy.enable_default is off" in told(read_files([str(folder)]), config_of(folder))["default.policy"][1][0][1]


@pytest.mark.parametrize(
    ("settings", "caller", "problem"),
    [
        ("", "cert=alice.mcollective", None),
        ("", "cert=alice", "plugin.x509.caller_certnames takes *.mcollective"),
        ("", "uid=500", "callers by x509 are cert=NAME"),
        ("plugin.x509.privileged_certnames = portal.mcollective:sso=*\n", "sso=carol", None),
        ("plugin.x509.caller_certnames = *.ops\n", "cert=alice.ops", None),
        ("securityprovider = psk\nplugin.psk = kV7pXw2mNq9sTz4b\n", "uid=500", None),
    ],
)
def test_a_caller_that_nobody_can_be_is_told_where_certificates_say_who_asks(tmp_path, settings, caller, problem):
    said = caller_problem(config_of(tmp_path / "x", settings))(caller)
    assert said is None if problem is None else problem in said
    assert caller_problem(None)(caller) is None


def test_what_cannot_be_read_is_a_mistake_of_who_named_it(tmp_path, folder):
    for word in (str(tmp_path / "nosuch"), str(tmp_path / "nosuch.policy")):
        with pytest.raises(UsageError, match="nosuch"):
            read_files([word])
    (folder / "echo.policy").write_bytes(b"# \xff\n")
    with pytest.raises(UsageError, match="is not UTF-8 text, at byte 2"):
        read_files([str(folder / "echo.policy")])
    with pytest.raises(UsageError, match="name policies"):
        read_folder(tmp_path / "nosuch")
