import os
import sys
from pathlib import Path

import pytest

from mcollective_py.cli.stories.needs import LABHOST, missing
from mcollective_py.cli.stories.story import Story

NOTHING = Story("", (), {}, {}, lambda _lab, _folder: None, ())


def test_all_that_is_missing_is_told_at_once_each_with_what_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    story = Story("", (), {}, {"no-such-program": "its-package"}, NOTHING.prepare, (), lambda: ["a thing: get it"])
    found = missing("exim", story, Path("/nosuch/labhost"))
    assert [line for line in found if not line.startswith(("ip:", "unshare:", "mount:"))] == [
        "root, for hosts with a network of their own: sudo mco demo --story exim",
        "the program labhost at /nosuch/labhost: a checkout has it in tests/lab, and --labhost names another place",
        *([] if Path("/usr/bin/python3").exists() else ["/usr/bin/python3, which runs labhost: apt-get install python3"]),
        "no-such-program: apt-get install its-package",
        "a thing: get it",
    ]


def test_the_checkout_has_the_program() -> None:
    assert os.access(LABHOST, os.X_OK)


@pytest.mark.parametrize(("code", "has_namespaces"), [(0, True), (1, False)])
def test_namespaces_are_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, has_namespaces: bool) -> None:
    for name in ("ip", "mount", "unshare"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho no permission >&2\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("mcollective_py.cli.stories.needs._PYTHON", Path(sys.executable))
    found = missing("exim", NOTHING, LABHOST)
    assert found == (
        [] if has_namespaces
        else ["namespaces (no permission): a virtual machine has them, a container when it is started with --privileged"]
    )  # fmt: skip
