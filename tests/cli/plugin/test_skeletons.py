import subprocess
import sys

import pytest

from mcollective_py.cli.plugin.skeletons import agent_files, data_files
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.ddl.model import Metadata

ODD = Metadata("odd", 'Says "x": it\'s #1 \\ {done}', "Zoë: <z@example.net>", "MIT", "1.0", "https://example.net/?a=1&b=%20", 7.5)


def test_the_generated_tests_of_every_kind_pass_as_they_stand(plugin, tmp_path):
    folders = [
        plugin("agent", "greeter", "--actions", "start,stop,Restart", "--description", 'Say "x" {y} \\'),
        plugin("agent", "shelly", "--external", "sh", "--actions", "start,stop"),
        plugin("agent", "pearly", "--external", "perl"),
        plugin("data", "slots", "--outputs", "free,total"),
        plugin("validator", "polite"),
        plugin("aggregate", "most"),
        plugin("discovery", "racks"),
        plugin("facts", "plain"),
    ]
    words = ["-p", "no:cacheprovider", "--import-mode=importlib", "-q", "--rootdir", str(tmp_path), *map(str, folders)]
    done = subprocess.run([sys.executable, "-m", "pytest", *words], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("23 passed")


@pytest.mark.parametrize("language", [None, "sh", "perl"])
def test_odd_texts_are_carried_whole(language):
    ddl = ddl_from_yaml(agent_files(ODD, ["go"], language)["ddl.yaml"].text, "odd")
    assert ddl.metadata == ODD


def test_python_of_odd_texts_is_python():
    for files in (agent_files(ODD, ["go"]), data_files(ODD, ["x"])):
        for name, file in files.items():
            if name.endswith(".py"):
                compile(file.text, name, "exec")


def test_programs_may_be_run_and_nothing_else():
    assert [name for name, file in agent_files(ODD, ["go"], "sh").items() if file.is_program] == ["agent.sh"]
    assert not any(file.is_program for file in agent_files(ODD, ["go"]).values())
