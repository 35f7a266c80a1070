import logging
import os

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import ConfigError, Denied
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.view import NodeView
from mcollective_py.server.policyfiles import Authorizer, NoAuthorization, PolicyFiles, open_authorizer

VIEW = NodeView("web1", facts={"country": "uk"}, classes=frozenset({"apache"}))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "policies"
    folder.mkdir(mode=0o755)
    return folder


def write(folder, name, text, mode=0o644):
    path = folder / f"{name}.policy"
    partial = folder / f"{name}.partial"
    partial.write_text(text)
    partial.chmod(mode)
    partial.rename(path)
    return path


def a_request(agent="service", action="restart", caller="cert=alice"):
    return Request("0" * 32, caller, "desk", "mcollective", agent, action, {}, Filter(), 1700000000.0, 60)


def denial(authorizer, *what):
    with pytest.raises(Denied) as denied:
        authorizer.authorize(a_request(*what), VIEW)
    return denied.value


def test_the_agents_file_decides(folder):
    write(folder, "service", "allow\tcert=alice\trestart\tcountry=uk\tapache\n")
    authorizer = Authorizer(PolicyFiles(folder))
    authorizer.authorize(a_request(), VIEW)
    assert denial(authorizer, "service", "stop").statuscode == 1


def test_a_denial_names_file_line_caller_and_action(folder):
    path = write(folder, "service", "# who may\ndeny\tcert=alice\t*\t*\t*\n")
    error = denial(Authorizer(PolicyFiles(folder)))
    assert str(error) == f"cert=alice may not call service restart on web1: {path}:2 denies it"
    assert error.rule == f"{path}:2"
    assert error.refusal == "denied"


def test_a_denial_without_a_file_says_which_to_write_and_how(folder):
    assert str(denial(Authorizer(PolicyFiles(folder)))) == (
        "cert=alice may not call service restart on web1: there is no policy for service: "
        f"write {folder}/service.policy there, with a line `allow cert=alice restart * *`, TABs between"
    )


def test_a_plain_message_counts_as_the_action_handlemsg(folder):
    path = write(folder, "echo", "allow\tcert=alice\thandlemsg\t*\t*\n")
    authorizer = Authorizer(PolicyFiles(folder))
    authorizer.authorize(a_request("echo", None), VIEW)
    error = denial(authorizer, "echo", None, "cert=bob")
    assert str(error) == f"cert=bob may not call echo (plain message, action handlemsg) on web1: {path} has no line that allows it"


@pytest.mark.parametrize(
    "action",
    [
        *("ping", "inventory", "get_fact", "get_facts", "daemon_stats", "agent_inventory", "get_config_item", "get_data"),
        *("collective_info", "request_status"),
    ],
)
def test_every_enrolled_caller_may_read_rpcutil_without_a_file(folder, action):
    Authorizer(PolicyFiles(folder)).authorize(a_request("rpcutil", action), VIEW)


def test_every_enrolled_caller_may_look_for_hosts(folder):
    Authorizer(PolicyFiles(folder)).authorize(a_request("discovery", None), VIEW)


@pytest.mark.parametrize(
    ("agent", "action"),
    [("rpcutil", "reconnect"), ("rpcutil", "find_request"), ("rpcutil", None), ("discovery", "ping"), ("echo", None)],
)
def test_nothing_else_is_open_without_a_file(folder, agent, action):
    denial(Authorizer(PolicyFiles(folder)), agent, action)


@pytest.mark.parametrize(("agent", "action"), [("rpcutil", "ping"), ("discovery", None)])
def test_a_file_for_the_open_agents_overrides(folder, agent, action):
    write(folder, agent, "policy default deny\n")
    denial(Authorizer(PolicyFiles(folder)), agent, action)


def test_the_default_file_is_asked_only_where_that_is_on_and_the_agent_has_none(folder):
    write(folder, "default", "allow\tcert=alice\t*\t*\t*\n")
    denial(Authorizer(PolicyFiles(folder)))
    authorizer = Authorizer(PolicyFiles(folder), is_default_used=True)
    authorizer.authorize(a_request(), VIEW)
    write(folder, "service", "policy default deny\n")
    denial(authorizer)


def test_the_default_file_holds_for_rpcutil_but_never_hides_a_host(folder):
    write(folder, "default", "policy default deny\n")
    authorizer = Authorizer(PolicyFiles(folder), is_default_used=True)
    denial(authorizer, "rpcutil", "ping")
    authorizer.authorize(a_request("discovery", None), VIEW)


def test_the_default_file_may_have_another_name(folder):
    write(folder, "site", "allow\tcert=alice\t*\t*\t*\n")
    Authorizer(PolicyFiles(folder), is_default_used=True, default_name="site").authorize(a_request(), VIEW)


def test_the_default_file_comes_before_allow_unconfigured(folder):
    write(folder, "default", "policy default deny\n")
    denial(Authorizer(PolicyFiles(folder), is_default_used=True, are_unconfigured_allowed=True))


def test_what_is_unconfigured_is_allowed_only_where_that_is_on(folder):
    authorizer = Authorizer(PolicyFiles(folder), are_unconfigured_allowed=True)
    authorizer.authorize(a_request(), VIEW)
    write(folder, "service", "deny\tcert=bob\t*\t*\t*\n")
    authorizer.authorize(a_request(), VIEW)
    denial(authorizer, "service", "restart", "cert=bob")


def test_a_changed_file_holds_from_the_next_request_on(folder):
    authorizer = Authorizer(PolicyFiles(folder))
    path = write(folder, "service", "policy default allow\n")
    authorizer.authorize(a_request(), VIEW)
    write(folder, "service", "policy default deny \n")
    denial(authorizer)
    path.write_text("policy default allow\n")
    authorizer.authorize(a_request(), VIEW)
    path.unlink()
    denial(authorizer)


def test_an_unchanged_file_is_parsed_once(folder):
    files = PolicyFiles(folder)
    write(folder, "service", "policy default allow\n")
    assert files.find("service") is files.find("service")


def test_a_folder_that_is_not_there_has_no_policies(tmp_path):
    assert PolicyFiles(tmp_path / "policies").find("service") is None


@pytest.mark.parametrize("agent", ["../../open", "..", "", "a/b", "Service", "service\n", "a\0b", "é", "x" * 65])
def test_a_name_that_is_no_agents_is_denied_before_any_path_is_made(folder, agent):
    (folder.parent / "open.policy").write_text("policy default allow\n")
    denial(Authorizer(PolicyFiles(folder), are_unconfigured_allowed=True), agent, "restart")
    with pytest.raises(ValueError, match="no name of a policy"):
        PolicyFiles(folder).find(agent)


@pytest.mark.parametrize(
    ("action", "caller"), [("re start", "cert=alice"), ("*", "cert=alice"), ("restart", "alice"), ("restart", "*"), ("restart", "")]
)
def test_an_action_or_caller_that_is_no_name_is_denied(folder, action, caller):
    write(folder, "service", "policy default allow\n")
    denial(Authorizer(PolicyFiles(folder)), "service", action, caller)


# --- files that must not be believed ----------------------------------------------------------------------------------


def problem_of(folder):
    policy = PolicyFiles(folder).find("service")
    error = denial(Authorizer(PolicyFiles(folder), are_unconfigured_allowed=True))
    assert error.rule == f"{folder}/service.policy:{policy.problems[0][0]}"
    return policy.problems[0][1]


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_can_write_denies(folder, mode):
    path = write(folder, "service", "policy default allow\n", mode)
    assert problem_of(folder) == f"others can write it: chmod go-w {path}"


def test_a_file_made_safe_is_believed_again(folder):
    path = write(folder, "service", "policy default allow\n", 0o666)
    authorizer = Authorizer(PolicyFiles(folder))
    denial(authorizer)
    path.chmod(0o644)
    authorizer.authorize(a_request(), VIEW)
    path.chmod(0o666)
    denial(authorizer)


def test_a_folder_that_others_can_write_denies(folder):
    write(folder, "service", "policy default allow\n")
    authorizer = Authorizer(PolicyFiles(folder))
    authorizer.authorize(a_request(), VIEW)
    folder.chmod(0o777)
    denial(authorizer)
    assert str(folder) in problem_of(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_denies(folder):
    path = write(folder, "service", "policy default allow\n")
    os.chown(path, 12345, 0)
    assert problem_of(folder) == f"belongs to user 12345, who could change it: chown root {path}"


def test_a_symbolic_link_denies(folder, tmp_path):
    (tmp_path / "elsewhere").write_text("policy default allow\n")
    (folder / "service.policy").symlink_to(tmp_path / "elsewhere")
    assert problem_of(folder) == "is a symbolic link"


def test_a_fifo_denies_and_does_not_hang(folder):
    os.mkfifo(folder / "service.policy", 0o644)
    assert problem_of(folder) == "is not a regular file"


def test_a_folder_in_place_of_a_file_denies(folder):
    (folder / "service.policy").mkdir()
    assert problem_of(folder)


def test_a_file_that_is_no_text_denies(folder):
    (folder / "service.policy").write_bytes(b"policy default allow\n# caf\xe9\n")
    assert PolicyFiles(folder).find("service").problems == ((2, "is not UTF-8 text"),)
    denial(Authorizer(PolicyFiles(folder)))


def test_a_file_beyond_the_limit_denies(folder):
    text = "policy default allow\n# "
    write(folder, "service", text + "x" * ((1 << 20) - len(text)))
    Authorizer(PolicyFiles(folder)).authorize(a_request(), VIEW)
    write(folder, "service", text + "x" * ((1 << 20) - len(text) + 1))
    assert problem_of(folder) == "has 1048577 bytes, the limit is 1048576"


def test_a_bad_line_and_a_warning_are_logged_once(folder, caplog):
    path = write(folder, "service", "policy default Allow\nnonsense\n")
    files = PolicyFiles(folder)
    with caplog.at_level(logging.WARNING):
        files.find("service")
        files.find("service")
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}:2: a line begins with allow, deny, `policy default` or #; the file denies everything until this is mended",
        f"{path}:1: 'Allow' is neither allow nor deny, and counts as deny",
    ]


# --- from the configuration -------------------------------------------------------------------------------------------


def config_of(tmp_path, text=""):
    return Config.from_text(text, "server", str(tmp_path / "server.cfg"))


def test_policies_lie_beside_the_configuration_file(tmp_path, folder):
    write(folder, "service", "policy default allow\n")
    open_authorizer(config_of(tmp_path)).authorize(a_request(), VIEW)


def test_the_settings_of_actionpolicy_are_read(tmp_path, folder):
    write(folder, "site", "allow\tcert=alice\t*\t*\t*\n")
    settings = ("enable_default = 1", "default_name = site", "allow_unconfigured = y")
    authorizer = open_authorizer(config_of(tmp_path, "".join(f"plugin.actionpolicy.{setting}\n" for setting in settings)))
    assert (authorizer.is_default_used, authorizer.default_name, authorizer.are_unconfigured_allowed) == (True, "site", True)


def test_authorization_is_on_unless_it_is_turned_off_and_that_is_said(tmp_path, caplog):
    denial(open_authorizer(config_of(tmp_path)))
    off = open_authorizer(config_of(tmp_path, "rpcauthorization = 0\n"))
    assert isinstance(off, NoAuthorization)
    off.authorize(a_request(), VIEW)
    assert "rpcauthorization is off" in caplog.text


def test_another_provider_or_an_impossible_name_is_refused_at_start(tmp_path):
    with pytest.raises(ConfigError, match="rpcauthprovider: there is no provider rego: write action_policy"):
        open_authorizer(config_of(tmp_path, "rpcauthprovider = rego\n"))
    with pytest.raises(ConfigError, match="default_name"):
        open_authorizer(config_of(tmp_path, "plugin.actionpolicy.default_name = ../open\n"))


# --- groups -----------------------------------------------------------------------------------------------------------


def write_groups(folder, text):
    (folder / "groups").write_text(text)
    (folder / "groups").chmod(0o644)


def test_the_groups_file_beside_the_policies_is_read_and_read_again_when_it_changes(folder):
    write(folder, "service", "allow\tops\t*\t*\t*\n")
    authorizer = Authorizer(PolicyFiles(folder))
    denial(authorizer)
    write_groups(folder, "ops cert=alice\n")
    authorizer.authorize(a_request(), VIEW)
    assert authorizer.files.groups() is authorizer.files.groups()
    write_groups(folder, "ops cert=bob\n")
    denial(authorizer)


def test_a_groups_file_is_judged_as_policies_are(folder):
    write_groups(folder, "ops cert=alice\n")
    (folder / "groups").chmod(0o666)
    assert PolicyFiles(folder).groups().problems == ((1, f"others can write it: chmod go-w {folder}/groups"),)
    (folder / "groups").unlink()
    (folder / "groups").symlink_to("/etc/passwd")
    assert PolicyFiles(folder).groups().problems == ((1, "is a symbolic link"),)
    assert PolicyFiles(folder / "nosuch").groups().problems == ()


def test_a_group_that_nobody_knows_and_a_bad_line_of_the_groups_file_are_logged_once(folder, caplog):
    path = write(folder, "service", "deny\tnosuch\t*\t*\t*\nallow\tops\t*\t*\t*\n")
    write_groups(folder, "ops cert=alice\n")
    files = PolicyFiles(folder)
    with caplog.at_level(logging.WARNING):
        files.find("service")
        files.find("service")
        assert [record.getMessage() for record in caplog.records] == [
            f"{path}:1: there is no group nosuch in {folder}/groups; until then an allow line for it allows nobody, "
            "and a deny line denies"
        ]
        caplog.clear()
        write_groups(folder, "ops alice\n")
        files.groups()
        files.groups()
    assert [record.getMessage() for record in caplog.records] == [
        f"{folder}/groups:1: 'alice' is no caller id like cert=alice: groups hold callers and no other groups; "
        "every line that names a group allows nobody, or denies until this is mended"
    ]


def test_a_folder_that_leads_nowhere_denies(tmp_path):
    (tmp_path / "policies").symlink_to(tmp_path / "unmounted")
    files = PolicyFiles(tmp_path / "policies")
    assert files.find("service").problems[0][1] == f"cannot be read: {tmp_path}/policies leads nowhere"
    assert files.groups().problems[0][1] == f"cannot be read: {tmp_path}/policies leads nowhere"


def test_facts_compare_as_texts_where_that_is_configured(tmp_path, folder):
    write(folder, "service", "allow\t*\t*\tcpus>9\t*\n")
    view = NodeView("web1", facts={"cpus": 10})
    open_authorizer(config_of(tmp_path)).authorize(a_request(), view)
    with pytest.raises(Denied):
        open_authorizer(config_of(tmp_path, "plugin.actionpolicy.compare_as_text = 1\n")).authorize(a_request(), view)
