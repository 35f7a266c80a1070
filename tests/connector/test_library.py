import json
import subprocess
import sys

import pytest

_REPORT = """
import json, os, socket, sys
asked = []
for name in ("gethostname", "gethostbyname", "getfqdn", "getaddrinfo"):
    setattr(socket, name, lambda *words, name=name: asked.append(name) or "")
{before}
import mcollective_py.connector.link
{after}
print(json.dumps({{"asked": asked, "modules": sorted(sys.modules), "environ": os.environ.get("STOMP_SKIP_HOSTNAME_SCAN")}}))
"""


def imported(before: str = "", after: str = "") -> dict:
    """What a fresh process has done and loaded after importing the connector."""
    script = _REPORT.format(before=before, after=after)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_asks_nobody_for_this_hosts_name_and_leaves_the_environment_as_it_was():
    report = imported()
    assert report["asked"] == []
    assert report["environ"] is None


def test_the_websocket_library_and_asyncio_are_not_loaded():
    modules = imported()["modules"]
    assert "stomp.transport" in modules
    assert not [name for name in modules if name.split(".")[0] in ("websocket", "asyncio", "http", "email", "psutil", "setuptools")]


def test_who_wants_the_websocket_adapter_still_has_it():
    pytest.importorskip("websocket")
    check = "import stomp.adapter.ws, websocket\nassert stomp.adapter.ws.websocket.ABNF is websocket.ABNF"
    imported(after=check)


def test_a_stomp_py_that_is_there_already_is_used_as_it_is():
    imported(
        before="import stomp",
        after="import stomp.transport\nassert mcollective_py.connector.link.BaseTransport is stomp.transport.BaseTransport",
    )


def test_the_librarys_debug_log_which_shows_passwords_is_off():
    imported(after="import logging\nassert not logging.getLogger('stomp.py').isEnabledFor(logging.DEBUG)")
