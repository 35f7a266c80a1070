from pathlib import Path

import pytest

from mcollective_py.cli.stories import exim, eximrelay


def test_packages_that_are_not_there_are_told_with_the_command_that_fetches_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eximrelay, "DEBS", tmp_path)
    (told,) = exim.STORY.lacking()
    assert f"--download-only -o Dir::Cache::archives={tmp_path} exim4-daemon-light" in told
    (tmp_path / "exim4-daemon-light_4.96_amd64.deb").touch()
    assert list(exim.STORY.lacking()) == []


def test_the_selection_of_the_tale_is_all_of_the_spam_and_nothing_else() -> None:
    assert any("120 messages on 3 hosts: 120 done" in wanted for step in exim.STORY.steps for wanted in step.shows)
    assert any(r"total mail: 9\b" in wanted for step in exim.STORY.steps for wanted in step.shows)
