"""`mco exim` over two relays with a real Exim: what is told is what Exim, exiqgrep, exipick and exiqsumm say themselves."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.cli.demosite import Site
from tests.parts.asker import Asker
from tests.parts.eximfleet import EximFleet, exim_fleet
from tests.parts.eximlab import SPOOL, EximLab

pytestmark = pytest.mark.parts

RELAYS = ("mx1", "mx2")
MAIL: list[dict[str, object]] = [
    {"sender": "alice@example.org", "recipients": ["bob@example.com", "carol@example.net"], "subject": "Lunch on Friday"},
    {"sender": "alice@example.org", "recipients": ["defer@example.com"], "subject": "Later", "body": "line\n" * 3000},
    {"sender": "spam@bad.example", "recipients": ["u1@example.net", "reject1@example.net", "defer1@example.net"], "user": "mallory"},
    {"sender": "", "recipients": ["defer-b@example.org"], "subject": "\x1b[31mred\x07"},
    {"sender": "dave@example.org", "recipients": ['"defer odd"@example.com'], "subject": "=?utf-8?B?R3LDvMOfZQ==?="},
]


class Fleet(EximFleet):
    """Two relays with daemons, and `mco` and single requests on their network."""

    def __init__(self, exim: EximLab, site: Site) -> None:
        super().__init__(exim, site)
        words = [sys.executable, "-m", "tests.parts.asker", str(site.client_config)]
        self.asker = Asker(exim.lab.outside(words), exim.lab.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})

    def data(self, action: str, *inputs: str, host: str = "mx1") -> dict[str, Any]:
        """The outputs of an action on a host, which must succeed."""
        reply = self.asker.ask(host, "exim", action, inputs)
        assert reply["statuscode"] == 0, reply
        return dict(reply["data"])


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with exim_fleet(RELAYS) as relays:
        exim = relays.exim
        exim.send("mx1", *MAIL)
        exim.send("mx2", *MAIL[:2])
        exim.exim("mx1", "-q")
        exim.exim("mx1", "-Mf", exim.ids("mx1")[0])
        made = Fleet(exim, relays.site)
        yield made
        made.asker.close()


def test_the_listing_is_exims_own(fleet: Fleet) -> None:
    for host in RELAYS:
        data = fleet.data("mailq", host=host)
        printed = fleet.exim.exim(host, "-bp")
        heads = re.findall(r"^ *\d+[mhd] +(\S+) (\S+) <(.*)>( \*\*\* frozen \*\*\*)?$", printed, re.MULTILINE)
        assert [(one["size"], one["msgid"], one["sender"], one["frozen"]) for one in data["mailq"]] == [
            (size, id, sender, bool(frozen)) for size, id, sender, frozen in heads
        ]
        waiting = re.findall(r"^ {10}(\S.*)$", printed, re.MULTILINE)
        assert [address for one in data["mailq"] for address in one["recipients"]] == waiting
        assert (data["size"], data["frozen"]) == (len(heads), printed.count("*** frozen"))
    shown = fleet.mco("exim", "mailq", "--match-frozen").stdout
    assert "*** frozen ***" in shown
    assert shown.count("<") == 1


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (("limit_sender=ALICE",), ("-f", "ALICE")),
        (("limit_sender=<>",), ("-f", "<>")),
        (("limit_sender=^<alice@",), ("-f", "^<alice@")),
        (("limit_recipient=defer.*example",), ("-r", "defer.*example")),
        (("limit_frozen_only=true",), ("-z",)),
        (("limit_unfrozen_only=true", "limit_sender=a"), ("-x", "-f", "a")),
        (("limit_younger_than=86400",), ("-y", "86400")),
        (("limit_older_than=86400",), ("-o", "86400")),
    ],
)
def test_the_historic_matchers_mean_what_they_mean_to_exiqgrep(fleet: Fleet, inputs: tuple[str, ...], words: tuple[str, ...]) -> None:
    wanted = fleet.exim.run("mx1", "exiqgrep", "-i", *words).stdout.split()
    assert sorted(one["msgid"] for one in fleet.data("mailq", *inputs)["mailq"]) == sorted(wanted)


def test_a_selection_finds_what_exipick_finds(fleet: Fleet) -> None:
    for selection, words in (
        ("sender=alice@example.org", ("$sender_address eq alice@example.org",)),
        ("frozen", ("-z",)),
        ("auth=mallory", ("$authenticated_id eq mallory",)),
        ("size>10K", ("$message_size > 10240",)),
    ):
        found = fleet.data("list", f"select={selection}")
        wanted = fleet.exim.run("mx1", "exipick", "-i", *words).stdout.split()
        assert wanted, selection
        assert [one["id"] for one in found["messages"]] == sorted(wanted), selection
    errors = fleet.data("list", "select=error=~'come back later' and not frozen", "columns=error,attempts")["messages"]
    assert len(errors) >= 2
    assert all(one["attempts"] == 1 for one in errors)
    wrong = fleet.mco("exim", "list", "sendr=x")
    assert wrong.returncode == 1
    assert wrong.stderr.endswith("    sendr=x\n    ^\n")


def test_the_queue_by_domain_is_exiqsumms(fleet: Fleet) -> None:
    theirs = fleet.exim.shell("mx1", "exim4 -bp | exiqsumm").splitlines()
    ours = fleet.data("summarytext")["summary"].splitlines()
    assert [line.split()[0::4] for line in ours if line] == [line.split()[0::4] for line in theirs if line]
    table = fleet.mco("exim", "domains").stdout
    assert re.search(r"^ +\d+ +[\d.]+[KM]? +\d+[mhd] +\d+[mhd] +example\.com$", table, re.MULTILINE), table


def test_sums_over_the_fleet(fleet: Fleet) -> None:
    count = {host: int(fleet.exim.exim(host, "-bpc")) for host in RELAYS}
    size = fleet.mco("exim", "size").stdout
    assert re.search(rf"mx1: total mail: {count['mx1']} +matched mail: {count['mx1']} +frozen mail: 1$", size, re.MULTILINE), size
    assert re.search(rf"^ +total mail: {sum(count.values())} ", size, re.MULTILINE), size
    top = fleet.mco("exim", "top", "senders").stdout
    assert re.search(r"\balice@example\.org$", top, re.MULTILINE), top
    errors = fleet.mco("exim", "top", "errors").stdout
    assert re.search(r"\d+ +451 4\.3\.0 come back later$", errors, re.MULTILINE), errors
    assert re.search(
        rf"^ +{sum(count.values())} .* < 1h$|^ +{sum(count.values())} .* < 5m$", fleet.mco("exim", "histogram").stdout, re.MULTILINE
    )


def test_one_message_with_its_headers_its_log_and_its_body(fleet: Fleet) -> None:
    id = fleet.data("list", "select=bounce and recipient=defer-b@example.org")["messages"][0]["id"]
    shown = fleet.mco("exim", "show", id, "-I", "mx1")
    assert "come back later" in shown.stdout
    assert "\x1b" not in shown.stdout
    told = fleet.data("show", f"msgid={id}")
    theirs = fleet.exim.exim("mx1", "-Mvh", id)
    assert told["headers"].split("\n")[0].partition(";")[0] in theirs
    assert told["log"] == fleet.exim.exim("mx1", "-Mvl", id)
    body = fleet.data("body", f"msgid={id}")
    assert body["body"] in fleet.exim.exim("mx1", "-Mvb", id)
    gone = fleet.mco("exim", "show", "1xVWj6-00000i-ZZ")
    assert gone.returncode == 2
    assert "no host has a message 1xVWj6-00000i-ZZ" in gone.stderr


def test_the_log_hints_routes_and_processes(fleet: Fleet) -> None:
    story = fleet.data("exigrep", "pattern=mallory")
    theirs = fleet.exim.run("mx1", "exigrep", "mallory", "/var/log/exim4/mainlog").stdout
    assert {line for line in story["matches"].split("\n") if line} <= {line for line in theirs.split("\n") if line}
    assert "** reject1@example.net" in story["matches"]
    fleet.exim.shell("mx1", "cd /var/log/exim4; cp mainlog mainlog.1; gzip mainlog.1")
    assert fleet.data("exigrep", "pattern=mallory", "since=1h")["files"] == 2
    retry = fleet.data("exinext", "about=example.com")["retry"]
    assert [one["key"].partition(":")[0] for one in retry]
    assert all(one["next"] > one["first"] for one in retry)
    assert "transport = smtp" in fleet.data("testaddress", "address=bob@example.com")["routing_information"]
    assert "no such place" in fleet.data("testaddress", "address=x@nowhere.test")["routing_information"]
    assert "daemon" in fleet.data("exiwhat")["exiwhat"][0]
    health = fleet.data("health")
    assert health["version"].startswith("4.")
    assert health["pid"] > 0


def test_addresses_that_look_like_options_or_commands_reach_no_exim(fleet: Fleet) -> None:
    for address in ("-be", "x' & touch /tmp/canary & '"):
        assert fleet.mco("exim", "test", "-I", "mx1", "--", address).returncode == 1, address
    assert fleet.data("testaddress", "address=${run{/usr/bin/touch$IFS/tmp/canary}}'&touch$IFS/tmp/canary@example.com")
    assert fleet.asker.ask("mx1", "exim", "exigrep", ["pattern=x' & touch /tmp/canary & '"])["data"]["matches"] == ""
    assert fleet.exim.run("mx1", "ls", "/tmp/canary").returncode != 0


def test_who_asks_for_eximng_gets_it(fleet: Fleet) -> None:
    assert sorted(fleet.mco("find", "-A", "eximng").stdout.split()) == list(RELAYS)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from dataclasses import replace\n"
        "from mcollective_py import Client\n"
        "from mcollective_py.plugins.ddlfiles import agent_ddl\n"
        "from mcollective_py.client.rpcclient import RPCClient\n"
        "with Client.from_config(sys.argv[1]) as client:\n"
        "    rpc = RPCClient(client, 'eximng', agent_ddl('exim', []))\n"
        "    print(sorted((one.sender, one.agent, one.data['total'] > 0) for one in rpc.size()))\n"
    )
    done = fleet.exim.lab.run_outside(sys.executable, "-c", code, str(fleet.site.client_config))
    assert done.stdout == "[('mx1', 'eximng', True), ('mx2', 'eximng', True)]\n", done.stderr


def test_hosts_are_found_by_their_queues(fleet: Fleet) -> None:
    assert fleet.mco("find", "-S", "exim_queue('frozen').size>0").stdout.split() == ["mx1"]
    mail = fleet.asker.ask("mx1", "rpcutil", "get_data", ["source=domain_mailq", "query=example.org"])["data"]
    assert (mail["size"], mail["frozen"]) == (1, 0)


def test_a_broken_file_is_told_of_and_a_long_list_comes_in_parts(fleet: Fleet) -> None:
    fleet.exim.multiply("mx2", 1500)
    broken = fleet.exim.ids("mx2")[-1]
    fleet.exim.shell("mx2", f"echo nonsense > {SPOOL}/input/{broken}-H")
    listed = fleet.mco("exim", "list", "-I", "mx2")
    assert listed.returncode == 0, listed.stderr
    assert len(set(re.findall(r"^ +(\w{6}-\w{6}-\w\w) ", listed.stdout, re.MULTILINE))) == 1501
    assert f"{broken}: its -H file is broken" in listed.stdout
    wrong = fleet.data("count", host="mx2")
    assert (wrong["messages"], wrong["total"], [one["msgid"] for one in wrong["broken"]]) == (1501, 1502, [broken])


def test_the_client_holds_little_of_a_long_list(fleet: Fleet) -> None:
    fleet.exim.multiply("mx1", 10_000)

    def run(*words: str) -> dict[str, float]:
        command = [sys.executable, "-m", "tests.benchmarks.bench_exim_fleet", "client", "exim", *words]
        environ = (f"XDG_CACHE_HOME={fleet.site.folder}", f"PYTHONPATH={Path(__file__).parents[2]}")
        done = fleet.exim.lab.run_outside("env", *environ, *command, "--config", str(fleet.site.client_config))
        told: dict[str, float] = json.loads(done.stderr.strip().splitlines()[-1])
        assert told["code"] == 0, done.stderr
        return told | {"messages": len(re.findall(r"\b\w{6}-\w{6}-\w\w\b", done.stdout))}

    nothing = run("list", "size<1")
    for words in (("list",), ("list", "--json"), ("mailq",)):
        told = run(*words)
        assert told["messages"] >= 10_000, words
        # Three times the bytes is what is wanted, see the benchmark; a small list has what any list takes beside it.
        assert told["peak"] - nothing["peak"] < 3 * told["bytes"] + 30 * 2**20, words
