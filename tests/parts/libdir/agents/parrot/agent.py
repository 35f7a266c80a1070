"""The twin of rubyplugins/mcollective/agent/parrot.rb: says things, for tests."""

import time
from pathlib import Path

from mcollective_py.agent import Agent, RPCReply, RPCRequest, action
from mcollective_py.wire.symbol import Symbol


class Parrot(Agent):
    """Most of it in a thread of the daemon; `show` in a child process."""

    @action
    def say(self, request: RPCRequest, reply: RPCReply) -> None:
        reply["value"] = request.get("value")

    @action
    def show(self, request: RPCRequest, reply: RPCReply) -> None:
        reply["nothing"] = None
        reply["yes"] = True
        reply["small"] = -7
        reply["large"] = 2**70
        reply["float"] = 3.25
        reply["text"] = "žluťoučký kůň 雪"
        reply["bytes"] = b"\xff\x00\xfe"
        reply["symbol"] = Symbol("running")
        reply["nested"] = {"list": [1, [2.5, None], {"deep": [True, "č"]}], "empty": {}, "none": []}

    @action
    def stumble(self, request: RPCRequest, reply: RPCReply) -> None:
        reply["reached"] = "the start"
        match request["how"]:
            case "aborted":
                reply.abort("gave up")
            case "carrying on":
                reply.fail("not quite")
            case "unknown":
                return reply.fail("nothing is known", 2)
            case "missing":
                return reply.fail("something is missing", 3)
            case "invalid":
                return reply.fail("something is wrong", 4)
            case "other":
                return reply.fail("something else", 5)
            case "exception":
                raise RuntimeError("out of seeds")
        reply["reached"] = "the end"
        return None

    @action
    def check(self, request: RPCRequest, reply: RPCReply) -> None:
        reply["inputs"] = dict(request)

    @action
    def note(self, request: RPCRequest, reply: RPCReply) -> None:
        with Path(self.config["ledger"]).open("a") as ledger:
            ledger.write(f"{self.node.identity} {request.id} {request['text']}\n")
        reply["noted"] = request["text"]

    @action
    def dawdle(self, request: RPCRequest, reply: RPCReply) -> None:
        time.sleep(request["seconds"])
        reply["waited"] = request["seconds"]
