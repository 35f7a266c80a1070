"""What the command says of hosts that send anything."""

from pathlib import Path

import pytest

from mcollective_py.cli.commands import load_application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.client.results import RPCResult
from mcollective_py.errors import UsageError


def test_any_digest_may_come_from_a_host():
    filemgr = load_application("filemgr", str(Path(__file__).parents[1] / "application.py"))
    options = parse(parser_for("filemgr", filemgr), ["diff", "/etc/motd", "--overwrite"])
    with pytest.raises(UsageError, match="--overwrite is for get"):
        filemgr.run(options)  # the words have been read by then
    digests = ({"a": 1}, ["x"], None, "0" * 64)
    results = [RPCResult(f"web{number}", "filemgr", "digest", 0, "OK", {"sha256": digest}) for number, digest in enumerate(digests)]
    assert list(filemgr.closing(results)) == ["there are 4 different files"]


def test_of_a_file_that_is_too_large_it_is_not_said_that_it_was_kept(tmp_path):
    filemgr = load_application("filemgr", str(Path(__file__).parents[1] / "application.py"))
    options = parse(parser_for("filemgr", filemgr), ["get", "/etc/motd", str(tmp_path), "--details"])
    with pytest.raises(UsageError, match="--details is for status"):
        filemgr.run(options)  # the words have been read by then
    filemgr._there, filemgr._folder, filemgr._most = set(), tmp_path, 2**20
    assert filemgr.line(RPCResult("web1", "filemgr", "get", 0, "OK", {"size": 2**20})) == f"1.0 MiB to {tmp_path}/web1"
    assert filemgr.line(RPCResult("web1", "filemgr", "get", 0, "OK", {"size": 2**20 + 1})) is None
