"""`mco request status`: what became of a request, by each host's own signed word."""

import argparse
import shutil
import sys

from ...client.results import RPCResult
from ...client.results import exitcode as exitcode_of
from ...client.runs import Run, Runs
from ...errors import UsageError
from ...names import is_request_id
from ..application import Application
from ..gathering import gather
from ..requeststates import Told, exitcode, lines, told_by
from ..reruns import described
from ..sections.filters import filter_of
from ..session import open_client, print_json, rpc_client

ACTIONS = ("status",)


class Request(Application):
    """Asks the hosts of a call, or those of a filter, for what they know of its request."""

    description = "Tell what became of a request on each host: ran, runs, was refused, or nobody knows"
    usage = "status ID|last [filters]"
    sections = ("common", "filter", "calls", "json")
    actions = ACTIONS

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("what", metavar="status", choices=ACTIONS, help="status: what became of it")
        parser.add_argument(
            "request_id",
            metavar="ID",
            help="a request id; of a call of yours (`mco runs`) its beginning will do, and last for the latest",
        )
        parser.add_argument(
            "--any-caller", action="store_true", help="of whoever sent it, where policy lets you ask (find_request of rpcutil)"
        )

    def run(self, options: argparse.Namespace) -> int:
        client = open_client(options)
        run = _kept(options.request_id, str(client.config.file))
        request_id = options.request_id.lower() if run is None else run.request_id
        rpc = rpc_client(client, "rpcutil", options)
        asked = filter_of(options)
        if run is not None and asked.is_empty and not asked.agents and not options.rerun:
            rpc.discover((*run.hosts("ok"), *run.hosts("not-ok")))
        found: list[Told] = []

        def take(result: RPCResult) -> None:
            found.extend(told_by(result.sender, result.data, of_any_caller=options.any_caller))

        action = "find_request" if options.any_caller else "request_status"
        gathered = gather(rpc, action, options, take, {"request": request_id})
        stats, wait = gathered.stats, gathered.wait
        code = exitcode_of(stats, strict=options.strict) or exitcode(found)
        if options.json:
            hosts = [each.to_dict() for each in sorted(found, key=lambda told: (told.host, told.caller))]
            print_json({"request": request_id, "interrupted": wait.is_interrupted, "hosts": hosts, "stats": stats.to_dict()})
            return wait.exitcode(code)
        print(f"request {request_id}" + ("" if run is None else f": {described(run)}"))
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 80
        if found:
            print("\n".join(lines(found, None if run is None else run.started, width)))
        gathered.tell()
        wait.remark("this is what came up to now")
        return wait.exitcode(code)


def _kept(word: str, scope: str) -> Run | None:
    """The call that a word means; None for a whole id that is none of this user's. Raises UsageError."""
    runs = Runs.of_user(scope)
    if word == "last":
        return runs.find()
    try:
        return runs.find(word)
    except UsageError:
        if is_request_id(word.lower()):
            return None
        raise
