"""Agents in any language: an action that is a program, given the request as JSON and asked for JSON; never through a shell.

What Ruby's `implemented_by` scripts and Choria's external agents expect is all there: two files as arguments and in the environment.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Malformed, PluginError, RPCAborted
from ..node.command import MAX_OUTPUT, leaving_cleanly, run
from ..node.view import NodeView
from ..regularfile import read_regular
from ..wire.plainjson import plain_json
from .base import Agent
from .externaljson import (
    ACTIVATION,
    REQUEST,
    ExternalAnswer,
    activation_document,
    input_variables,
    read_answer,
    request_document,
    settings_text,
    wants_activation,
)
from .rpc import RPCReply, RPCRequest

if TYPE_CHECKING:
    from ..node.command import CommandResult

ACTIVATION_TIMEOUT = 5.0  # seconds: a daemon's start waits for it
_MAX_REPLY = 4 * 1024 * 1024  # bytes, as of any reply
_MAX_LINES = 100  # of what a program prints, in the log
_LINE = 500  # characters


@dataclass(frozen=True, slots=True)
class ExternalAction:
    """One action that a program answers; called as a method of the agent is. timeout: seconds. secret: inputs kept out of its
    environment."""

    program: Path
    timeout: float
    secret: frozenset[str] = frozenset()

    def __call__(self, agent: Agent, request: RPCRequest, reply: RPCReply) -> None:
        """Run it and fill in the reply. Raises RPCAborted where it cannot be run, or could be changed by others."""
        what = f"{request.agent} {request.action}"
        environment = {
            "MCOLLECTIVE_AGENT": request.agent,
            "MCOLLECTIVE_ACTION": request.action,
            "MCOLLECTIVE_CALLER": request.caller,
            **input_variables(request, self.secret),
        }
        done, answer = _asked(self.program, request_document(request), REQUEST, agent.node, agent.config, self.timeout, environment)
        for stream, log in ((done.stderr, agent.logger.warning), (_prints(done, answer), agent.logger.info)):
            for line in stream.splitlines()[:_MAX_LINES]:
                log("%s %s: %s", request.id, what, _shown(line))
        if done.timed_out:
            reply.fail(f"{self.program.name} took longer than {self.timeout:g} s and was ended", 5)
            return
        text = answer or _printed(done)
        if done.truncated and not answer:
            said = ExternalAnswer(5, f"{self.program.name} printed more than {MAX_OUTPUT} bytes")
        else:
            said = read_answer(text, done.exitcode, done.stderr, self.program.name)
        reply.update(said.data)
        if said.statuscode:
            reply.fail(said.statusmsg, said.statuscode)
        elif said.statusmsg != "OK":
            reply.statusmsg = said.statusmsg


class ExternalAgent(Agent):
    """The class of an agent without agent.py, of which name is the agent's.

    activation: the program that says whether it is wanted on a host, None for always.
    asks_choria: it is asked as Choria asks; otherwise its exit code is the answer, 0 for yes and 1 for no.
    """

    name = ""
    activation: Path | None = None
    asks_choria = False

    @classmethod
    def activate_when(cls, node: NodeView, config: Mapping[str, str]) -> bool:
        """What the program says. Raises PluginError for one that gives no answer."""
        if cls.activation is None:
            return True
        name = cls.name
        try:
            done, answer = _asked(cls.activation, activation_document(name), ACTIVATION, node, config, ACTIVATION_TIMEOUT, {})
        except RPCAborted as error:
            raise PluginError(name, f"the activation check: {error}") from error
        if done.timed_out:
            raise PluginError(name, f"the activation check took longer than {ACTIVATION_TIMEOUT:g} s")
        if not cls.asks_choria and done.exitcode in (0, 1):
            return done.exitcode == 0
        if done.exitcode != 0:
            raise PluginError(name, f"the activation check ended with {done.exitcode}: {_shown(done.stderr.strip())}")
        try:
            return wants_activation(answer or _printed(done))
        except Malformed as error:
            raise PluginError(name, f"the activation check: {error}") from error


def external_class(name: str, activation: Path | None = None, *, asks_choria: bool = False) -> type[ExternalAgent]:
    """The class of one such agent, by its folder's name."""
    return type(name, (ExternalAgent,), {"name": name, "activation": activation, "asks_choria": asks_choria})


def _asked(
    program: Path,
    document: Mapping[str, Any],
    protocol: str,
    node: NodeView,
    config: Mapping[str, str],
    timeout: float,
    environment: Mapping[str, str],
) -> tuple["CommandResult", bytes]:
    """Run a program on one document: how it ended, and what stands in its reply file."""
    request = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    with leaving_cleanly(), tempfile.TemporaryDirectory(prefix="mcollective-") as folder:  # mode 0700
        files = {name: str(Path(folder, name)) for name in ("request.json", "reply.json", "facts.json", "config")}
        _write(files["request.json"], request + b"\n")
        _write(files["reply.json"], b"")
        _write(files["facts.json"], json.dumps(plain_json(dict(node.facts or {}))).encode())
        _write(files["config"], settings_text(config).encode("utf-8", "replace"))
        done = run(
            [str(program), files["request.json"], files["reply.json"], protocol],
            timeout=timeout,
            stdin=request,
            env={
                "MCOLLECTIVE_REQUEST_FILE": files["request.json"],
                "MCOLLECTIVE_REPLY_FILE": files["reply.json"],
                "MCOLLECTIVE_FACTS_FILE": files["facts.json"],
                "MCOLLECTIVE_CONFIG_FILE": files["config"],
                "MCOLLECTIVE_IDENTITY": node.identity,
                "CHORIA_EXTERNAL_REQUEST": files["request.json"],
                "CHORIA_EXTERNAL_REPLY": files["reply.json"],
                "CHORIA_EXTERNAL_FACTS": files["facts.json"],
                "CHORIA_EXTERNAL_CONFIG": files["config"],
                "CHORIA_EXTERNAL_PROTOCOL": protocol,
                **environment,
            },
        )
        try:
            return done, read_regular(files["reply.json"], _MAX_REPLY)[0]
        except FileNotFoundError:  # the program took it away
            return done, b""
        except OSError as error:
            raise RPCAborted(f"the reply of {program.name} cannot be read: {error.strerror or error}") from error


def _write(file: str, content: bytes) -> None:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        written.write(content)


def _printed(done: "CommandResult") -> bytes:
    """An answer on stdout: a script that knows nothing of files prints its JSON."""
    text = done.stdout.strip()
    return text.encode("utf-8", "replace") if text.startswith("{") else b""


def _prints(done: "CommandResult", answer: bytes) -> str:
    return done.stdout if answer or not _printed(done) else ""


def _shown(line: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in line[:_LINE])
