import pytest

from agents.filemgr.words import TAKEN, called
from mcollective_py.errors import UsageError

NOTHING = dict.fromkeys(TAKEN)


def said(words, file=None, **extra):
    found = called(words.split(), file, {**NOTHING, **extra})
    return found.command, found.action, dict(found.inputs), found.local


@pytest.mark.parametrize(
    ("words", "file", "meant"),
    [
        ("", None, ("touch", "touch", {}, "")),
        ("", "/a", ("touch", "touch", {"file": "/a"}, "")),
        ("remove", "/a", ("remove", "remove", {"file": "/a"}, "")),
        ("/a status", None, ("status", "status", {"file": "/a"}, "")),
        ("get /a out", None, ("get", "get", {"file": "/a"}, "out")),
        ("get out", "/a", ("get", "get", {"file": "/a"}, "out")),
        ("put here /a", None, ("put", "put", {"file": "/a"}, "here")),
        ("put here", "/a", ("put", "put", {"file": "/a"}, "here")),
        ("grep status /a", None, ("grep", "grep", {"pattern": "status", "file": "/a"}, "")),
        ("chmod 0640 /a", None, ("chmod", "attributes", {"mode": "0640", "file": "/a"}, "")),
        ("chown www:adm /a", None, ("chown", "attributes", {"owner": "www", "group": "adm", "file": "/a"}, "")),
        ("chown :adm /a", None, ("chown", "attributes", {"group": "adm", "file": "/a"}, "")),
        ("diff /a", None, ("diff", "digest", {"file": "/a"}, "")),
        ("du /a", None, ("du", "usage", {"file": "/a"}, "")),
    ],
)
def test_words_mean_an_action_and_its_inputs(words, file, meant):
    assert said(words, file) == meant


def test_options_are_inputs_of_the_commands_that_they_are_for():
    assert said("tail /a", lines=5)[2] == {"file": "/a", "lines": 5}
    assert said("remove /a", backup=True)[2] == {"file": "/a", "backup": True}
    with pytest.raises(UsageError, match="--older is for find, not for tail"):
        said("tail /a", older="1d")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("stauts /a", "did you mean status"),
        ("tail", "mco filemgr tail FILE"),
        ("get /a", "into which folder here"),
        ("put here", "mco filemgr put LOCAL REMOTE"),
        ("chmod u+s /a", "write it in octal"),
        ("chown : /a", "is no owner"),
        ("tail /a /b", "takes FILE, not '/b' too"),
        ("grep", "mco filemgr grep TEXT FILE"),
    ],
)
def test_what_is_wrong_is_told(words, reason):
    with pytest.raises(UsageError, match=reason):
        said(words)
