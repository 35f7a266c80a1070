import pytest

from mcollective_py.cli.brokerrights import ADMIN, NODE, OPERATOR, Plan, new_passwords, passwords_text, read_passwords
from mcollective_py.errors import ConfigError, UsageError

GOOD = f"# kept\n{NODE} aaaaaaaaaaaaaaaa\n{OPERATOR} bbbbbbbbbbbbbbbb\n\n{ADMIN} cccccccccccccccc\n"


def test_new_passwords_are_long_and_different():
    passwords = new_passwords()
    assert list(passwords) == [NODE, OPERATOR, ADMIN]
    assert len(set(passwords.values())) == 3
    assert all(len(password) == 32 for password in passwords.values())


def test_a_written_file_reads_as_it_was(tmp_path):
    passwords = new_passwords()
    (tmp_path / "passwords").write_text(passwords_text(passwords))
    assert read_passwords(tmp_path / "passwords") == passwords


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
    (tmp_path / "passwords").write_text(text)
    with pytest.raises(ConfigError) as error:
        read_passwords(tmp_path / "passwords")
    assert says in str(error.value)


@pytest.mark.parametrize("name", ["a.b", "", "a b", "a>"])
def test_a_name_that_is_no_collective_is_refused(name):
    with pytest.raises(UsageError, match="is no name of a collective"):
        Plan((name,), new_passwords())
