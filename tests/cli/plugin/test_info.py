import json

import pytest

from mcollective_py.cli.plugin.info import info
from mcollective_py.errors import UsageError


def test_a_folder_says_what_it_is_and_what_packages_it_makes(plugin, options, capsys):
    folder = plugin("agent", "greeter", "--actions", "start,stop", "--pluginversion", "1.5")
    (folder / "data" / "slots").mkdir(parents=True)
    (folder / "data" / "slots" / "data.py").touch()
    assert info(str(folder), options("info")) == 0
    out = capsys.readouterr().out
    assert out.startswith("greeter agent\n=============\n\n   Description: The agent greeter\n       Version: 1.5\n")
    assert "       Actions: start, stop\n       Carries: data/slots\n" in out
    assert "\n   mcollective-py-greeter-agent\n      agents/greeter/agent.py\n      agents/greeter/data/slots/data.py\n" in out
    info(str(folder), options("info", "--json"))
    [document] = json.loads(capsys.readouterr().out)["plugins"]
    assert (document["kind"], document["timeout"], list(document["packages"])) == (
        "agent", 10.0, ["mcollective-py-greeter-common", "mcollective-py-greeter-agent"],
    )  # fmt: skip


def test_a_folder_that_is_none_is_an_error(tmp_path, options):
    with pytest.raises(UsageError, match="no plugin is here"):
        info(str(tmp_path), options("info"))
