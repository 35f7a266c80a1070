import os

import pytest

from mcollective_py.cli.brokerrights import ADMIN, NODE, OPERATOR, Plan, new_passwords, passwords_text, read_passwords
from mcollective_py.errors import ConfigError, UsageError

GOOD = f"# kept\n{NODE} aaaaaaaaaaaaaaaa\n{OPERATOR} bbbbbbbbbbbbbbbb\n\n{ADMIN} cccccccccccccccc\n"


def written(folder, text, mode=0o600):
    path = folder / "passwords"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_new_passwords_are_long_and_different():
    passwords = new_passwords()
    assert list(passwords) == [NODE, OPERATOR, ADMIN]
    assert len(set(passwords.values())) == 3
    assert all(len(password) == 32 for password in passwords.values())


def test_a_written_file_reads_as_it_was(tmp_path):
    passwords = new_passwords()
    assert read_passwords(written(tmp_path, passwords_text(passwords))) == passwords


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace(OPERATOR, "alice"), "passwords:3: 'alice' is no login: mcollective-node, mcollective-operator"),
        (GOOD.replace("b" * 16, "short"), "passwords:3: a password has at least 16 characters"),
        (GOOD.replace("b" * 16, "b" * 15 + "$"), "without blanks and < > & \" ' \\ $"),
        (GOOD.replace(f"{ADMIN} cccccccccccccccc\n", ""), "has no password of mcollective-admin"),
        ("", "has no password of mcollective-node, mcollective-operator, mcollective-admin"),
    ],
)
def test_a_file_with_a_mistake_is_refused_by_its_place(tmp_path, text, says):
    with pytest.raises(ConfigError) as error:
        read_passwords(written(tmp_path, text))
    assert says in str(error.value)


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o666])
def test_a_file_that_others_read_or_write_is_no_place_for_passwords(tmp_path, mode):
    with pytest.raises(ConfigError, match=f"has mode {mode:04o}: chmod 0600"):
        read_passwords(written(tmp_path, GOOD, mode))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file away")
def test_a_file_of_another_user_is_not_believed(tmp_path):
    path = written(tmp_path, GOOD)
    os.chown(path, 65534, 65534)
    with pytest.raises(ConfigError, match="belongs to user id 65534: chown it to who runs this"):
        read_passwords(path)


@pytest.mark.parametrize("name", ["a.b", "", "a b", "a>"])
def test_a_name_that_is_no_collective_is_refused(name):
    with pytest.raises(UsageError, match="is no name of a collective"):
        Plan((name,), new_passwords())
