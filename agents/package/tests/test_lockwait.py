"""A tool that finds the package system locked is asked again."""

from agents.package.lockwait import run_unlocked
from agents.package.provider import Options

# Locked the first time, free the second.
TOOL = 'echo once more >>"$1"; [ "$(wc -l <"$1")" -gt 1 ] || exit 7'


def is_locked(result):
    return result.exitcode == 7


def test_it_is_run_again_until_the_lock_is_free(tmp_path):
    words = ["/bin/sh", "-c", TOOL, "tool", str(tmp_path / "calls")]
    assert run_unlocked(words, Options(lock_wait=120.0, timeout=300.0), is_locked).exitcode == 0
    assert (tmp_path / "calls").read_text() == "once more\n" * 2


def test_without_a_wait_the_first_answer_counts(tmp_path):
    words = ["/bin/sh", "-c", TOOL, "tool", str(tmp_path / "calls")]
    assert run_unlocked(words, Options(lock_wait=0.0), is_locked).exitcode == 7
    assert (tmp_path / "calls").read_text() == "once more\n"
