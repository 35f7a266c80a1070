"""Checks of this host's own daemon: does it run, by which file; and all that it reads: agents, classes, facts, policies, audit."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...config import Config
from ...connector.link import Link
from ...connector.pool import Broker
from ...connector.targets import Targets
from ...errors import ConnectorError, MCollectiveError
from ...message import EVERY_AGENT, Destination, Kind
from ...names import is_agent
from ...node.classes import ClassesFile
from ...node.view import NodeView
from ...plugins.loader import AgentIndex
from ...server.auditproviders import check_audit, is_audited
from ...server.host import facts_source, host_identity
from ...server.policyfiles import Authorizer, open_authorizer
from ...server.policylint import unknown_groups
from ...server.statefolder import check_state_folder
from ...settings import RUBY_PROVIDERS
from .brokers import Said
from .check import Check, fail, misconfigured, ok, unreachable, warn

_STALE = 86400.0  # seconds; Puppet writes both files every half hour
_START = "start it: `systemctl start mcollectived`, and look at `journalctl -u mcollectived`"
_CONNECTED = "01"  # proc(5), net/tcp: TCP_ESTABLISHED


@dataclass(frozen=True, slots=True)
class Running:
    """A mcollectived of this machine. config: the file that it was started with, None for the usual one."""

    pid: int
    config: str | None


def running_daemons(proc: Path = Path("/proc")) -> list[Running]:
    """Every mcollectived that runs on this machine, by what /proc says of its command line; those of its containers are not its own."""
    found = []
    here = _pid_namespace(proc / "self")
    for folder in proc.iterdir():
        if not folder.name.isdigit() or _pid_namespace(folder) not in (here, None):
            continue
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended meanwhile
        if any(Path(word).name == "mcollectived" for word in words[:3]) or "mcollective_py.server.daemon" in words:
            given = [words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-c", "--config")]
            given += [word.partition("=")[2] for word in words if word.startswith("--config=")]
            found.append(Running(int(folder.name), given[0] if given else None))
    return sorted(found, key=lambda each: each.pid)


def _pid_namespace(folder: Path) -> str | None:
    """Which world of processes the one of a folder of /proc lives in; None where that may not be seen."""
    try:
        return str((folder / "ns" / "pid").readlink())
    except OSError:
        return None


def is_connected(pid: int, ports: frozenset[int], proc: Path = Path("/proc")) -> bool | None:
    """Whether a process has a connection to one of these ports; None where that may not be seen (another user's process)."""
    try:
        links = [str(entry.readlink()) for entry in (proc / str(pid) / "fd").iterdir()]
        tables = [(proc / str(pid) / "net" / name).read_text() for name in ("tcp", "tcp6") if (proc / str(pid) / "net" / name).exists()]
    except OSError:
        return None
    own = {link[8:-1] for link in links if link.startswith("socket:[")}
    rows = (row.split() for table in tables for row in table.splitlines()[1:])
    return any(len(row) > 9 and row[3] == _CONNECTED and row[9] in own and int(row[2].rpartition(":")[2], 16) in ports for row in rows)


def daemon(config: Config, ports: frozenset[int], daemons: list[Running], connected: Callable[[int], bool | None]) -> Iterator[Check]:
    """Does the daemon of this configuration run, and is it connected. daemons: those that run on this machine."""
    own = [each for each in daemons if each.config is None or _is_same(each.config, config.file)]
    if not own:
        others = ", ".join(f"pid {each.pid} with {each.config}" for each in daemons)
        yield fail("daemon", f"no mcollectived runs with {config.file}" + (f"; there is {others}" if others else ""), _START)
        return
    pid = own[0].pid
    state = connected(pid)
    if state is None:
        yield warn("daemon", f"runs, pid {pid}; whether it is connected only root may see", "run `mco doctor --server` as root")
    elif state:
        yield ok("daemon", f"runs, pid {pid}, and is connected to a broker")
    else:
        where = config.text("logfile") or "its log"
        yield fail("daemon", f"runs, pid {pid}, and is connected to no broker", f"the broker checks above and {where} say why")


def reads(config: Config, now: float) -> Iterator[Check]:
    """Identity, agents, classes, facts, policies and audit, as the daemon reads them. now: seconds since the epoch."""
    try:
        identity = host_identity(config)
    except MCollectiveError as error:
        yield misconfigured("identity", str(error), f"mend identity in {config.file}, or the certificate")
        return
    yield ok("identity", identity)
    yield from _agents(config, identity)
    yield from _classes(config, now)
    yield from _facts(config, now)
    yield from _policies(config)
    try:
        check_audit(config)
    except MCollectiveError as error:
        yield misconfigured("audit", f"{error}: with it no request is carried out", "mend the file or its folder, or set rpcaudit = 0")
    else:
        yield ok("audit", "is written" if is_audited(config) else "off (rpcaudit = 0)")
    try:
        check_state_folder(config)
    except MCollectiveError as error:
        fix = f"mend it, or name another folder as statedir in {config.file}"
        yield misconfigured("state", f"{error}: the daemon does not start", fix)
    else:
        yield ok("state", config.word("statedir"))


def subscribes(
    config: Config, broker: Broker, targets: Targets, agents: list[str], timeout: float
) -> Callable[[Link, Said], Iterator[Check]]:
    """A look at whether the broker lets this host read the topics of its agents.

    Its own queue is left alone: a second reader would take requests away from the daemon.
    """

    def look(link: Link, said: Said) -> Iterator[Check]:
        for collective in config.items("collectives"):
            names = [EVERY_AGENT] if config.flag(f"plugin.{config.word('connector')}.agents_multiplex") else agents
            name, refused = f"rights in {collective}", None
            for agent in names:
                try:
                    headers = targets.subscribe_headers(Destination(Kind.AGENT, collective, agent), "doctor")
                    receipt = f"doctor-{collective}-{agent}"
                    link.send("SUBSCRIBE", {**headers, "receipt": receipt})
                except (ConnectorError, OSError) as error:
                    refused = str(error)
                else:
                    refused = said.answer(receipt, timeout)
                if refused is not None:
                    break
            if refused is not None:
                fix = (
                    f"give this host's login the rights of a node in {collective}: `mco broker setup` prints those of ActiveMQ and "
                    f"RabbitMQ, `mco broker adduser NAME --role node` those of the embedded one; or take it "
                    f"out of collectives in {config.file}"
                )
                yield unreachable(name, f"{broker} refuses a subscription: {refused}", fix)
                return  # the broker ends such a connection
            yield ok(name, f"the broker lets this host read the requests for {len(names)} agents")

    return look


def _agents(config: Config, identity: str) -> Iterator[Check]:
    facts, classes = None, ClassesFile(config.text("classesfile")).classes()
    view = NodeView(identity, collectives=config.items("collectives"), classes=classes, facts=facts)
    agents = AgentIndex.load_all(config.paths("libdir"), config, view)
    for error in agents.skipped:
        yield fail("agents", f"{error.plugin} is not loaded: {error.reason}", "mend or remove it, then `systemctl reload mcollectived`")
    for name, reason in agents.inactive.items():
        yield ok("agents", f"{name} is not active: {reason}")
    yield ok("agents", f"{len(agents)} active: {', '.join(sorted(agents))}")


def _classes(config: Config, now: float) -> Iterator[Check]:
    file = ClassesFile(config.text("classesfile"))
    classes = file.classes()
    if classes is None:
        fix = f"let Puppet run once, or name its classes.txt as classesfile in {config.file}; until then no -C filter means this host"
        yield warn("classes", f"none are known: {file.trouble or 'no file'}", fix)
        return
    path = config.path("classesfile")
    age = now - path.stat().st_mtime if path is not None and path.exists() else 0.0
    if age > _STALE:
        yield warn(
            "classes", f"{path} was last written {age / 86400:.0f} days ago", "does Puppet still run here? `puppet agent --test`"
        )
    else:
        yield ok("classes", f"{len(classes)} classes")


def _facts(config: Config, now: float) -> Iterator[Check]:
    source = config.word("factsource")
    try:
        facts = facts_source(config, config.paths("libdir"), speaks_ruby=config.word("securityprovider") in RUBY_PROVIDERS)
    except MCollectiveError as error:
        yield misconfigured("facts", str(error), f"mend factsource in {config.file}")
        return
    found = facts.facts(time.monotonic())
    if found is None:
        fix = f"mend the source {source}: plugin.{source}* in {config.file}; until then no -F filter means this host"
        yield fail("facts", f"{source} gives none: {facts.trouble or 'it takes too long'}", fix)
        return
    old = [path for path in config.paths("plugin.yaml") if source == "yaml" and path.exists() and now - path.stat().st_mtime > _STALE]
    if old:
        yield warn(
            "facts",
            f"{old[0]} was last written {(now - old[0].stat().st_mtime) / 86400:.0f} days ago",
            "does what writes it still run?",
        )
    else:
        yield ok("facts", f"{len(found)} facts by {source}")


def _policies(config: Config) -> Iterator[Check]:
    try:
        authorizer = open_authorizer(config)
    except MCollectiveError as error:
        yield misconfigured("policies", str(error), f"mend rpcauthprovider in {config.file}")
        return
    if not isinstance(authorizer, Authorizer):
        yield warn(
            "policies", "rpcauthorization is off: every caller may call every action", f"set rpcauthorization = 1 in {config.file}"
        )
        return
    folder = authorizer.files.folder
    try:
        names = sorted(path.stem for path in folder.glob("*.policy"))
    except OSError as error:
        names = []
        yield misconfigured("policies", f"{folder} cannot be read: {error.strerror}", f"chown root {folder}; chmod 0755 {folder}")
    bad = 0
    groups = authorizer.files.groups()
    for line, problem in groups.problems:
        bad += 1
        yield misconfigured("policies", f"{groups.file}:{line}: {problem}; no group is known", "mend the line; docs/policies.md")
    for name in names:
        policy = authorizer.files.find(name) if is_agent(name) else None
        if policy is None:
            yield warn(
                "policies", f"{folder}/{name}.policy is for no agent", "its name is an agent's: lower case letters, digits and _"
            )
            continue
        for line, problem in policy.problems:
            bad += 1
            yield misconfigured(
                "policies", f"{policy.file}:{line}: {problem}; the whole file denies", "mend the line; docs/policies.md"
            )
        for number, reason in unknown_groups(policy, groups) if not groups.problems else ():
            bad += 1
            yield misconfigured("policies", f"{policy.file}:{number}: {reason}", f"write the group into {groups.file}")
        for line, warning in policy.warnings:
            yield warn("policies", f"{policy.file}:{line}: {warning}", "mend the line; docs/policies.md")
    if not names:
        fix = f"write {folder}/AGENT.policy for each agent, with lines like, TABs between: allow cert=NAME.mcollective * * *"
        yield warn("policies", f"there is none in {folder}: only discovery and rpcutil may be called", fix)
    elif not bad:
        yield ok("policies", f"{len(names)} in {folder}: {', '.join(names)}")


def _is_same(given: str, file: str | None) -> bool:
    return file is not None and os.path.realpath(given) == os.path.realpath(file)
