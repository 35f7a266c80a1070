import grp
import os
import pwd

import pytest

from agents.shell.account import account_of
from mcollective_py.agent import RPCAborted

ROOT = pwd.getpwuid(0)


def test_a_user_has_all_its_groups_and_another_primary_one_where_that_is_asked_for():
    nobody = account_of("nobody", "", 0)
    assert (nobody.uid, nobody.gid) == (pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
    assert set(nobody.groups or ()) == set(os.getgrouplist("nobody", nobody.gid))
    mail = account_of("nobody", "mail", 0)
    assert mail.gid == grp.getgrnam("mail").gr_gid and mail.gid in (mail.groups or ())
    assert account_of(str(nobody.uid), "", 0) == nobody


def test_nobody_named_is_the_daemon_itself_and_changes_nothing():
    found = account_of("", "", 0)
    assert (found.name, found.groups) == (ROOT.pw_name, None)


@pytest.mark.parametrize(
    ("user", "group", "own", "users", "message"),
    [
        ("nosuch", "", 0, (), "there is no user nosuch here"),
        ("999999999", "", 0, (), "there is no user 999999999 here"),
        ("nobody", "nosuch", 0, (), "there is no group nosuch here"),
        ("root", "", 65534, (), "cannot run as root: the daemon runs as nobody"),
        ("nobody", "mail", 65534, (), "only root can change its groups"),
        ("root", "", 0, ("nobody",), "does not let commands run as root"),
        ("0", "", 0, ("nobody",), "does not let commands run as root"),
        ("nobody", "root", 0, ("nobody",), "nobody is not in the group root"),
        ("nobody", "0", 0, ("nobody",), "nobody is not in the group 0"),
        ("nobody", "shadow", 0, ("nobody",), "nobody is not in the group shadow"),
    ],
)
def test_who_cannot_be_is_refused_and_is_not_root_instead(user, group, own, users, message):
    with pytest.raises(RPCAborted, match=message):
        account_of(user, group, own, users)
