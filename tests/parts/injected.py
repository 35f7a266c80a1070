"""Calls every action of every agent with hostile inputs, as root on a host of its own, and prints what came of it as JSON.

    python -m tests.parts.injected SECONDS     how long each input is tried, with FEWEST texts at least of those that its DDL takes

What agents start is seen by an audit hook of the interpreter, whatever tool it is: a new agent is covered once its folder is there.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcollective_py.ddl.validate import validate
from mcollective_py.errors import RPCError
from mcollective_py.node.view import DataSource, NodeView
from mcollective_py.plugins.sitedata import load_one
from mcollective_py.testing import AgentHarness
from mcollective_py.text import is_utf8
from tests.trust.hostile import CANARY, Place, corpus, places

AGENTS = Path(__file__).parents[2] / "agents"
CANARIES = Path("/run/canaries")
FEWEST = 2  # texts
_SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "env", "xargs", "eval")
_SERVED = "/srv/files"  # the only folder that the agent filemgr may use

_EXIM = "/run/exim"  # a program that does nothing, a spool with one message, its logs and what the agent keeps

SETTINGS: Mapping[str, Sequence[Mapping[str, str]]] = {
    "exim": [
        {name: f"{_EXIM}/{name}" for name in ("exim", "spool", "mainlog", "paniclog", "blocklist")} | {"state_folder": f"{_EXIM}/state"}
    ],
    "filemgr": [{"allow": _SERVED, "allow_read": _SERVED, "touch_file": f"{_SERVED}/touched"}],
    "nrpe": [{"conf_path": "/srv/nrpe"}],
    "puppet": [{"resource_type_blacklist": "exec,cron,file,user", "splay": "0"}],
    # With a list of what may run, and without one.
    "shell": [{"enabled": "1", "allow_file": "/srv/shell.allow"}, {"enabled": "1", "max_jobs": "1000"}],
}
# Beside the input that is tried: what an action needs in order to come so far.
BESIDE: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "exim": {action: {"msgid": "1xVWj6-00000i-1z"} for action in ("markdelivered", "setsender", "addrecipient", "move")},
    "shell": {"run": {"argv": ["/bin/echo", "a"]}, "start": {"argv": ["/bin/echo", "a"]}},
    "process": {"signal": {"signal": "CONT", "wait": 0}},
    "nettest": {action: {"timeout": 1} for action in ("ping", "connect", "dns", "tls", "http")},
    "iptables": {
        **{action: {"ipaddr": "192.0.2.7"} for action in ("block", "unblock", "isblocked", "allow", "disallow", "extend")},
        **{action: {"list": ["192.0.2.7"]} for action in ("apply", "ban", "reconcile")},
    },
    "nrpe": {"runcommand": {"command": "show"}},
    "package": {
        action: {"package": "labpkg"} for action in ("install", "update", "uninstall", "purge", "status", "compare", "hold", "unhold")
    },
    "service": {action: {"wait": 1} for action in ("start", "restart", "stop", "try_restart")},
}
_A_SHELL_BY_DEFINITION = ("command", "script", "interpreter")  # of the agent shell, where no list says what may run
_ALL_OF_A_DISK = ("/", "/.", "/..")  # what looks through it takes as long as that takes


class Seen:
    """The processes that were started since the last look, by their words."""

    def __init__(self) -> None:
        self._started: list[list[str]] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen":
            self._started.append([os.fsdecode(word) for word in arguments[1]])
        elif event == "os.system":
            self._started.append(["sh", "-c", os.fsdecode(arguments[0])])
        elif event in ("os.exec", "os.posix_spawn"):
            self._started.append([os.fsdecode(word) for word in arguments[1]])

    def taken(self) -> list[list[str]]:
        """What was started."""
        started, self._started = self._started, []
        return started


def wrong_words(words: Sequence[str], text: str) -> str:
    """What is wrong with a command that a text of a caller has come into; empty for nothing."""
    if len(text.strip()) < 5 or not any(text in word for word in words):
        return ""  # `-` and `a` are in many words
    if os.path.basename(words[0]) in _SHELLS and "-c" in words[:3] and text in words[words.index("-c") + 1]:
        return "in a line for a shell"
    if text in words[0]:
        return "as the program"
    ends = words.index("--") if "--" in words else len(words)
    if any(word.startswith("-") and text.startswith(word[:2]) and text in word for word in words[1:ends]):
        return "in an option's place"
    return ""


def tried(name: str, settings: Mapping[str, str]) -> Iterator[tuple[Place, AgentHarness]]:
    """The inputs of an agent."""
    agent = AgentHarness(AGENTS / name, config=settings)
    assert agent.agent.ddl is not None
    for place in places(agent.agent.ddl, agent.agent.validators, beside=BESIDE.get(name)):
        if name == "shell" and place.input in _A_SHELL_BY_DEFINITION and "allow_file" not in settings:
            continue
        if name == "shell" and place.input == "argv" and "allow_file" not in settings:
            place = replace(place, words=("/bin/echo",))
        if name == "shell" and place.input in ("command", "script"):
            place = replace(place, others={key: value for key, value in place.others.items() if key != "argv"})
        yield place, agent


class Findings:
    """What is told in the end."""

    def __init__(self, seconds: float) -> None:
        # No wire carries half of a surrogate pair.
        self.texts, self.seconds, self.seen = tuple(text for text in corpus(str(CANARIES)) if is_utf8(text)), seconds, Seen()
        self.took: dict[str, float] = {}
        self.calls, self.started, self.codes = 0, 0, dict[str, int]()
        self.problems: list[str] = []
        self.inputs = 0

    def look(self, where: str, text: str, began: float, allowed: float = 20.0) -> None:
        """What came of one call. allowed: seconds."""
        self.calls += 1
        self.took[where] = self.took.get(where, 0.0) + time.monotonic() - began
        if time.monotonic() - began > allowed:
            self.problems.append(f"{where} {text!r:.80}: took {time.monotonic() - began:.1f} s")
        for words in self.seen.taken():
            self.started += 1
            if wrong := wrong_words(words, text):
                self.problems.append(f"{where} {text!r:.80}: {wrong}: {words}")
        left = [path for path in (*CANARIES.iterdir(), Path("/") / CANARY, Path("/touched"), Path.home() / CANARY) if path.exists()]
        for path in left:
            self.problems.append(f"{where} {text!r:.80}: left {path}")
            path.unlink()

    def agent(self, place: Place, agent: AgentHarness) -> None:
        """One input of one action."""
        assert agent.agent.ddl is not None
        for text in self._in_time(place, lambda inputs: validate(agent.agent.ddl, place.action, inputs, agent.agent.validators)):
            began = time.monotonic()
            try:
                reply = agent.call(place.action, **place.inputs(text))
            except Exception:
                self.problems.append(f"{place} {text!r:.80}: {traceback.format_exc()[-700:]}")
            else:
                self.codes[str(reply.statuscode)] = self.codes.get(str(reply.statuscode), 0) + 1
                if (reply.statuscode and not reply.statusmsg.strip()) or "Traceback" in reply.statusmsg:
                    self.problems.append(f"{place} {text!r:.80}: its message is {reply.statusmsg!r}")
            self.look(str(place), text, began, agent.agent.timeout(place.action))

    def data(self, folder: Path) -> None:
        """The query of a data plugin."""
        plugin = load_one(DataSource(folder.name, folder, {}))
        view = NodeView("web1", agents=frozenset())
        place = Place(folder.name, "data", "query", "string", {})
        for text in self._in_time(place, lambda inputs: None):
            began = time.monotonic()
            try:
                plugin.query(text, view)
            except RPCError as error:
                if not str(error).strip() or f"the data plugin {folder.name} failed" in str(error):
                    self.problems.append(f"{place} {text!r:.80}: its message is {error}")
            except Exception:
                self.problems.append(f"{place} {text!r:.80}: {traceback.format_exc()[-700:]}")
            self.look(str(place), text, began)

    def _in_time(self, place: Place, check: Any) -> Iterator[str]:
        """As many texts as there is time for, of those that a DDL lets through, from another beginning for each input."""
        self.inputs += 1
        at = sum(str(place).encode()) % len(self.texts)
        ends, count = time.monotonic() + self.seconds, 0
        for text in (*self.texts[at:], *self.texts[:at]):
            if text in _ALL_OF_A_DISK and place.action in ("find", "usage"):
                continue
            try:
                check(place.inputs(text))
            except RPCError:
                continue
            yield text
            count += 1
            if count >= FEWEST and time.monotonic() > ends:
                return


def main(seconds: float) -> None:
    """Try all, and tell."""
    CANARIES.mkdir()
    CANARIES.chmod(0o777)
    findings = Findings(seconds)
    for folder in sorted(path.parent for path in AGENTS.glob("*/ddl.yaml")):
        for settings in SETTINGS.get(folder.name, [{}]):
            for place, agent in tried(folder.name, settings):
                findings.agent(place, agent)
    for folder in sorted(path.parent for path in AGENTS.glob("*/data/*/ddl.yaml")):
        findings.data(folder)
    time.sleep(0.5)  # what goes on by itself, as a job of the shell
    findings.look("afterwards", "", time.monotonic())
    told = {
        "inputs": findings.inputs,
        "calls": findings.calls,
        "started": findings.started,
        "codes": findings.codes,
        "slowest": sorted(findings.took.items(), key=lambda one: -one[1])[:10],
        "problems": findings.problems,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(float(sys.argv[1]))
