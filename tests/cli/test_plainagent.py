import pytest

from mcollective_py.cli.plainagent import PlainAgent, read_plain_agent
from mcollective_py.plugins.ddlfiles import is_plain


def described(folder, source):
    agent = folder / "exim_queue"
    agent.mkdir()
    (agent / "agent.py").write_text(source)
    assert is_plain(agent)
    return read_plain_agent(agent)


def test_the_docstring_and_the_timeout_are_read_and_nothing_is_run(tmp_path):
    source = (
        'raise SystemExit("run")\nclass Other:\n    timeout = 1\nclass EximQueue:\n'
        '    """Counts.\n\n    More."""\n    timeout: int = 7\n'
    )
    assert described(tmp_path, source) == PlainAgent("exim_queue", "Counts.\n\nMore.", 7.0, str(tmp_path / "exim_queue"))


@pytest.mark.parametrize(
    ("source", "timeout"),
    [("class EximQueue: pass", 10.0), ("class EximQueue:\n timeout = f()", None), ("class (", None), ("\0", None)],
)
def test_what_the_source_does_not_say_is_left_out(tmp_path, source, timeout):
    assert described(tmp_path, source) == PlainAgent("exim_queue", "", timeout, str(tmp_path / "exim_queue"))


def test_an_agent_with_a_ddl_is_no_plain_one(tmp_path):
    (tmp_path / "agent.py").touch()
    (tmp_path / "ddl.yaml").touch()
    assert not is_plain(tmp_path)
