"""One operator's client in a process of its own, on the network of a lab: a call is a line of JSON, and so is its answer.

A program and no fixture, for the lab's network is another than ours: python -m tests.parts.asker CLIENT.CFG
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from mcollective_py import Client
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.config import Config
from mcollective_py.ddl.validate import convert
from mcollective_py.errors import MCollectiveError
from mcollective_py.plugins.ddlfiles import agent_ddl


class Asker:
    """The other end: asks the process. command: what starts it; environ: its environment."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, host: str, agent: str, action: str, inputs: Sequence[str]) -> dict[str, Any]:
        """`statuscode`, `statusmsg`, `refusal` and `data` of a host's reply. inputs: `name=value`, read as mco reads them."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([host, agent, action, list(inputs)]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"no answer to {agent} {action}"
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, answer
        return answer

    def ask_all(self, hosts: Sequence[str], agent: str, action: str, inputs: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The same of several hosts by one request; all must answer."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([list(hosts), agent, action, list(inputs)]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"no answer to {agent} {action}"
        answers: dict[str, dict[str, Any]] = json.loads(line)
        assert answers.keys() == {*hosts}, answers
        return answers

    def close(self) -> None:
        """End it."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(20)


def main(path: str) -> None:
    """Answer until the input ends."""
    config = Config.find("client", path)
    client: Client | None = None
    for line in sys.stdin:
        host, agent, action, words = json.loads(line)
        ddl = agent_ddl(agent, config.paths("libdir"))
        inputs = convert(ddl, action, dict(word.split("=", 1) for word in words))
        nodes = host if isinstance(host, list) else [host]
        try:
            client = client or Client.from_config(config)
            found = list(RPCClient(client, agent, ddl, nodes=nodes).call(action, inputs))
        except MCollectiveError as error:  # the broker is away: who asks again has another client, which finds it when it is back
            if client is not None:
                with suppress(MCollectiveError):  # that the request could not be sent either
                    client.close()
            client = None
            print(json.dumps({"error": str(error)}), flush=True)
            continue
        replies = {
            one.sender: {"statuscode": one.statuscode, "statusmsg": one.statusmsg, "refusal": one.refusal, "data": dict(one.data)}
            for one in found
        }
        if nodes is host:
            print(json.dumps(replies), flush=True)
        else:
            print(json.dumps(replies.get(host, {"error": f"{len(replies)} replies"})), flush=True)
    if client is not None:
        client.close()


if __name__ == "__main__":
    main(sys.argv[1])
