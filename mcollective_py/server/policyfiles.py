"""Policy files on disk, read again when they change, and the Authorizer that asks them."""

import errno
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..config import Config
from ..errors import ConfigError, Denied
from ..message import Request
from ..names import is_action, is_agent, is_caller
from ..node.ownership import check_ownership
from ..node.view import NodeView
from ..regularfile import Stamp, UnusableFile, read_regular
from .actionpolicy import PLAIN_MESSAGE, Decision, Policy, decide, parse_policy

logger = logging.getLogger(__name__)

_MAX_SIZE = 1 << 20  # bytes; the largest real one seen has 20 kB
_PROVIDERS = ("action_policy", "actionpolicy")

# What an enrolled caller may do where no file says anything: look for hosts, and read what a host tells of itself. The names are
# written out, so that a changed agent of the same name opens nothing more.
_OPEN: Mapping[str, frozenset[str]] = {
    "discovery": frozenset({PLAIN_MESSAGE}),
    "rpcutil": frozenset(
        {
            "agent_inventory",
            "collective_info",
            "daemon_stats",
            "explain",
            "get_config_item",
            "get_data",
            "get_fact",
            "get_facts",
            "inventory",
            "ping",
        }
    ),
}


_Version = tuple[Stamp, int, int]  # of a file, and who owns the folder and may change it


class PolicyFiles:
    """The policies of one folder by agent; a file is read when it is first asked for and whenever it has changed.

    uid: whose files are trusted beside root's; default: who runs this.
    """

    def __init__(self, folder: Path, uid: int | None = None) -> None:
        self.folder = folder
        self._uid = os.geteuid() if uid is None else uid
        self._known: dict[str, tuple[_Version, Policy]] = {}

    def path_of(self, name: str) -> str:
        """Where the policy with this name lies, or would; name must have the shape of an agent's (names.is_agent)."""
        if not is_agent(name):
            raise ValueError(f"{name!r} is no name of a policy")
        return str(self.folder / f"{name}.policy")

    def find(self, name: str) -> Policy | None:
        """The policy with this name, None where there is no such file.

        A file that cannot be read, or that others could change, is a Policy with a problem: it denies everything.
        """
        path = self.path_of(name)
        try:
            found = os.lstat(path)
            above = os.stat(self.folder)  # noqa: PTH116  asked for every request: a Path costs more than the call
        except FileNotFoundError:
            self._known.pop(name, None)
            return None
        except OSError as error:
            return Policy(path, problems=((1, f"cannot be read: {error.strerror}"),))
        # A change of owner or mode shows in the stamp's ctime.
        version = Stamp.of_status(found), above.st_uid, above.st_mode
        known = self._known.get(name)
        if known is None or known[0] != version:
            known = self._known[name] = (version, self._read(path))
            _report(known[1])
        return known[1]

    def _read(self, path: str) -> Policy:
        try:
            check_ownership(self.folder, self._uid)
            content, _ = read_regular(path, _MAX_SIZE, follows_links=False, judge=lambda found: self._judge(path, found))
            return parse_policy(content.decode(), path)
        except UnicodeDecodeError as error:
            return Policy(path, problems=((error.object.count(b"\n", 0, error.start) + 1, "is not UTF-8 text"),))
        except UnusableFile as error:
            return Policy(path, problems=((1, error.strerror),))
        except OSError as error:
            reason = "is a symbolic link" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror or error}"
            return Policy(path, problems=((1, reason),))

    def _judge(self, path: str, found: os.stat_result) -> None:
        if found.st_uid not in (0, self._uid):
            raise UnusableFile(errno.EPERM, f"belongs to user {found.st_uid}, who could change it: chown root {path}", path)
        if found.st_mode & 0o022:
            raise UnusableFile(errno.EPERM, f"others can write it: chmod go-w {path}", path)


@dataclass(frozen=True, slots=True)
class Authorizer:
    """Asks the policy files whether a request may run.

    is_default_used: fall back on the file default_name. are_unconfigured_allowed: allow what no file and no line says anything of.
    """

    files: PolicyFiles
    is_default_used: bool = False
    default_name: str = "default"
    are_unconfigured_allowed: bool = False

    def authorize(self, request: Request, view: NodeView) -> str:
        """Let an allowed request through; the rule that says so. Raises Denied, which names file, line, caller and action."""
        decision = self.decide(request.agent, request.action, request.caller, view)
        if decision.is_allowed:
            return decision.rule
        denied = Denied(f"{request.caller} may not call {_call(request)} on {view.identity}: {_by(decision)}")
        denied.rule = decision.rule
        raise denied

    def decide(self, agent: str, action: str | None, caller: str, view: NodeView) -> Decision:
        """Whether a caller may have an action run, None for a plain message; and what says so."""
        if not is_agent(agent) or not is_caller(caller) or not (action is None or is_action(action)):
            return Decision(False, None, None, "its agent, action or caller is no name")
        action = PLAIN_MESSAGE if action is None else action
        policy = self._policy(agent)
        if policy is not None:
            return decide(policy, caller, action, view, is_unlisted_allowed=self.are_unconfigured_allowed)
        if action in _OPEN.get(agent, ()):
            return Decision(True, None, None, "every enrolled caller may read this")
        if self.are_unconfigured_allowed:
            return Decision(True, None, None, "plugin.actionpolicy.allow_unconfigured allows what has no policy")
        path, line = self.files.path_of(agent), f"`allow {caller} {action} * *`"
        return Decision(False, None, None, f"there is no policy for {agent}: write {path} there, with a line {line}, TABs between")

    def _policy(self, agent: str) -> Policy | None:
        """The agent's own policy, else the default one; that is not asked for discovery, without which no host is found."""
        own = self.files.find(agent)
        if own is not None or not self.is_default_used or agent == "discovery":
            return own
        return self.files.find(self.default_name)


class NoAuthorization:
    """Lets everything through: what `rpcauthorization = 0` asks for."""

    def authorize(self, request: Request, view: NodeView) -> str:
        """Let the request through; no rule says so."""
        return ""


def open_authorizer(config: Config) -> Authorizer | NoAuthorization:
    """The authorization that a configuration asks for; policies lie beside its file. Raises ConfigError."""
    if not config.flag("rpcauthorization"):
        logger.warning("rpcauthorization is off: every caller may call every action")
        return NoAuthorization()
    provider = config.word("rpcauthprovider")
    if provider.lower() not in _PROVIDERS:
        raise ConfigError(f"there is no provider {provider}: write action_policy", file=config.file, key="rpcauthprovider")
    name = config.word("plugin.actionpolicy.default_name")
    if not is_agent(name):
        problem = f"'{name}' is no name of a policy: lower case letters, digits and _"
        raise ConfigError(problem, file=config.file, key="plugin.actionpolicy.default_name")
    folder = Path(config.file).absolute().parent if config.file else Path("/etc/mcollective")
    return Authorizer(
        PolicyFiles(folder / "policies"),
        config.flag("plugin.actionpolicy.enable_default"),
        name,
        config.flag("plugin.actionpolicy.allow_unconfigured"),
    )


def _report(policy: Policy) -> None:
    for line, problem in policy.problems:
        logger.error("%s:%d: %s; the file denies everything until this is mended", policy.file, line, problem)
    for line, warning in policy.warnings:
        logger.warning("%s:%d: %s", policy.file, line, warning)


def _call(request: Request) -> str:
    return f"{request.agent} {request.action}" if request.action else f"{request.agent} (plain message, action {PLAIN_MESSAGE})"


def _by(decision: Decision) -> str:
    return f"{decision.rule} {decision.reason}" if decision.rule else decision.reason
