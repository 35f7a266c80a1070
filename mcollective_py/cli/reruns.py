"""--rerun: the hosts of a call before as those of the next one; and the keeping of calls for it."""

import argparse
import time
from typing import TYPE_CHECKING

from ..client.rpcresults import RPCResults
from ..config import Config
from ..errors import UsageError
from .sections.filters import filter_of
from .session import remark

if TYPE_CHECKING:
    from ..client.runs import Run


def rerun_hosts(options: argparse.Namespace, config: Config) -> tuple[str, ...] | None:
    """Whom --rerun means, told on stderr; None without it. Raises UsageError for a filter beside it, or a run that is not there."""
    if not options.rerun:
        return None
    filter = filter_of(options)
    if not filter.is_empty or filter.agents:
        raise UsageError("--rerun names the hosts: it goes without a filter (-F -C -A -I -S -W); --limit takes some of them")
    from ..client.runs import Runs, rerun

    run, hosts = rerun(options.rerun, Runs.of_user(str(config.file)))
    if not options.quiet:
        which = options.rerun.partition(":")[0]
        remark(f"asking {len(hosts)} {'host' if len(hosts) == 1 else 'hosts'}: {which} in {described(run)}")
    return hosts


def keep(results: RPCResults, config: Config, *, is_interrupted: bool) -> None:
    """Keep what became of a call that was made."""
    stats = results.stats
    if stats.discovered:
        from ..client.runs import Run, Runs

        run = Run.of(stats, results.ok, results.failed, scope=str(config.file), is_interrupted=is_interrupted)
        Runs.of_user(run.scope).save(run)


def described(run: "Run") -> str:
    """`rpcutil ping, 2026-11-23 12:31:05 (1f2e3d4c)`."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started))
    return f"{run.agent} {run.action or '(message)'}, {when} ({run.request_id[:8]})"
