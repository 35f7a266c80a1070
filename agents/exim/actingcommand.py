"""Acting words of `mco exim`: look which messages are meant and where they are, ask, and act on just those hosts."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mcollective_py.cli.agentapplication import agent_client
from mcollective_py.cli.calls import announced, interruptible, show
from mcollective_py.cli.finding import check_doubt
from mcollective_py.cli.inert import inert
from mcollective_py.cli.main import INTERRUPTED
from mcollective_py.cli.noop import with_noop
from mcollective_py.cli.output.chosen import has_lines
from mcollective_py.cli.output.lines import Wording, said_of
from mcollective_py.cli.session import remark, style_for
from mcollective_py.client.gathered import Gathered
from mcollective_py.client.results import RPCResult, exitcode
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.client.rpcresults import RPCResults
from mcollective_py.errors import UsageError

from .bounds import MAX_MESSAGES
from .orders import Order
from .outcomes import NOWHERE, left_out, many, nowhere, present_ids, sample_lines, whereabouts
from .sent import mappings, number

if TYPE_CHECKING:
    from .application import Exim

_SAMPLES = 3  # messages of a host that are shown before the question
_SAMPLED_HOSTS = 4
_NAMED = 5  # hosts whose failure or silence is told


def act(application: "Exim", order: Order, options: argparse.Namespace) -> int:
    """Do it; the exit code. Raises UsageError where more is meant than may be, where nobody can be asked, and for the answer no."""
    most = _most(options)
    if order.ids and (options.batch or options.canary or options.max_fail):
        raise UsageError("ids are where they are: --batch, --canary and --max-fail are for selections")
    if len(order.ids) > most:
        raise UsageError(f"{len(order.ids)} ids are more than {most}: --max-messages {len(order.ids)} allows it; nothing was sent")
    if not (order.ids or options.noop or options.yes or _is_attended()):
        raise UsageError(
            f"{order.action} of a selection is confirmed when its messages are counted: call it on a terminal, or with --noop or --yes"
        )
    check_doubt(options, f"exim {order.action}")
    with agent_client("exim", order.action, {**order.inputs, **order.about}, options) as rpc:
        call = _Acting(application, rpc, order, options, most)
        return call.by_ids() if order.ids else call.by_selection()


class _Acting:
    """One order on its way. most: messages that may be meant in all."""

    def __init__(self, application: "Exim", rpc: RPCClient, order: Order, options: argparse.Namespace, most: int) -> None:
        self.application, self.rpc, self.order, self.options, self.most = application, rpc, order, options, most
        self.is_worded = has_lines(options, style_for(sys.stdout, options, rpc.client.config))

    # --- ids ----------------------------------------------------------------------------------------------------------

    def by_ids(self) -> int:
        """A message is dealt with where it is; that other hosts do not have it is no failure."""
        order, ids = self.order, self.order.ids
        looking = {name: value for name, value in order.inputs.items() if name != "wait"}
        looking |= {"msgids": list(ids), "max_messages": self.most, "noop": True}
        announced(lambda: self.rpc.audience, self.rpc.filter, self.rpc.discovery_timeout, self.options, self.rpc.client.config)
        with _looking(self.rpc):
            results = self.rpc.call(order.action, looking)
            with interruptible(results) as wait:
                came = list(results)
        if wait.is_interrupted:
            return _interrupted(wait.exitcode(INTERRUPTED))
        asked = set(ids)
        where = {one.sender: found for one in came if (found := tuple(id for id in present_ids(one.data) if id in asked))}
        wrong = [one for one in came if not one.is_ok and not mappings(one.data.get("outcomes"))]
        missing = [id for id in ids if not any(id in found for found in where.values())]
        if not where and (not self.is_worded or not came):
            return self._show(Gathered([results], came))
        for one in wrong[:_NAMED]:
            remark(f"{one.sender}: {said_of(one, lambda result: None)}")
        silent = _silent(results)
        if came and silent:
            remark(left_out(silent))
        if missing:
            remark(nowhere(missing, is_sure=not (wrong or silent)))
        if not where:
            return NOWHERE
        self._ask_twice(where)
        groups: dict[tuple[str, ...], list[str]] = {}
        for host, found in where.items():
            groups.setdefault(found, []).append(host)
        code = self._show(Gathered([self._request(found, sorted(hosts)) for found, hosts in groups.items()]))
        return NOWHERE if missing and code in (0, 5) else code

    def _request(self, ids: Sequence[str], hosts: Sequence[str]) -> RPCResults:
        about: dict[str, Any] = {"msgid": ids[0]} if len(ids) == 1 else {"msgids": list(ids)}
        inputs = {**self.order.inputs, **about, "max_messages": self.most}
        return self.rpc.custom_request(self.order.action, with_noop(self.rpc.ddl, self.order.action, inputs, self.options), hosts)

    def _ask_twice(self, where: Mapping[str, Sequence[str]]) -> None:
        """Two hosts can have given two messages the same id."""
        twice = sorted(id for id, count in Counter(id for found in where.values() for id in found).items() if count > 1)
        if not twice or self.options.noop or self.options.yes:
            return
        hosts = sorted(host for host, found in where.items() if any(id in found for id in twice))
        if not _is_attended():
            raise UsageError(f"{twice[0]} is on {', '.join(hosts)}: -I for one of them, or --yes for all; nothing was sent")
        self._confirm(f"{twice[0]} is on {', '.join(hosts)}. {self.order.question('it on all of them')}")

    # --- selections ---------------------------------------------------------------------------------------------------

    def by_selection(self) -> int:
        """The messages of a selection: counted first, and dealt with on the hosts that have any."""
        order, options, rpc = self.order, self.options, self.rpc
        announced(lambda: rpc.audience, rpc.filter, rpc.discovery_timeout, options, rpc.client.config)
        with _looking(rpc):
            results = rpc.call("count", {"select": order.selection})
            with interruptible(results) as wait:
                came = list(results)
        if wait.is_interrupted:
            return _interrupted(wait.exitcode(INTERRUPTED))
        before = exitcode(results.stats, strict=options.strict)
        counts = {one.sender: count for one in came if one.is_ok and (count := number(one.data.get("messages"))) > 0}
        total = sum(counts.values())
        if total > self.most:
            raise UsageError(
                f"{many(total)} on {inert(whereabouts(counts))} are meant, more than {self.most}: nothing was sent; narrow the "
                f"selection, or allow it with --max-messages {total}"
            )
        if not total and not self.is_worded:
            return self._show(Gathered([results], came))
        for one in [one for one in came if not one.is_ok][:_NAMED]:
            remark(f"{one.sender}: {said_of(one, lambda result: None)}")
        if came and (silent := _silent(results)):
            remark(left_out(silent))
        if not total:
            if came:
                remark("no message is meant: nothing was sent")
            return before if came else self._show(Gathered([results]))
        if self.is_worded and (options.noop or not options.yes):
            self.application.samples = sample_lines(self._samples(counts), total)
        if not (options.noop or options.yes):
            for line in self.application.samples:
                remark(f"   {line}")
            self.application.samples = []
            self._confirm(order.question(f"{many(total)} on {inert(whereabouts(counts))}"))
        rpc.limit = None  # these are the hosts that it left
        rpc.discover(sorted(counts))
        # Messages that come in the meantime are meant too, as far as the bound allows; the hosts look themselves.
        inputs = {**order.inputs, **order.about, "max_messages": max(counts.values()) + self.most - total}
        code = self._show(rpc.call(order.action, with_noop(rpc.ddl, order.action, inputs, options)))
        return before if code == 0 or (code == 5 and before == 2) else code

    def _samples(self, counts: Mapping[str, int]) -> list[tuple[str, Mapping[str, Any]]]:
        """The first messages that are meant, of the hosts that have the most; none where a policy keeps the list from us."""
        hosts = sorted(counts, key=lambda name: (-counts[name], name))[:_SAMPLED_HOSTS]
        inputs = {"select": self.order.selection, "limit": _SAMPLES, "columns": "sender,recipients,size,age,subject"}
        with interruptible(results := self.rpc.custom_request("list", inputs, hosts)):
            rows = {one.sender: mappings(one.data.get("messages"))[:_SAMPLES] for one in results if one.is_ok}
        return [(host, row) for host in hosts for row in rows.get(host, ())]

    # --- both ---------------------------------------------------------------------------------------------------------

    def _confirm(self, question: str) -> None:
        sys.stderr.write(f"{question}? (y/N) ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise UsageError("nothing was sent")

    def _show(self, results: RPCResults) -> int:
        application, config = self.application, self.rpc.client.config
        wording = Wording(application.line, application.closing, application.failure, application.has_summaries)
        came: list[RPCResult] = []
        style = style_for(sys.stdout, self.options, config)
        code = show(results, self.rpc.ddl, self.options, style, config, wording=wording, came=came)
        return application.exitcode(came, code)


@contextmanager
def _looking(rpc: RPCClient) -> Iterator[None]:
    """Within, all hosts are asked at once, and waited for as long as for what only reads: batches and minutes are for what acts."""
    kept = rpc.batch, rpc.canary, rpc.max_fail, rpc.timeout
    rpc.batch = rpc.canary = rpc.max_fail = None
    if rpc.timeout is None:
        rpc.timeout = rpc.ddl.timeout("count") + rpc.discovery_timeout
    try:
        yield
    finally:
        rpc.batch, rpc.canary, rpc.max_fail, rpc.timeout = kept


def _silent(results: RPCResults) -> list[str]:
    """Hosts that may have messages too, and did not answer."""
    stats = results.stats
    return sorted({*stats.no_response, *stats.silent_known})


def _most(options: argparse.Namespace) -> int:
    return MAX_MESSAGES if options.max_messages is None else int(options.max_messages)


def _is_attended() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _interrupted(code: int) -> int:
    remark("interrupted: nothing was changed")
    return code
