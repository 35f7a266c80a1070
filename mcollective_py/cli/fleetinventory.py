"""`mco inventory` of many hosts: a report by a template, and the collectives as a table, a graph or a picture."""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..client.results import RPCResult, RPCStats, exitcode
from ..errors import ConfigError, UsageError
from .calls import Wait
from .collectivemap import Memberships, dot, svg, table_lines
from .gathering import gather
from .inventorytemplate import MAX_TEXT, read_template
from .session import open_client, print_json, remark, rpc_client
from .writing import write_atomically

PICTURES = (".png", ".pdf")
"""Endings of files that only graphviz can draw."""

_DRAWING = 60  # seconds that graphviz may take


def script_report(options: argparse.Namespace) -> int:
    """The report of a template over all hosts of the filter, sorted by name."""
    file = Path(options.script)
    try:
        with file.open(encoding="utf-8") as opened:
            template = read_template(opened.read(MAX_TEXT + 1), str(file))
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is no UTF-8 text") from error
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if options.json:
        raise UsageError("a template says itself how its report looks: --script and --json do not go together")
    moment = time.strftime("%Y-%m-%d %H:%M:%S")
    # A host's facts may be large, its text is not: only that is kept.
    texts: dict[str, str] = {}

    def take(result: RPCResult) -> None:
        texts[result.sender] = template.of_host(result.sender, result.data, moment=moment)

    stats, wait = _ask("inventory", options, take)
    ordered = [texts[name] for name in sorted(texts)]
    sys.stdout.writelines(template.of_all(ordered, moment))
    sys.stdout.flush()
    wait.remark("this is the report of the hosts that answered up to now")
    return wait.exitcode(exitcode(stats, strict=options.strict))


def list_collectives(options: argparse.Namespace) -> int:
    """The table of collectives with their numbers of hosts."""
    found, stats, wait = _memberships(options)
    if options.json:
        rows = [{"name": name, "count": len(hosts), "hosts": list(hosts)} for name, hosts in found.hosts.items()]
        print_json({"interrupted": wait.is_interrupted, "collectives": rows, "total": found.total, "stats": stats.to_dict()})
    else:
        print("\n".join(table_lines(found, has_hosts=bool(options.verbose))))
        wait.remark()
    return wait.exitcode(exitcode(stats, strict=options.strict))


def write_map(options: argparse.Namespace) -> int:
    """The graph of collectives in a file: a picture by its ending, else DOT; `-` prints DOT."""
    place, ending = options.map, Path(options.map).suffix.lower()
    program = shutil.which("dot") if ending in PICTURES else None
    if ending in PICTURES and program is None:
        raise UsageError(f"a {ending} is drawn by graphviz, whose `dot` is not installed: write to a file .svg, or to a .dot")
    if options.json:
        raise UsageError("--collective-graph writes a graph: --list-collectives has JSON")
    if place != "-" and not Path(place).absolute().parent.is_dir():
        raise UsageError(f"{place}: there is no such folder")
    found, stats, wait = _memberships(options)
    if place == "-":
        print(dot(found), end="")
    else:
        if program is not None:
            _draw(program, dot(found), Path(place))
        else:
            write_atomically(Path(place), svg(found) if ending == ".svg" else dot(found), 0o644)
        remark(f"Graph of {found.total} nodes has been written to {place}")
    wait.remark("this is the graph of the hosts that answered up to now")
    return wait.exitcode(exitcode(stats, strict=options.strict))


def _memberships(options: argparse.Namespace) -> tuple[Memberships, RPCStats, Wait]:
    told: dict[str, object] = {}

    def take(result: RPCResult) -> None:
        told[result.sender] = result.data.get("collectives")

    stats, wait = _ask("collective_info", options, take)
    return Memberships.of_hosts(told), stats, wait


def _ask(action: str, options: argparse.Namespace, take: Callable[[RPCResult], None]) -> tuple[RPCStats, Wait]:
    """Call an action of rpcutil on all hosts of the filter; good results are taken, what went wrong is told on stderr."""
    gathered = gather(rpc_client(open_client(options), "rpcutil", options), action, options, take)
    if not options.json:
        gathered.tell()
    if not gathered.audience.nodes and not options.quiet:
        remark("no hosts discovered: no request was sent")
    return gathered.stats, gathered.wait


def _draw(program: str, graph: str, file: Path) -> None:
    """Have graphviz draw a picture. Raises ConfigError where it cannot."""
    words = [program, f"-T{file.suffix[1:].lower()}", "-o", str(file.absolute())]
    try:
        done = subprocess.run(words, input=graph.encode(), capture_output=True, timeout=_DRAWING, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"graphviz did not draw it: {error}", file=str(file)) from error
    if done.returncode != 0:
        raise ConfigError(f"graphviz did not draw it: {done.stderr.decode(errors='replace').strip()[:500]}", file=str(file))
