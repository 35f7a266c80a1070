"""Asks hosts for explanations, and looks around where one is silent: who answers a ping, where, and by which clock."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from ...client.audience import Audience
from ...client.client import Client
from ...client.discovery import mc
from ...client.known import KnownHosts
from ...client.replies import Replies
from ...filter import Filter
from ...message import Reply
from ..calls import Wait, interruptible
from .question import Hypothesis
from .rubyhost import from_inventory
from .silence import Surroundings, reasons
from .verdict import CANNOT, SILENT, Verdict, verdict


class Asking:
    """One run of `mco why`. hosts: whom to ask. timeout: seconds for the answers. clock: seconds since the epoch."""

    def __init__(
        self,
        client: Client,
        asked: Hypothesis,
        *,
        timeout: float,
        known: KnownHosts | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client, self._asked, self._timeout, self._known, self._clock = client, asked, timeout, known, clock
        self.wait = Wait()
        self.unverified = 0

    def verdicts(self, hosts: Sequence[str]) -> list[Verdict]:
        """What becomes of the request on each of these hosts, with the reasons of those that are silent."""
        calls = {part: self._call("explain", inputs, hosts) for part, inputs in self._asked.questions().items()}
        answers: dict[str, dict[str, Reply]] = {host: {} for host in hosts}
        ahead: dict[str, float] = {}
        with interruptible(*calls.values()) as self.wait:
            for part, replies in calls.items():
                for reply in replies:
                    answers[reply.sender][part] = reply
                    ahead[reply.sender] = clock_ahead(reply, replies)
        self.unverified = sum(replies.stats.unverified for replies in calls.values())
        caller = self._client.on_behalf_of or self._client.security.caller
        found = [verdict(host, answers[host], self._asked, caller, ahead.get(host)) for host in hosts]
        if self.wait.is_interrupted:
            return found
        return self._with_reasons(self._with_inventories(found))

    def everybody(self, window: float) -> list[str]:
        """Whoever answers a ping in the collective, and whoever did before."""
        filter, collective = Filter(), self._asked.collective
        remembered = self._known.load(collective, mc.AGENT, filter).hosts if self._known else {}
        replies = self._client.ping(filter, collective=collective, timeout=window)
        with interruptible(replies) as self.wait:
            heard = {reply.sender for reply in replies}
        return sorted({*heard, *remembered})

    def _call(self, action: str, inputs: Mapping[str, object], hosts: Sequence[str]) -> Replies:
        audience = Audience(tuple(hosts))
        return self._client.call("rpcutil", action, inputs, audience, timeout=self._timeout, collective=self._asked.collective)

    def _with_inventories(self, found: list[Verdict]) -> list[Verdict]:
        mute = [each.host for each in found if each.outcome == CANNOT]
        if not mute:
            return found
        replies = self._call("inventory", {}, mute)
        told: dict[str, Reply] = {}
        with interruptible(replies) as self.wait:
            told = {reply.sender: reply for reply in replies}
        said = {host: reply.data for host, reply in told.items() if reply.statuscode == 0 and reply.refusal is None}
        return [from_inventory(each, said.get(each.host), self._asked) if each.outcome == CANNOT else each for each in found]

    def _with_reasons(self, found: list[Verdict]) -> list[Verdict]:
        silent = [each.host for each in found if each.outcome == SILENT]
        if not silent:
            return found
        seen = self._look_around()
        now = self._clock()
        return [
            Verdict(each.host, SILENT, notes=tuple(f"{at}. {text}" for at, text in enumerate(reasons(each.host, seen, now), 1)))
            if each.outcome == SILENT
            else each
            for each in found
        ]

    def _look_around(self) -> Surroundings:
        client, collective = self._client, self._asked.collective
        window = min(self._timeout, max(client.discovery_timeout, 1.0))
        pings = {name: client.ping(Filter(), collective=name, timeout=window) for name in (collective, *client.collectives)}
        answered: dict[str, frozenset[str]] = {}
        refusals: list[str] = []
        ahead: list[float] = []
        with interruptible(*pings.values()) as self.wait:
            for name, replies in pings.items():
                heard = []
                for reply in replies:
                    if mc.refusal(reply) is None:
                        heard.append(reply.sender)
                    else:
                        refusals.append(reply.refusal or "error")
                    ahead.append(clock_ahead(reply, replies))
                answered[name] = frozenset(heard)
        unverified = self.unverified + sum(replies.stats.unverified for replies in pings.values())
        return Surroundings(
            collective, answered, self._remembered(), unverified, median(ahead) if ahead else None, tuple(sorted(set(refusals)))
        )

    def _remembered(self) -> dict[str, float]:
        """Host -> when last heard in any collective, by a discovery of everybody or with this very filter."""
        if self._known is None:
            return {}
        meant = self._asked.filter
        filters = (Filter(), meant, *(() if self._asked.agent is None else (meant.with_agent(self._asked.agent),)))
        found: dict[str, float] = {}
        for collective in self._client.collectives:
            for filter in filters:
                for host, heard in self._known.load(collective, mc.AGENT, filter).hosts.items():
                    found[host] = max(found.get(host, 0.0), heard)
        return found


def clock_ahead(reply: Reply, replies: Replies) -> float:
    """Seconds that this clock was ahead of the host's when the reply was signed; 0 where it may have been the same."""
    latency = replies.latency(reply.sender) if reply.sender in replies.collector.answered else 0.0
    started = replies.stats.started
    # Hosts on Ruby's wire sign whole seconds, cut off.
    earliest = reply.time + 1 if float(reply.time).is_integer() else reply.time
    if earliest < started:
        return started - reply.time
    return min(started + latency - reply.time, 0.0)
