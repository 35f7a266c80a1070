"""What docs/plugins.md shows is true: its libdir runs on a small site, and a secret input is found nowhere afterwards."""

import json
import logging
import os
import re
import subprocess
from pathlib import Path

import pytest

from mcollective_py.cli.demoprocesses import MCO, RunningSite
from mcollective_py.cli.demosite import OPERATOR, Site, SiteHost
from mcollective_py.client.client import Client
from mcollective_py.filter import Filter

PAGE = (Path(__file__).parents[1] / "docs" / "plugins.md").read_text()
FILES = re.findall(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MARKER = "m4rk3rofasecret"
POLICY = f"policy default deny\nallow\tcert={OPERATOR}\t*\t*\t*\n"
HOSTS = (
    SiteHost("web1", facts={"racks": {"r1": 5, "r2": 0}}),
    SiteHost("web2", facts={"racks": {"r1": 2}}),
    SiteHost("db1", facts={"country": "uk"}),
)


class Desk:
    """The operator's, with all that was ever printed."""

    def __init__(self, folder, site):
        self.folder, self.site, self.printed = folder, site, []

    def mco(self, command, *words, stdin=""):
        done = subprocess.run(
            [*MCO, command, "-c", str(self.site.client_config), *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            cwd="/",
            env={**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache"), "HOME": str(self.folder)},
        )
        self.printed += [done.stdout, done.stderr]
        return done


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    old = os.umask(0o022)
    folder = tmp_path_factory.mktemp("plugins")
    folder.chmod(0o755)
    for name, text in FILES:
        (folder / "libdir" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "libdir" / name).write_text(text)
    audits = {"rpcaudit": "1", "plugin.rpcaudit.logfile": str(folder / "audit.log"), "loglevel": "debug"}
    site = Site(folder / "site", policies={"rack": POLICY, "rpcutil": POLICY}, settings={"libdir": str(folder / "libdir")})
    hosts = [SiteHost(host.name, host.classes, host.facts, audits) for host in HOSTS]
    with RunningSite(site, hosts) as running:
        site.write_client(running.broker, {"discovery_timeout": "1.2", "loglevel": "debug"})
        yield Desk(folder, site)
    os.umask(old)


def test_the_page_shows_a_file_of_each_kind():
    assert [name for name, _ in FILES] == [
        "data/slots/data.py",
        "data/slots/ddl.yaml",
        "validators/asset_tag/validator.py",
        "aggregates/span/aggregate.py",
        "agents/rack/agent.py",
        "agents/rack/ddl.yaml",
        "agents/rack/application.py",
    ]


def test_a_data_plugin_decides_a_filter_and_is_told_by_get_data(desk):
    assert desk.mco("find", "-S", "slots('r1').free>3").stdout.split() == ["web1"]
    wrong = desk.mco("find", "-S", "slots('r1').fre>3")
    assert (wrong.returncode, "did you mean free?" in wrong.stderr) == (1, True)
    told = json.loads(desk.mco("rpc", "rpcutil", "get_data", "source=slots", "query=r2", "-I", "web1", "-I", "web2", "--json").stdout)
    replies = {reply["sender"]: reply for reply in told["replies"]}
    assert (replies["web1"]["data"]["free"], replies["web1"]["data"]["unit"]) == (0, "slots")
    assert "there is no rack r2 here" in replies["web2"]["statusmsg"]


def test_noop_is_told_to_the_agent_and_the_summaries_are_those_of_the_page(desk):
    done = desk.mco("rpc", "rack", "label", "tag=A-1234", "--noop", "-I", "web1", "-I", "web2")
    assert done.returncode == 0, done
    assert "Summary of Done:\n\n   would label A-1234 = 2\n" in done.stdout
    assert "Summary of Free slots:\n\n   2 to 5 free\n" in done.stdout
    refused = desk.mco("rpc", "rpcutil", "ping", "--noop")
    assert (refused.returncode, "cannot say what it would do" in refused.stderr) == (1, True)


def test_a_command_of_the_site_is_listed_and_calls_as_mco_rpc_does(desk):
    done = desk.mco("rack", "A-1234", "--noop", "-I", "web1")
    assert (done.returncode, "   Done: would label A-1234\n" in done.stdout) == (0, True), done
    wrong = desk.mco("rack", "A-12345", "-I", "web1")
    assert (wrong.returncode, "the input tag must be an asset tag, as A-1234" in wrong.stderr) == (1, True)
    assert re.search(r"^ *rack +Put a label on things$", desk.mco("help").stdout, re.MULTILINE)


def test_a_validator_of_the_site_judges_on_the_client_and_on_the_host(desk):
    wrong = desk.mco("rpc", "rack", "label", "tag=A-12345")
    assert (wrong.returncode, "label: the input tag must be an asset tag, as A-1234" in wrong.stderr) == (1, True)
    (reply,) = sent_unchecked(desk, {"tag": "A-1234\n", "rack": "r1"})
    assert (reply.statuscode, reply.statusmsg) == (4, "label: the input tag must be an asset tag, as A-1234")


def sent_unchecked(desk, inputs):
    """What web1 answers to inputs that no client has looked at."""
    with Client.from_config(desk.site.client_config) as client:
        audience = client.audience("rack", Filter(), nodes=["web1"])
        return list(client.call("rack", "label", inputs, audience, timeout=10, secret="pin" in inputs))


def test_a_secret_input_is_found_nowhere_afterwards(desk, caplog):
    caplog.set_level(logging.DEBUG)
    some = ("-I", "web1")
    for options in ((), ("-v",), ("-vv",), ("--json",)):
        done = desk.mco("rpc", "rack", "label", "tag=A-1234", f"pin={MARKER}", *some, *options)
        assert done.returncode == 0, done
    for pin in (f"{MARKER} with spaces", MARKER * 10):
        wrong = desk.mco("rpc", "rack", "label", "tag=A-1234", f"pin={pin}", *some, "-vv")
        assert (wrong.returncode, "the input pin is not valid" in wrong.stderr) == (1, True)
        (reply,) = sent_unchecked(desk, {"tag": "A-1234", "rack": "r1", "pin": pin})
        assert (reply.statuscode, reply.statusmsg) == (4, "label: the input pin is not valid")
    (reply,) = sent_unchecked(desk, {"tag": "A-1234", "rack": "r1", "pin": [MARKER]})
    assert reply.statusmsg == "label: the input pin is not valid"
    desk.mco("rpc", "rack", "label", "tag=A-1234", f"pim={MARKER}", *some)
    audit = (desk.folder / "audit.log").read_text()
    assert '"pin":{"redacted":true,"sha256_8":' in audit
    assert "A-1234" in audit
    places = [path for path in desk.folder.rglob("*") if path.is_file() and MARKER.encode() in path.read_bytes()]
    assert places == []
    assert [text for text in (*desk.printed, caplog.text) if MARKER in text] == []
