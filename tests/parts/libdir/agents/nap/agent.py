"""An agent for tests: sleeps, and writes each run to a ledger, so that executions can be counted."""

import time
from pathlib import Path

from mcollective_py.agent import Agent, RPCReply, RPCRequest, action


class Nap(Agent):
    """Sleeps in a thread (doze) or in a child process (nap)."""

    @action
    def doze(self, request: RPCRequest, reply: RPCReply) -> None:
        self._sleep(request, reply)

    @action
    def nap(self, request: RPCRequest, reply: RPCReply) -> None:
        self._sleep(request, reply)

    @action
    def fill(self, request: RPCRequest, reply: RPCReply) -> None:
        reply["filled"] = [f"{number:0>1000}" for number in range(request["count"])]

    def _sleep(self, request: RPCRequest, reply: RPCReply) -> None:
        if "ledger" in self.config:
            with Path(self.config["ledger"]).open("a") as ledger:
                ledger.write(f"{self.node.identity} {request.id}\n")
        time.sleep(request["seconds"])
        reply["slept"] = request["seconds"]
