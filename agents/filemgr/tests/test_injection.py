"""Whatever a caller writes as a path, a pattern or a name is that and nothing else."""

import os
from pathlib import Path

import pytest

from mcollective_py.testing import AgentHarness

FOLDER = Path(__file__).parents[1]
WRAPPED = (
    ";{}", "a;{}", "&& {}", "|{}", "$({})", "`{}`", "'; {}; '", '"{}"', "\n{}", "a\n{}", "\0{}", "> {}", "-rf {}",
    "--help={}", "../{}", "a/../../{}",
    "%2e%2e/{}", "*{}", "{{{},x}}", "~/{}", "\x1b[2J{}", "\u202e{}", "%s{}", "%n{}", "\\x00{}", "file://{}",
    "/proc/self/root/{}", "./{}", "//{}",
    "é{}", "\ud800{}", "a" * 300 + "{}",
)  # fmt: skip


@pytest.mark.parametrize("wrapping", WRAPPED)
def test_no_input_leaves_the_folder_or_is_run(tmp_path, wrapping):
    here = tmp_path / "files"
    here.mkdir()
    (here / "log").write_text("line\n")
    agent = AgentHarness(FOLDER, config={"allow": str(here)})
    for words in (f"touch {tmp_path}/canary", "canary"):
        text = wrapping.format(words)
        for file in (text, f"{here}/{text}"):
            for action, more in (
                ("touch", {}),
                ("status", {"dirlist": True}),
                ("put", {"content": "eA==", "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}),
                ("mkdir", {}),
                ("attributes", {"mode": "0600"}),
                ("get", {}),
                ("tail", {}),
                ("find", {}),
                ("remove", {}),
            ):
                agent.call(action, file=file, **more)
        for inputs in ({"pattern": text}, {"pattern": text, "regex": True}):
            agent.call("grep", file=str(here / "log"), **inputs)
        agent.call("find", file=str(here), name=text)
        for name in ("owner", "group", "mode"):
            assert agent.call("attributes", file=str(here / "log"), **{name: text}).statuscode == 4
    assert os.listdir(tmp_path) == ["files"] and not Path("/canary").exists() and (here / "log").read_text() == "line\n"
