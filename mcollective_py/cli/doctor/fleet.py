"""Checks of what only hosts and broker together can tell: rights in each collective, who answers, clocks, versions and policy."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ...client.audience import Audience
from ...client.client import Client
from ...client.discovery import mc
from ...config import Config
from ...errors import BrokerRefused, ConnectorError
from ...filter import Filter
from ...matching.nodeset import fold
from ...settings import RUBY_PROVIDERS
from ..waiting import mistrust
from ..why.asking import clock_ahead
from . import clock
from .check import Check, fail, ok, skip, unreachable, warn

_SAMPLE = 200  # hosts whose version is asked for
_FRESHNESS = ("clockskew", "ttlexpired", "ttltoolong")


@dataclass(slots=True)
class Heard:
    """One collective. hosts: who answered. silent: known from before and not heard. refusals: host -> (word, its words).

    ahead: host -> seconds that this clock is ahead of its.
    """

    hosts: list[str] = field(default_factory=list)
    silent: tuple[str, ...] = ()
    unverified: int = 0
    refusals: dict[str, tuple[str, str]] = field(default_factory=dict)
    ahead: dict[str, float] = field(default_factory=dict)


def fleet(config: Config, open_client: Callable[[], Client], window: float) -> Iterator[Check]:
    """Ask every collective of the configuration, each over a connection of its own. open_client: not connected yet.

    window: seconds that answers may take.
    """
    heard: dict[str, Heard] = {}
    for collective in config.items("collectives"):
        try:
            with open_client() as client:
                heard[collective] = _ping(client, collective, window)
        except BrokerRefused as error:
            yield unreachable(f"rights in {collective}", str(error), _rights_fix(config, collective))
        except ConnectorError as error:
            yield unreachable(f"rights in {collective}", f"the broker went away: {error}", "see the broker's own log")
        else:
            yield ok(f"rights in {collective}", "the broker lets this client send requests and read replies")
    if not heard:
        yield skip("hosts", "the broker refuses every collective")
        return
    yield from _answers(config, heard)
    ahead = {name: seconds for each in heard.values() for name, seconds in each.ahead.items()}
    untimely = {name: text for each in heard.values() for name, (word, text) in each.refusals.items() if word in _FRESHNESS}
    yield from clock.compared(ahead, untimely, _usual_skew(config))
    for collective, each in heard.items():
        if each.hosts:
            try:
                with open_client() as client:
                    yield from _versions(client, collective, each.hosts[:_SAMPLE], len(each.hosts), window)
            except ConnectorError as error:
                seen = f"the broker refuses requests that go to one host: {error}"
                yield unreachable("by name", seen, _rights_fix(config, collective))
            break
    else:
        yield skip("policy", "no host answers")


def _ping(client: Client, collective: str, window: float) -> Heard:
    found = Heard()
    replies = client.ping(Filter(), collective=collective, timeout=window)
    for reply in replies:
        found.ahead[reply.sender] = clock_ahead(reply, replies)
        no = mc.refusal(reply)
        if no is None:
            found.hosts.append(reply.sender)
        else:
            found.refusals[reply.sender] = (no.refusal, no.statusmsg)
    found.hosts.sort()
    found.silent, found.unverified = replies.stats.silent_known, replies.stats.unverified
    return found


def _answers(config: Config, heard: dict[str, Heard]) -> Iterator[Check]:
    everybody = {name for each in heard.values() for name in (*each.hosts, *each.refusals)}
    for collective, each in heard.items():
        name = f"hosts in {collective}"
        refused = {host: text for host, (word, text) in each.refusals.items() if word not in _FRESHNESS}
        if refused:
            host, text = sorted(refused.items())[0]
            yield fail(name, f"{len(refused)} hosts refuse to be discovered, {host}: {text}", "`mco why HOST` says more of each")
        if each.silent:
            fix = "`mco why HOST` says what it can mean; those that are gone are forgotten after seven days"
            yield warn(name, f"known from before, and silent: {fold(each.silent)}", fix)
        if each.hosts:
            yield ok(name, f"{len(each.hosts)} answer{'s' if len(each.hosts) == 1 else ''}: {_few(each.hosts)}")
        elif not each.refusals and everybody:
            others = ", ".join(other for other, its in heard.items() if its.hosts or its.refusals)
            fix = f"take {collective} out of collectives in {config.file}, or add it to collectives in the hosts' server.cfg"
            yield fail(name, f"nobody answers, and in {others} {len(everybody)} hosts do", fix)
        elif not each.refusals:
            yield fail(name, "nobody answers", _nobody_fix(config, collective))
    if unverified := sum(each.unverified for each in heard.values()):
        yield fail(
            "answers",
            f"{unverified} came that nobody vouches for",
            "`mco ping -vv` names the reason: hosts of another CA, an expired or revoked certificate, another key; or somebody forges",
        )
    elif everybody:
        yield ok(
            "answers",
            "all are signed by hosts that this client trusts" if config.word("securityprovider") == "x509" else "all verified",
        )


def _nobody_fix(config: Config, collective: str) -> str:
    questions = "; ".join(question.rstrip(".") for question in mistrust(config))
    return (
        f"on a host run `mco doctor --server`: does mcollectived run there, on these brokers, with {collective} among its collectives? "
        f"And {questions}? Its log has a line `refused a message` with the reason"
    )


def _versions(client: Client, collective: str, hosts: list[str], count: int, window: float) -> Iterator[Check]:
    versions: Counter[str] = Counter()
    denied: dict[str, str] = {}
    failed: dict[str, str] = {}
    inputs: dict[str, object] = {}
    replies = client.call("rpcutil", "daemon_stats", inputs, Audience(tuple(hosts)), collective=collective, timeout=window + 3)
    for reply in replies:
        if reply.refusal == "denied" or "not authorized" in reply.statusmsg:
            denied[reply.sender] = reply.statusmsg
        elif reply.refusal or reply.statuscode:
            failed[reply.sender] = reply.statusmsg
        else:
            versions[str(reply.data.get("version", "?"))[:40]] += 1
    sample = f" (of {count}, the first {len(hosts)} asked)" if count > len(hosts) else ""
    if silent := replies.stats.no_response:
        fix = f"`mco why {silent[0]}`: direct_addressing in its server.cfg, or the broker's rights on its queue; or it is busy"
        yield fail("by name", f"{len(silent)} answer a ping and nothing that goes to them by name: {_few(list(silent))}", fix)
    else:
        yield ok("by name", f"requests to single hosts arrive{sample}")
    if len(versions) > 1:
        told = ", ".join(f"{count} with {version}" for version, count in versions.most_common(5))
        yield warn(
            "versions",
            f"{told}{sample}",
            "bring them to one version: `mco facts` and `mco rpc rpcutil daemon_stats` say which is where",
        )
    elif versions:
        yield ok("versions", f"{next(iter(versions))}{sample}")
    if denied:
        name, text = sorted(denied.items())[0]
        fix = f"in that file on {name}, above the line that denies it, with TABs between: allow {client.security.caller} * * *"
        yield fail("policy", f"{len(denied)} of {len(hosts)} hosts deny rpcutil, {name}: {text}", fix)
    elif failed:
        name, text = sorted(failed.items())[0]
        yield warn("policy", f"{len(failed)} of {len(hosts)} hosts could not answer, {name}: {text}", f"see the log on {name}")
    elif versions:
        yield ok("policy", f"{client.security.caller} may ask hosts about themselves; `mco why HOST AGENT ACTION` tries others")


def _rights_fix(config: Config, collective: str) -> str:
    family = config.word("connector")
    if family == "stomp":
        return (
            f"let the broker take this login as an operator: `mco broker adduser NAME --role operator`, or for certificates "
            f"--operator-names; it sends to /topic/{collective}.*.agent and /queue/{collective}.nodes, and reads "
            f"/queue/{collective}.reply.>"
        )
    return (
        f"`mco broker setup {family} --collective {collective}` prints the rights of one who sends requests; "
        f"is {collective} the right name in collectives in {config.file}?"
    )


def _usual_skew(config: Config) -> float:
    """What hosts allow unless told otherwise; this client's own file says nothing of theirs."""
    return 60.0 if config.word("securityprovider") in RUBY_PROVIDERS else 5.0


def _few(hosts: list[str]) -> str:
    text = fold(hosts)
    return text if len(text) <= 100 else f"{text[:97]}..."
