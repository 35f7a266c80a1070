"""Policy files and the groups file on disk, read again when they change, and the Authorizer that asks them."""

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
from .actionpolicy import PLAIN_MESSAGE, Asked, Decision, Policy, decide
from .policycallers import Groups
from .policytext import parse_groups, parse_policy

logger = logging.getLogger(__name__)

MAX_SIZE = 1 << 20  # bytes; the largest real one seen has 20 kB
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
            "request_status",
            "trusted",
        }
    ),
}


_Version = tuple[Stamp, int, int]  # of a file, and who owns the folder and may change it
_GROUPS = "groups"  # the file's name; no policy's, which ends in .policy


class PolicyFiles:
    """The policies of one folder by agent; a file is read when it is first asked for and whenever it has changed.

    uid: whose files are trusted beside root's; default: who runs this.
    """

    def __init__(self, folder: Path, uid: int | None = None) -> None:
        self.folder = folder
        self._uid = os.geteuid() if uid is None else uid
        self._known: dict[str, tuple[_Version, Policy]] = {}
        self._groups: tuple[_Version, Groups] | None = None

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
            version = self._version(path)
        except OSError as error:
            return Policy(path, problems=((1, f"cannot be read: {error.strerror}"),))
        if version is None:
            self._known.pop(name, None)
            return None
        known = self._known.get(name)
        if known is None or known[0] != version:
            known = self._known[name] = (version, self._policy(path))
            _report(known[1])
            _report_groups(known[1], self.groups() if known[1].groups else Groups())
        return known[1]

    def groups(self) -> Groups:
        """The groups file beside the policies; one that is not there has no groups, one that cannot be believed has a problem."""
        path = str(self.folder / _GROUPS)
        try:
            version = self._version(path)
        except OSError as error:
            return Groups(path, problems=((1, f"cannot be read: {error.strerror}"),))
        if version is None:
            self._groups = None
            return Groups(path)
        if self._groups is None or self._groups[0] != version:
            text, problem = self._read(path)
            self._groups = version, parse_groups(text, path) if problem is None else Groups(path, problems=(problem,))
            _report(self._groups[1])
        return self._groups[1]

    def _version(self, path: str) -> _Version | None:
        """What tells a changed file; None where there is none. Raises OSError."""
        try:
            found = os.lstat(path)
            above = os.stat(self.folder)  # noqa: PTH116  asked for every request: a Path costs more than the call
        except FileNotFoundError:
            if os.path.islink(self.folder) and not os.path.exists(self.folder):  # noqa: PTH110, PTH114  as above
                # It is meant to be somewhere: without it what it denies would be open to allow_unconfigured.
                raise OSError(errno.ENOENT, f"{self.folder} leads nowhere") from None
            return None
        # A change of owner or mode shows in the stamp's ctime.
        return Stamp.of_status(found), above.st_uid, above.st_mode

    def _policy(self, path: str) -> Policy:
        text, problem = self._read(path)
        return parse_policy(text, path) if problem is None else Policy(path, problems=(problem,))

    def _read(self, path: str) -> tuple[str, tuple[int, str] | None]:
        """The text of a file, and what makes it unusable as (line, sentence)."""
        try:
            check_ownership(self.folder, self._uid)
            content, _ = read_regular(path, MAX_SIZE, follows_links=False, judge=lambda found: self._judge(path, found))
            return content.decode(), None
        except UnicodeDecodeError as error:
            return "", (error.object.count(b"\n", 0, error.start) + 1, "is not UTF-8 text")
        except UnusableFile as error:
            return "", (1, error.strerror)
        except OSError as error:
            return "", (1, "is a symbolic link" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror or error}")

    def _judge(self, path: str, found: os.stat_result) -> None:
        if found.st_uid not in (0, self._uid):
            raise UnusableFile(errno.EPERM, f"belongs to user {found.st_uid}, who could change it: chown root {path}", path)
        if found.st_mode & 0o022:
            raise UnusableFile(errno.EPERM, f"others can write it: chmod go-w {path}", path)


@dataclass(frozen=True, slots=True)
class Authorizer:
    """Asks the policy files whether a request may run.

    is_default_used: fall back on the file default_name. are_unconfigured_allowed: allow what no file and no line says anything of.
    compares_text: facts compare by `<` and its like as texts, as the Ruby plugin did.
    """

    files: PolicyFiles
    is_default_used: bool = False
    default_name: str = "default"
    are_unconfigured_allowed: bool = False
    compares_text: bool = False

    def authorize(self, request: Request, view: NodeView) -> str:
        """Let an allowed request through; the rule that says so. Raises Denied, which names file, line, caller and action."""
        decision = self.decide(request.agent, asked_by(request), view)
        if decision.is_allowed:
            return decision.rule
        denied = Denied(f"{request.caller} may not call {_call(request)} on {view.identity}: {_by(decision)}")
        denied.rule = decision.rule
        raise denied

    def decide(self, agent: str, asked: Asked, view: NodeView) -> Decision:
        """Whether a caller may have an agent's action run, and what says so."""
        if not is_agent(agent) or not is_caller(asked.caller) or not is_action(asked.action):
            return Decision(False, None, None, "its agent, action or caller is no name")
        policy = self.policy_for(agent)
        if policy is not None:
            groups = self.files.groups() if policy.groups else Groups()
            return decide(
                policy, asked, view, groups, is_unlisted_allowed=self.are_unconfigured_allowed, compares_text=self.compares_text
            )
        if asked.action in _OPEN.get(agent, ()):
            return Decision(True, None, None, "every enrolled caller may read this")
        if self.are_unconfigured_allowed:
            return Decision(True, None, None, "plugin.actionpolicy.allow_unconfigured allows what has no policy")
        path, line = self.files.path_of(agent), f"`allow {asked.caller} {asked.action} * *`"
        return Decision(False, None, None, f"there is no policy for {agent}: write {path} there, with a line {line}, TABs between")

    def policy_for(self, agent: str) -> Policy | None:
        """The agent's own policy, else the default one; that is not asked for discovery, without which no host is found."""
        own = self.files.find(agent)
        if own is not None or not self.is_default_used or agent == "discovery":
            return own
        return self.files.find(self.default_name)


def asked_by(request: Request) -> Asked:
    """What a policy looks at in a request. Where another signed for the caller, the certificate says nothing of the caller."""
    inputs = request.body if request.action is not None and isinstance(request.body, Mapping) else None
    extensions = dict(request.extensions) if request.certificate and not request.delegate else None
    return Asked(request.caller, PLAIN_MESSAGE if request.action is None else request.action, inputs, extensions)


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
        config.flag("plugin.actionpolicy.compare_as_text"),
    )


def _report(found: Policy | Groups) -> None:
    what = "the file denies everything" if isinstance(found, Policy) else "every line that names a group allows nobody, or denies"
    for line, problem in found.problems:
        logger.error("%s:%d: %s; %s until this is mended", found.file, line, problem, what)
    for line, warning in found.warnings:
        logger.warning("%s:%d: %s", found.file, line, warning)


def _report_groups(policy: Policy, groups: Groups) -> None:
    for name, line in policy.groups.items():
        if reason := groups.why_unknown(name):
            logger.error("%s:%d: %s; until then an allow line for it allows nobody, and a deny line denies", policy.file, line, reason)


def _call(request: Request) -> str:
    return f"{request.agent} {request.action}" if request.action else f"{request.agent} (plain message, action {PLAIN_MESSAGE})"


def _by(decision: Decision) -> str:
    return f"{decision.rule} {decision.reason}" if decision.rule else decision.reason
