"""What a session does without asking anybody; tests/cli/applications/test_console.py has the rest, on a real site."""

import pytest

from mcollective_py.cli.console.session import Session

DDL = """\
metadata: {name: account, description: D, author: A, license: L, version: "1", url: U, timeout: 5}
actions:
  - action: add
    description: Adds one
    input:
      name: {prompt: P, description: D, type: string, maxlength: 5}
      password: {prompt: P, description: D, type: string, maxlength: 50, sensitive: true}
"""


@pytest.fixture
def session(tmp_path, monkeypatch):
    folder = tmp_path / "libdir" / "agents" / "account"
    folder.mkdir(parents=True)
    (folder / "ddl.yaml").write_text(DDL)
    config = tmp_path / "client.cfg"
    config.write_text(f"libdir = {tmp_path / 'libdir'}\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Session(str(config))


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("account add name=bob password=hunter2", "account add name=bob password="),
        ("rpc account add 'password=a b'", "rpc account add password="),
        ("rpc -a account --action add --arg password=x", "rpc -a account --action add --arg password="),
        ("account add password:='\"x\"'", "account add password:="),
        ("why web1 account add name=bob password=hunter2", "why web1 account add name=bob password="),
        ("why web1 account add --arg=password=x", "why web1 account add --arg=password="),
        ("  account add name=bob ", "account add name=bob"),
        ("find -F 'os=Debian 12'", "find -F 'os=Debian 12'"),
        ("filter -C web", "filter -C web"),
        ("quit", "quit"),
        ("acount add password=x", None),
        ("account ad password=x", None),
        ("rpc acount add password=x", None),
        ("account add 'password=x", None),
        ("# a remark", None),
        ("", None),
    ],
)
def test_the_history_gets_no_secret_and_nothing_that_may_be_one(session, line, kept):
    assert session.kept_line(line) == kept


def test_each_line_has_its_code_and_the_worst_is_kept(session, capsys):
    assert [session.run(line) for line in ("filter", "fnd", "", "help")] == [0, 1, 0, 0]
    assert session.worst == 1
    assert "did you mean find?" in capsys.readouterr().err


def test_quit_and_exit_end_it(session):
    assert session.run("exit") == 0
    assert session.is_over


def test_a_filter_that_cannot_be_read_leaves_the_one_before(session, capsys):
    assert session.run("filter -S 'not ('") == 1
    assert session.prompt == "mco> "
