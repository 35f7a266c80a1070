import stat
import types

import pytest

from mcollective_py.cli.console.history import MAX_LINES, History


@pytest.fixture
def lines():
    """readline's history functions, of one session."""
    made, kept = types.ModuleType("lines"), []
    made.set_auto_history = lambda wanted: None
    made.add_history = kept.append
    made.get_current_history_length = lambda: len(kept)
    made.get_history_item = lambda number: kept[number - 1]
    made.kept = kept
    return made


@pytest.fixture
def history(lines, tmp_path):
    return History.of_user(lines, {"XDG_STATE_HOME": str(tmp_path)})


def test_lines_are_written_for_their_owner_alone_and_read_again(history, lines):
    for line in ("find", "find", "ping"):
        history.add(line)
    history.save()
    assert history.file.read_text() == "find\nping\n"
    assert (stat.S_IMODE(history.file.stat().st_mode), stat.S_IMODE(history.file.parent.stat().st_mode)) == (0o600, 0o700)
    lines.kept.clear()
    history.load()
    assert lines.kept == ["find", "ping"]


def test_two_sessions_lose_nothing_of_each_other(history, lines):
    other = History(history.file, lines)
    history.add("find")
    other.add("ping")
    other.save()
    history.save()
    assert history.file.read_text() == "ping\nfind\n"


def test_the_last_thousand_lines_are_kept(history):
    for number in range(MAX_LINES + 5):
        history.add(f"ping -t {number}")
    history.save()
    assert history.file.read_text().splitlines()[0] == "ping -t 5"


def test_a_file_that_cannot_be_used_is_none(lines, tmp_path):
    (tmp_path / "mcollective_py").write_text("a file where the folder should be")
    history = History.of_user(lines, {"XDG_STATE_HOME": str(tmp_path)})
    history.load()
    history.add("find")
    history.save()
    assert lines.kept == ["find"]


def test_lines_that_no_terminal_should_see_are_left_out(history, lines):
    history.file.parent.mkdir(parents=True)
    history.file.write_bytes(b"find\n\x1b[2Jevil\nping\n\xff\n")
    history.load()
    assert lines.kept == ["find", "ping", "\ufffd"]


def test_without_a_state_folder_it_lies_in_the_home(lines, tmp_path):
    assert History.of_user(lines, {"HOME": str(tmp_path)}).file == tmp_path / ".local/state/mcollective_py/console_history"
