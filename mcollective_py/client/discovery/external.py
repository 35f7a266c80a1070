"""Discovery by a program of the site's own: it is given the question as JSON and asked for names as JSON; never through a shell.

What Choria's external discovery expects is all there: two files as arguments and in the environment, the same names in the documents.
"""

import json
import os
import shlex
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...config import Config
from ...errors import DiscoveryError, RPCAborted, UsageError
from ...node.command import CommandResult, run
from ...regularfile import read_regular
from ...text import printable
from .base import Discovered, Question
from .hostlist import read_hosts

SETTING = "plugin.discovery.external.command"
TIMEOUT_SETTING = "plugin.discovery.external.timeout"
PROTOCOL = "io.choria.choria.discovery.v1.external_request"
MAX_BYTES = 32 * 1024 * 1024  # of the reply
_COMMAND = "command="


class External:
    """The hosts that a program names. options: `command=PROGRAM ARGUMENTS` in place of the configured one; all others are handed on to
    it, as texts and, where they are `key=value`, as a mapping."""

    name = "external"
    capabilities = frozenset({"facts", "classes", "agents", "identity"})

    def __init__(self, options: Sequence[str], config: Config) -> None:
        commands = [word.removeprefix(_COMMAND) for word in options if word.startswith(_COMMAND)]
        if len(commands) > 1:
            raise UsageError("the discovery method external takes one command=PROGRAM")
        text = commands[0] if commands else config.text(SETTING)
        if not text:
            raise UsageError(f"the discovery method external needs a program: --do 'command=/path/to/program', or {SETTING}")
        try:
            self._command = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"{text!r} is no command: {error}") from error
        self._options = tuple(word for word in options if not word.startswith(_COMMAND))
        self._timeout = config.seconds(TIMEOUT_SETTING)

    def discover(self, question: Question) -> Discovered:
        """Whom the program names. Raises DiscoveryError where it fails, says so, takes too long or answers with anything else."""
        began = time.monotonic()
        done, reply = self._asked(question)
        program = Path(self._command[0]).name
        if done.timed_out:
            raise DiscoveryError(f"{program} took longer than {self._timeout:g} s and was ended ({TIMEOUT_SETTING})")
        said = "".join(f": {line}" for line in [printable(done.stderr.strip()[:500])] if line)
        if done.exitcode != 0:
            raise DiscoveryError(f"{program} ended with {done.exitcode}{said}")
        nodes = names_in(reply, program)
        return Discovered(nodes, seconds=time.monotonic() - began, method=self.name, ended="source")

    def _asked(self, question: Question) -> tuple[CommandResult, bytes]:
        document = json.dumps(request_document(question, self._options), ensure_ascii=False).encode("utf-8", "replace")
        with tempfile.TemporaryDirectory(prefix="mcollective-") as folder:  # mode 0700
            request, reply = Path(folder, "request.json"), Path(folder, "reply.json")
            request.write_bytes(document + b"\n")
            reply.touch(0o600)
            try:
                done = run(
                    [*self._command, str(request), str(reply)],
                    timeout=self._timeout,
                    stdin=document,
                    # The operator's own program, run by the operator: it may need a login or a proxy of theirs.
                    env={
                        **os.environ,
                        "MCOLLECTIVE_REQUEST_FILE": str(request),
                        "MCOLLECTIVE_REPLY_FILE": str(reply),
                        "CHORIA_EXTERNAL_REQUEST": str(request),
                        "CHORIA_EXTERNAL_REPLY": str(reply),
                        "CHORIA_EXTERNAL_PROTOCOL": PROTOCOL,
                    },
                )
                return done, read_regular(str(reply), MAX_BYTES)[0]
            except RPCAborted as error:
                raise DiscoveryError(f"{SETTING}: {error}") from error
            except OSError as error:
                raise DiscoveryError(f"the reply of {self._command[0]} cannot be read: {error.strerror or error}") from error


def request_document(question: Question, options: Sequence[str]) -> dict[str, Any]:
    """What the program is asked: the filter as requests carry it, the collective, and the options as they were given."""
    pairs = [word.partition("=") for word in options]
    return {
        "protocol": PROTOCOL,
        "collective": question.collective,
        "filter": question.filter.to_wire(),
        "options": {key: value for key, is_pair, value in pairs if is_pair},
        "arguments": list(options),
        "timeout": question.timeout,
    }


def names_in(reply: bytes, program: str) -> tuple[str, ...]:
    """The names in a reply: a list, or a mapping with `nodes`; `error` says why there are none. Raises DiscoveryError.

    An empty list means nobody: a program that answers has looked.
    """
    if not reply.strip():
        raise DiscoveryError(f"{program} wrote no reply: JSON with nodes belongs into the file that it is given second")
    try:
        value = json.loads(reply)
    except (ValueError, RecursionError) as error:
        raise DiscoveryError(f"the reply of {program} is no JSON: {error}") from error
    if isinstance(value, Mapping) and value.get("error"):
        raise DiscoveryError(f"{program} says: {printable(str(value['error'])[:500])}")
    nodes = value.get("nodes") if isinstance(value, Mapping) else value
    if not isinstance(nodes, list):
        raise DiscoveryError(f"the reply of {program} has no list of nodes")
    return tuple(sorted(read_hosts(json.dumps(nodes).encode(), f"the reply of {program}", "json"))) if nodes else ()
