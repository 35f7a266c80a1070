import stat

import pytest

from mcollective_py.server.auditchain import Link
from mcollective_py.server.auditstate import HEAD, SALT, AuditState

A = Link(7, "a" * 64)


@pytest.fixture
def state(tmp_path):
    made = AuditState(tmp_path)
    made.open()
    yield made
    made.close()


def test_the_salt_stays_the_same_and_is_nobody_elses(state, tmp_path):
    again = AuditState(tmp_path)
    again.open()
    assert again.salt == state.salt and len(state.salt) == 32
    assert stat.S_IMODE((tmp_path / SALT).stat().st_mode) == 0o600


def test_where_the_chain_stands_is_there_for_the_next_daemon(state, tmp_path):
    assert state.head() is None
    state.keep(Link(123456, "b" * 64))
    state.keep(A)
    assert AuditState(tmp_path).head() == A
    assert stat.S_IMODE((tmp_path / HEAD).stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "7 " + "a" * 64 + "\n", "x" * 300, f"{7:020d} {'g' * 64}\n"])
def test_a_head_that_cannot_be_read_is_none(state, tmp_path, text):
    (tmp_path / HEAD).write_text(text)
    (tmp_path / HEAD).chmod(0o600)
    assert state.head() is None


def test_a_salt_that_cannot_be_read_is_made_anew(state, tmp_path):
    (tmp_path / SALT).write_text("short\n")
    again = AuditState(tmp_path)
    again.open()
    assert len(again.salt) == 32 != state.salt
    assert (tmp_path / SALT).read_text() == f"{again.salt.hex()}\n"


def test_files_that_others_could_read_or_that_are_links_are_not_used_and_that_is_told_once(tmp_path, caplog):
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / HEAD).symlink_to(tmp_path / "elsewhere")
    state = AuditState(tmp_path)
    state.keep(A)
    state.keep(Link(8, "a" * 64))
    assert (tmp_path / "elsewhere").read_text() == ""
    assert len(caplog.records) == 1
    (tmp_path / HEAD).unlink()
    (tmp_path / HEAD).write_text(f"{7:020d} {'a' * 64}\n")
    (tmp_path / HEAD).chmod(0o644)
    assert AuditState(tmp_path).head() is None


def test_without_a_folder_nothing_is_kept_and_secrets_have_a_salt_all_the_same():
    state = AuditState(None)
    state.open()
    state.keep(A)
    assert (state.head(), len(state.salt)) == (None, 32)
