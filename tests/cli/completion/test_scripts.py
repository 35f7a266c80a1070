from pathlib import Path

import pytest

from mcollective_py.cli.completion.scripts import SCRIPTS

FOLDER = Path(__file__).parents[3] / "packaging" / "completion"


@pytest.mark.parametrize(("shell", "file"), [("bash", "mco"), ("zsh", "_mco"), ("fish", "mco.fish")])
def test_the_scripts_that_packages_install_are_these(shell, file):
    assert (FOLDER / file).read_text() == SCRIPTS[shell], "run `make reference`"
