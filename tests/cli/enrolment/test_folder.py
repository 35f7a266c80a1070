import stat

import pytest

from mcollective_py.cli.enrolment.folder import OwnFolder, check_name, is_usual_caller, make_request_files
from mcollective_py.errors import KeyFileError, UsageError
from mcollective_py.security.certificaterequest import fingerprint, read_request


def test_the_key_stays_here_for_its_owner_alone_and_the_request_is_for_it(tmp_path):
    folder = OwnFolder(tmp_path / "ssl")
    key, is_new = make_request_files(folder, "web1", "p256", ["www"], {"pp_role": "web"})
    asked = read_request(folder.request("web1").read_bytes())
    assert is_new
    assert (asked.name, asked.sans, asked.extensions) == ("web1", ("www",), (("pp_role", "web"),))
    assert fingerprint(asked.key) == fingerprint(key)
    assert stat.S_IMODE(folder.key("web1").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.key("web1").parent.stat().st_mode) == 0o700


def test_a_key_that_is_there_is_asked_for_again_and_not_made_anew(tmp_path):
    folder = OwnFolder(tmp_path / "ssl")
    first, _ = make_request_files(folder, "web1", "p256", [], {})
    second, is_new = make_request_files(folder, "web1", "ed25519", ["www"], {})
    assert (fingerprint(first), is_new) == (fingerprint(second), False)
    folder.key("web1").chmod(0o644)
    with pytest.raises(KeyFileError, match="has mode 0644: chmod 0600"):
        make_request_files(folder, "web1", "p256", [], {})


def test_a_request_that_cannot_be_made_leaves_no_key(tmp_path):
    folder = OwnFolder(tmp_path / "ssl")
    with pytest.raises(UsageError, match="none of Puppet's extensions"):
        make_request_files(folder, "web1", "p256", [], {"role": "web"})
    assert not folder.key("web1").exists()


@pytest.mark.parametrize(
    ("name", "role", "says"),
    [
        ("Web1", "node", "is no certificate name"),
        ("../web1", "node", "is no certificate name"),
        ("web1.mcollective", "node", "could command the fleet"),
        ("mq.mcollective", "broker", "could command the fleet"),
    ],
)
def test_a_name_that_nobody_could_use_in_its_role_is_refused(name, role, says):
    with pytest.raises(UsageError, match=says):
        check_name(name, role)


def test_a_caller_may_have_any_name_and_some_need_telling():
    for name in ("ops", "alice.mcollective"):
        check_name(name, "caller")
    assert (is_usual_caller("ops"), is_usual_caller("alice.mcollective")) == (False, True)
