import pytest

from mcollective_py.broker.users import Passwords, User, new_user, parse_users, read_users
from mcollective_py.errors import ConfigError

SALT = bytes(range(16))
# hashlib.scrypt(b"sesame", salt=bytes(range(16)), n=16384, r=8, p=1, dklen=32)
DIGEST = "170b2faed392c06a2edc8e8cee13aa64f2fa88a0aa06170bf8e36dfadd90202b"
LINE = f"alice:operator:scrypt:16384:8:1:000102030405060708090a0b0c0d0e0f:{DIGEST}"


def test_a_user_is_written_as_a_line_with_salt_and_hash():
    assert new_user("alice", "operator", "sesame", salt=SALT).line() == LINE


def test_two_users_with_one_password_have_different_hashes():
    assert new_user("a", "node", "sesame").digest != new_user("b", "node", "sesame").digest


def test_a_file_is_read_with_its_comments():
    assert parse_users(f"# people\n\n{LINE}\n") == {"alice": User("alice", "operator", SALT, bytes.fromhex(DIGEST))}


def test_the_right_password_is_right_and_remembered():
    passwords = Passwords(parse_users(LINE))
    assert not passwords.remembers("alice", "sesame")
    assert passwords.check("alice", "sesame").role == "operator"
    assert passwords.remembers("alice", "sesame")
    assert not passwords.remembers("alice", "Sesame")


@pytest.mark.parametrize(("name", "password"), [("alice", "open"), ("alice", ""), ("bob", "sesame"), ("", "")])
def test_anything_else_is_wrong(name, password):
    assert Passwords(parse_users(LINE)).check(name, password) is None


@pytest.mark.parametrize(
    ("name", "role", "password", "reason"),
    [("alice", "operator", "", "empty"), ("a:b", "operator", "x", "user name"), ("alice", "root", "x", "no role root")],
)
def test_bad_users_cannot_be_made(name, role, password, reason):
    with pytest.raises(ConfigError, match=reason):
        new_user(name, role, password)


@pytest.mark.parametrize(
    "line",
    [
        "alice:operator:secret",
        LINE.replace("scrypt", "plain"),
        LINE.replace("operator", "king"),
        LINE.replace("16384", "1"),
        LINE.replace("16384", "16383"),
        LINE.replace("16384", "999999"),
        LINE.replace("000102", "xx0102"),
        LINE[:-60],
        f"{LINE}\n{LINE}",
    ],
)
def test_a_bad_line_is_named(line):
    with pytest.raises(ConfigError, match=r"^users:[23]: "):
        parse_users(f"\n{line}", "users")


def test_a_file_that_others_can_read_is_refused(tmp_path):
    file = tmp_path / "users"
    file.write_text(LINE)
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 640"):
        read_users(file)
    file.chmod(0o640)
    assert list(read_users(file)) == ["alice"]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="nothing-here"):
        read_users(tmp_path / "nothing-here")
