"""Every command in every situation leaves with the code that docs/exit-codes.md promises, and says why in the right place."""

import json
import os
import re
import shlex
import signal
import time
from collections import deque
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path

import pytest

from mcollective_py.cli.commands import application_files
from mcollective_py.cli.demoprocesses import RunningSite
from mcollective_py.cli.demosite import SiteHost
from tests.cli.preloaded import GONE, preloaded, start

DOCUMENT = Path(__file__).parents[2] / "docs" / "exit-codes.md"

# A collective of their own, so that the hosts of other tests stay what they are: one answers everything, the other denies.
COLLECTIVE = {"collectives": "exits", "main_collective": "exits"}
SHELL = {"plugin.shell.enabled": "1"}  # it is not there unless a host says so
# Nor this one unless there is an Exim; a spool that was never used is an empty queue.
EXIM = {"plugin.exim.exim": "/bin/true", "plugin.exim.spool": "/etc", "plugin.exim.mainlog": "/x", "plugin.exim.paniclog": "/x"}
HOSTS = (
    SiteHost("open1", facts={"country": "uk"}, settings=COLLECTIVE | SHELL | EXIM),
    SiteHost("shut1", facts={"country": "de"}, settings=COLLECTIVE | SHELL | EXIM),
)

SILENT = "-I open1 -I nobody -t 3"
FAILED = "-I open1 -I shut1"
NOBODY = "-C nosuch --dt 0.3 -t 0.3"
NAMED = "-I nobody -t 0.3"
LONG = "-I open1 -I nobody -t 30 -vv"  # one answers, and then it waits
NO_BROKER = "-c {nobroker} --connection-timeout 0.2"

ASKED = ("some hosts silent", "some hosts failed", "all denied", "nobody found", "named host silent")
WITHOUT_HOSTS: dict[str, str | None] = dict.fromkeys((*ASKED, "no broker"))
NOT_WAITING: dict[str, str | None] = {"interrupted": None}


def always(name: str, well: str, wrong: str) -> dict[str, str | None]:
    """The situations that every command can be in."""
    return {
        "all well": well,
        "called wrongly": wrong,
        "unknown option": f"{name} --nosuch",
        "help": f"{name} --help",
        "reader gone": well,
        "output full": well,
    }


def configured(words: str) -> dict[str, str | None]:
    return {"configuration broken": f"{words} -c {{broken}}", "configuration missing": f"{words} -c {{missing}}"}


def calling(name: str, asked: str, wrong: str) -> dict[str, str | None]:
    """Those of a command of an agent, by an action that only reads. open1 allows it and shut1 denies it, see place."""
    return {
        **always(name, f"{asked} -c {{good}} -I open1", wrong),
        **configured(asked),
        "some hosts silent": f"{asked} -c {{good}} {SILENT}",
        "some hosts failed": f"{asked} -c {{good}} {FAILED}",
        "all denied": f"{asked} -c {{good}} -I shut1",
        "nobody found": f"{asked} -c {{good}} {NOBODY}",
        "named host silent": f"{asked} -c {{good}} {NAMED}",
        "no broker": f"{asked} {NO_BROKER}",
        "interrupted": f"{asked} -c {{good}} {LONG}",
    }


# Command and situation -> words; None where it cannot be in this situation. What follows a < is its standard input.
TABLE: dict[str, dict[str, str | None]] = {
    "audit": {
        **always("audit", "audit query {audited}", "audit nosuch"),
        **WITHOUT_HOSTS,
        **NOT_WAITING,
        **configured("audit verify"),
    },
    "broker": {
        **always("broker", "broker setup activemq", "broker deluser x"),
        **WITHOUT_HOSTS,
        "configuration broken": "broker deluser x --users {broken}",
        "configuration missing": "broker deluser x --users {missing}",
        "interrupted": "broker --port 0",
    },
    "ca": {
        **always("ca", "ca list --dir {ca}", "ca issue x"),
        **WITHOUT_HOSTS,
        **NOT_WAITING,
        "configuration broken": "ca list --dir {emptyca}",
        "configuration missing": "ca list --dir {missing}",
    },
    "completion": {
        **always("completion", "completion bash", "completion nosuch"),
        **WITHOUT_HOSTS,
        **NOT_WAITING,
        **configured("completion --list-agents"),
    },
    "config": {
        **always("config", "config check {good}", "config nosuch"),
        **WITHOUT_HOSTS,
        **NOT_WAITING,
        "configuration broken": "config check {broken}",
        "configuration missing": "config show {missing}",
    },
    "console": {
        **always("console", "console -c {good} < find -I open1", "console -c {good} < rpcutil nosuch"),
        **configured("console"),
        "some hosts silent": f"console -c {{good}} < rpcutil ping {SILENT}",
        "some hosts failed": f"console -c {{good}} < rpcutil ping {FAILED}",
        "all denied": "console -c {good} < rpcutil ping -I shut1",
        "nobody found": f"console -c {{good}} < rpcutil ping {NOBODY}",
        "named host silent": f"console -c {{good}} < rpcutil ping {NAMED}",
        "no broker": "console -c {nobroker} < find --connection-timeout 0.2",
        "interrupted": "console -c {good} < ping -I open1 -I nobody -t 30\nhelp",
    },
    "demo": {
        **always("demo", "demo", "demo --end {missing}"),
        **WITHOUT_HOSTS,
        "all well": "demo --end {demo}",
        "configuration broken": None,
        "configuration missing": None,
        "interrupted": "demo",
    },
    "describe_filter": {
        **always("describe_filter", "describe_filter -C x", "describe_filter -F x"),
        **WITHOUT_HOSTS,
        **NOT_WAITING,
        **configured("describe_filter -S \"fstat('/x').size=1\""),
    },
    "doctor": {
        **always("doctor", "doctor -c {desk} -t 3", "doctor x"),
        **dict.fromkeys(ASKED),
        **configured("doctor"),
        "no broker": f"doctor {NO_BROKER}",
        "interrupted": "doctor -c {desk} -t 30 -vv",
    },
    "enrol": {
        **always("enrol", "enrol request web1 --node --dir {enrolled}", "enrol request Web1 --node --dir {enrolled}"),
        **WITHOUT_HOSTS,
        **NOT_WAITING,
        "configuration broken": "enrol accept {broken} --node --dir {enrolled}",
        "configuration missing": "enrol accept {missing} --node --dir {enrolled}",
    },
    "exim": calling("exim", "exim size", "exim nosuch -c {good}"),
    "facts": {
        **always("facts", "facts country -c {good} -I open1", "facts"),
        **configured("facts country"),
        "some hosts silent": f"facts country -c {{good}} {SILENT}",
        "some hosts failed": f"facts country -c {{good}} {FAILED}",
        "all denied": "facts country -c {good} -I shut1",
        "nobody found": f"facts country -c {{good}} {NOBODY}",
        "named host silent": f"facts country -c {{good}} {NAMED}",
        "no broker": f"facts country {NO_BROKER}",
        "interrupted": f"facts country -c {{good}} {LONG}",
    },
    "filemgr": calling("filemgr", "filemgr status /etc/passwd", "filemgr nosuch -c {good}"),
    "find": {
        **always("find", "find -c {good} -I open1", "find -F x"),
        **configured("find"),
        "some hosts silent": f"find -c {{good}} {SILENT}",
        "some hosts failed": None,
        "all denied": None,
        "nobody found": f"find -c {{good}} {NOBODY}",
        "named host silent": f"find -c {{good}} {NAMED}",
        "no broker": f"find {NO_BROKER}",
        "interrupted": f"find -c {{good}} {LONG}",
    },
    "help": {
        **always("help", "help ping", "help nosuch"),
        **WITHOUT_HOSTS,
        **NOT_WAITING,
        **configured("help"),
    },
    "inventory": {
        **always("inventory", "inventory open1 -c {good}", "inventory"),
        **configured("inventory open1"),
        "some hosts silent": f"inventory --list-collectives -c {{good}} {SILENT}",
        "some hosts failed": f"inventory --list-collectives -c {{good}} {FAILED}",
        "all denied": "inventory shut1 -c {good}",
        "nobody found": f"inventory --list-collectives -c {{good}} {NOBODY}",
        "named host silent": "inventory nobody -c {good} -t 0.3",
        "no broker": f"inventory open1 {NO_BROKER}",
        "interrupted": f"inventory --list-collectives -c {{good}} {LONG}",
    },
    "iptables": calling("iptables", "iptables status", "iptables block www.example.net -c {good}"),
    "keys": {
        **always("keys", "keys hosts -c {good} -I open1", "keys check"),
        **configured("keys"),
        "some hosts silent": f"keys hosts -c {{good}} {SILENT}",
        "some hosts failed": f"keys hosts -c {{good}} {FAILED}",
        "all denied": "keys hosts -c {good} -I shut1",
        "nobody found": f"keys hosts -c {{good}} {NOBODY}",
        "named host silent": f"keys hosts -c {{good}} {NAMED}",
        "no broker": f"keys hosts {NO_BROKER}",
        "interrupted": f"keys hosts -c {{good}} {LONG}",
    },
    "nettest": calling("nettest", "nettest dns localhost", "nettest connect localhost -c {good}"),
    "nrpe": calling("nrpe", "nrpe --list", "nrpe -c {good}"),
    "package": calling("package", "package status bash", "package nosuch -c {good}"),
    "ping": {
        **always("ping", "ping -c {good} -I open1", "ping --json --jsonl"),
        **configured("ping"),
        "some hosts silent": f"ping -c {{good}} {SILENT}",
        "some hosts failed": None,
        "all denied": None,
        "nobody found": f"ping -c {{good}} {NOBODY}",
        "named host silent": f"ping -c {{good}} {NAMED}",
        "no broker": f"ping {NO_BROKER}",
        "interrupted": f"ping -c {{good}} {LONG}",
    },
    "plugin": {
        **always("plugin", "plugin doc rpcutil -c {good}", "plugin doc nosuch -c {good}"),
        **WITHOUT_HOSTS,
        **NOT_WAITING,
        **configured("plugin doc"),
    },
    "policy": {
        **always("policy", "policy explain --caller cert=a --agent echo --file {policy}", "policy nosuch"),
        **WITHOUT_HOSTS,
        **NOT_WAITING,
        **configured("policy check"),
    },
    "process": calling("process", "process count x", "process nosuch -c {good}"),
    "puppet": calling("puppet", "puppet status", "puppet nosuch -c {good}"),
    "request": calling("request", "request status {ran}", "request status nosuch -c {good}"),
    "rpc": {
        **always("rpc", "rpc rpcutil ping -c {good} -I open1", "rpc rpcutil nosuch -c {good}"),
        **configured("rpc rpcutil ping"),
        "some hosts silent": f"rpc rpcutil ping -c {{good}} {SILENT}",
        "some hosts failed": f"rpc rpcutil ping -c {{good}} {FAILED}",
        "all denied": "rpc echo --body x -c {good} -I shut1",
        "nobody found": f"rpc rpcutil ping -c {{good}} {NOBODY}",
        "named host silent": f"rpc echo --body x -c {{good}} {NAMED}",
        "no broker": f"rpc rpcutil ping {NO_BROKER}",
        "interrupted": f"rpc rpcutil ping -c {{good}} {LONG}",
    },
    "runs": {
        **always("runs", "runs -c {good}", "runs nosuch -c {good}"),
        **WITHOUT_HOSTS,
        **NOT_WAITING,
        **configured("runs"),
    },
    "service": calling("service", "service status ssh", "service status -c {good}"),
    "shell": calling("shell", "shell list", "shell nosuch -c {good}"),
    "why": {
        **always("why", "why open1 -c {good}", "why 'a b' -c {good}"),
        **configured("why open1"),
        "some hosts silent": "why open1,nobody -c {good} -t 3",
        "some hosts failed": "why open1,shut1 echo -c {good}",
        "all denied": "why shut1 echo -c {good}",
        "nobody found": None,
        "named host silent": "why nobody -c {good} -t 0.3",
        "no broker": f"why open1 {NO_BROKER}",
        "interrupted": "why open1,nobody -c {good} -t 30 -vv",
    },
}

HAS_JSON = (
    "audit",
    "ca",
    "config",
    "describe_filter",
    "doctor",
    "enrol",
    "exim",
    "facts",
    "filemgr",
    "find",
    "inventory",
    "iptables",
    "nettest",
    "nrpe",
    "package",
    "ping",
    "plugin",
    "policy",
    "process",
    "puppet",
    "request",
    "rpc",
    "runs",
    "service",
    "shell",
    "why",
)
# The command reports them on its standard output, and its code is the same.
REPORTED = {("config", "configuration broken"), *(("doctor", f"configuration {how}") for how in ("broken", "missing")),
            ("doctor", "no broker")}  # fmt: skip
ERRORS = ("called wrongly", "unknown option", "no broker", "configuration broken", "configuration missing")
PLAIN = ("help", "reader gone", "output full")
WAITING = (" answered\n", " time=", "listening on", "Making a CA")  # said once what is to be interrupted is under way


@dataclass
class Outcome:
    words: str
    code: int | None
    out: str
    err: str


class Place:
    """The files that the words name, and the running of a command."""

    def __init__(self, folder, site, broker):
        self.folder, self.context = folder, preloaded()
        good = site._config("demo.mcollective", broker) | COLLECTIVE | {"discovery_timeout": "0.7"}
        self.files = {name: folder / f"{name}.cfg" for name in ("good", "nobroker", "broken", "missing")}
        site._write(self.files["good"], good)
        site._write(self.files["nobroker"], good | {"plugin.stomp.pool.1.port": "1"})
        site._write(self.files["broken"], good | {"nosuch": "1"})
        self.files |= {"desk": site.client_config, "ca": site.authority.folder, "emptyca": folder / "emptyca"}
        self.files["emptyca"].mkdir()
        self.files["enrolled"] = folder / "enrolled"
        self.files["policy"] = folder / "echo.policy"
        self.files["policy"].write_text("policy default allow\n")
        self.files["audited"] = folder / "audit.log"
        self.files["audited"].write_text('{"timestamp":"2026-11-23T21:49:11+00:00","decision":"deny","seq":1,"prev":null}\n')
        (folder / "tmp").mkdir()
        kept = ("MCOLLECTIVE_EXTRA_OPTS", "XDG_STATE_HOME", "PYTHONPATH")
        self.environment = {name: value for name, value in os.environ.items() if name not in kept}
        self.environment |= {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "TMPDIR": str(folder / "tmp")}

    def run(self, runs, at_once=20):
        """Run words, each with its situation, so many at once; their outcomes, in that order."""
        waiting, under_way, done = deque(enumerate(runs)), [], {}
        while waiting or under_way:
            while waiting and len(under_way) < at_once:
                number, (words, situation) = waiting.popleft()
                under_way.append(Running(self, number, words, situation))
            wait([running.process.sentinel for running in under_way], 0.05)
            for running in [running for running in under_way if running.has_ended()]:
                under_way.remove(running)
                done[running.number] = running.outcome()
        return [done[number] for number in range(len(runs))]


class Running:
    """One command: it is interrupted, where that is its situation, once it waits."""

    def __init__(self, place, number, words, situation):
        files = dict(place.files, demo=place.folder / f"demo-{number}")
        if "{demo}" in words:
            files["demo"].mkdir()
            (files["demo"] / "pids.json").write_text("{}")
        command, _, lines = words.format(**files).partition(" < ")
        stdin, self._out, self._err = (place.folder / f"{number}.{name}" for name in ("in", "out", "err"))
        for file, text in ((stdin, lines), (self._out, ""), (self._err, "")):
            file.write_text(text)
        self.number, self._words, self._is_to_end = number, words, situation == "interrupted"
        stdout = {"reader gone": GONE, "output full": "/dev/full"}.get(situation, self._out)
        stdin = stdin if lines else "/dev/null"
        self.process = start(place.context, shlex.split(command), place.environment, stdin, stdout, self._err)
        self._deadline = time.monotonic() + 60

    def has_ended(self):
        if not self.process.is_alive():
            return True
        if self._is_to_end and any(word in self._out.read_text() + self._err.read_text() for word in WAITING):
            self._is_to_end = False
            os.kill(self.process.pid, signal.SIGINT)
        if time.monotonic() > self._deadline:
            self.process.kill()
        return False

    def outcome(self):
        return Outcome(self._words, self.process.exitcode, self._out.read_text(), self._err.read_text())


def puppet_of(folder: Path) -> dict[str, str]:
    """The settings of a host whose Puppet only tells where its files are."""
    program = folder / "puppet"
    names = (
        "agent_catalog_run_lockfile",
        "agent_disabled_lockfile",
        "config",
        "lastrunfile",
        "lastrunreport",
        "pidfile",
        "resourcefile",
    )
    program.write_text("#!/bin/sh\n" + "".join(f"echo '{name} = {folder}/{name}'\n" for name in names))
    program.chmod(0o755)
    return {"plugin.puppet.command": f"{program} agent", "plugin.puppet.state_folder": str(folder / "puppet-state")}


@pytest.fixture(scope="module")
def place(running, tmp_path_factory):
    puppet = puppet_of(running.site.folder)
    hosts = RunningSite(running.site, [replace(host, settings={**host.settings, **puppet}) for host in HOSTS], running.broker)
    commands = [path.parent.name for path in (Path(__file__).parents[2] / "agents").glob("*/application.py")]
    for host, word in (("open1", "allow"), ("shut1", "deny")):
        policies = running.site.folder / "hosts" / host / "policies"
        policies.mkdir(parents=True)
        for agent in ("rpcutil", *commands):
            (policies / f"{agent}.policy").write_text(f"policy default {word}\n")
    try:
        for name in hosts.hosts:
            hosts.start_daemon(name)
        hosts.wait_for(hosts.hosts, seconds=60.0)
        place = Place(tmp_path_factory.mktemp("exits"), running.site, running.broker)
        place.run([(TABLE["rpc"]["all well"], "all well")])  # `mco runs` has something to show, `mco request` to ask after
        (kept,) = (place.folder / "cache").rglob("runs/*.json")
        place.files["ran"] = kept.stem.partition("-")[2]
        yield place
    finally:
        hosts.end()


@pytest.fixture(scope="module")
def outcomes(place):
    """(command, situation, is it strict) -> Outcome. With --strict, what has --json runs with it."""
    runs = {}
    for name, rows in TABLE.items():
        for situation, words in rows.items():
            if words is None:
                continue
            runs[name, situation, False] = words
            if situation not in PLAIN:
                command, sign, lines = words.partition(" < ")
                json_too = " --json" if name in HAS_JSON and situation != "called wrongly" else ""
                runs[name, situation, True] = f"{command} --strict{json_too}{sign}{lines}"
    # What waits longest comes first: the rest runs meanwhile.
    order = sorted(runs, key=lambda run: (" -t 3 " not in f"{runs[run]} ", run[1] != "interrupted"))
    return dict(zip(order, place.run([(runs[run], run[1]) for run in order]), strict=True))


def promises():
    """Situation -> its code, its code with --strict, and the commands that have others."""
    section = DOCUMENT.read_text().partition("## The same for every command")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")]
    found = {}
    for situation, code, strict, others, _ in rows[1:]:
        exceptions = re.findall(r"`(\w+)` (\d+)(?: / (\d+))?", others)
        found[situation] = (int(code), int(strict), {name: (int(one), int(two or one)) for name, one, two in exceptions})
    return found


PROMISES = promises()


def test_every_command_has_its_rows_for_every_situation_of_the_document(place):
    assert set(TABLE) == set(application_files(str(place.files["good"])))
    assert {name: set(rows) for name, rows in TABLE.items()} == {name: set(PROMISES) for name in TABLE}
    assert {name for *_, others in PROMISES.values() for name in others} <= set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_a_command_leaves_with_the_promised_codes(outcomes, name):
    wanted, found = {}, {}
    for situation, (code, strict, others) in PROMISES.items():
        plain, told = others.get(name, (code, strict))
        for is_strict, promised in ((False, plain), (True, told)):
            if (outcome := outcomes.get((name, situation, is_strict))) is not None:
                wanted[outcome.words] = (situation, promised)
                found[outcome.words] = (situation, outcome.code)
    assert found == wanted


@pytest.mark.parametrize("name", TABLE)
def test_an_error_names_the_command_on_stderr_and_leaves_stdout_empty(outcomes, name):
    for (command, situation, _), outcome in outcomes.items():
        if command != name or situation not in ERRORS or (name, situation) in REPORTED or not outcome.code:
            continue
        assert outcome.out == "", outcome
        assert any(line.startswith(f"mco {name}: ") for line in outcome.err.splitlines()), outcome


def test_nothing_leaves_a_traceback_or_a_fault_of_the_program(outcomes):
    told = [outcome for outcome in outcomes.values() if "Traceback" in outcome.err or "a fault of the program" in outcome.err]
    assert told == []


def test_a_full_output_is_told_and_a_reader_who_left_is_not(outcomes):
    full = {outcome.words: outcome.err for (_, situation, _), outcome in outcomes.items() if situation == "output full"}
    gone = {outcome.words: outcome.err for (_, situation, _), outcome in outcomes.items() if situation == "reader gone"}
    assert [words for words, err in full.items() if "mco: the output cannot be written: No space left on device" not in err] == []
    assert [words for words, err in gone.items() if "mco:" in err] == []


@pytest.mark.parametrize("name", HAS_JSON)
def test_json_is_one_document_whatever_became_of_it(outcomes, name):
    errors = {situation for situation in ERRORS if (name, situation) not in REPORTED}
    for (command, situation, is_strict), outcome in outcomes.items():
        if command == name and is_strict and situation not in errors:
            document = json.loads(outcome.out)
            if situation == "interrupted":
                assert document["interrupted"] is True, outcome


def test_an_interrupted_script_of_the_console_goes_no_further(outcomes):
    assert "inventory" not in outcomes["console", "interrupted", False].out


def test_an_interrupted_demo_leaves_nothing_behind(outcomes, place):
    assert outcomes
    assert list((place.folder / "tmp").glob("mco-demo-*")) == []
