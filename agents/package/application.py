"""`mco package`: install, update, remove and look up packages."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, action_and_things, none_of, one_of
from mcollective_py.cli.optiontypes import delay
from mcollective_py.client.results import RPCResult
from mcollective_py.errors import UsageError
from mcollective_py.matching.nodeset import fold

from .shown import failure_of, line_of, outdated_lines, restarts_lines

CHANGES = ("install", "update", "uninstall", "purge")
OF_PACKAGES = (*CHANGES, "status", "hold", "unhold")
OF_ALL = (
    *("upgrade", "checkupdates", "refresh", "count", "md5", "digest", "held", "reboot_required", "needs_restart", "repair"),
    *("apt_update", "apt_checkupdates", "yum_checkupdates", "yum_clean"),
)
ACTIONS = (*OF_PACKAGES, "search", "list", "compare", "older", *OF_ALL)
_LISTS_UPDATES = ("checkupdates", "apt_checkupdates", "yum_checkupdates", "refresh", "apt_update")

# Option -> the actions that take it; what it is called as an input is its own name.
TAKEN_BY = {
    "version": ("install", "update", "uninstall", "purge"),
    "downgrade": ("install", "update"),
    "change_held": (*CHANGES, "upgrade"),
    "security": ("upgrade", "checkupdates", "apt_checkupdates", "yum_checkupdates"),
    "full": ("upgrade",),
    "refresh": ("install", "update", "upgrade"),
    "config_files": ("install", "update", "upgrade", "repair"),
    "lock_wait": (*CHANGES, "upgrade", "repair", "refresh", "apt_update"),
}


class Package(AgentApplication):
    """One action of the agent package."""

    description = "Install, update, remove and look up packages of the operating system"
    usage = (
        "ACTION PACKAGE[=VERSION] ...  |  PACKAGE ACTION  |  compare|older PACKAGE VERSION  |  search TEXT  |  list [PATTERN]"
        "  |  ACTION"
    )
    agent = "package"
    actions = ACTIONS

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        told = f"of packages: {', '.join(OF_PACKAGES)}, search, list, compare, older; of the whole host: {', '.join(OF_ALL)}"
        parser.add_argument("words", nargs="*", metavar="ACTION PACKAGE...", help=told)
        parser.add_argument("--version", metavar="VERSION", help="the version to install, exact or a glob as '1.24.*'")
        parser.add_argument("--downgrade", action="store_true", default=None, help="an older version may take the place of a newer one")
        parser.add_argument("--change-held", action="store_true", default=None, help="packages on hold may be changed too")
        parser.add_argument("--security", action="store_true", default=None, help="only security updates")
        parser.add_argument("--full", action="store_true", default=None, help="an upgrade may remove packages where it has to")
        parser.add_argument("--refresh", action="store_true", default=None, help="fetch the lists of packages anew before")
        parser.add_argument("--config-files", choices=("keep", "replace"), help="configuration files that were changed on the host")
        parser.add_argument("--lock-wait", type=delay, metavar="SECONDS", help="how long to wait for the lock of the package system")

    def call(self, options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        """See AgentApplication."""
        asked, things = action_and_things(options.words, ACTIONS)
        inputs = self._taken(asked, options)
        self._only_older, self._lists_updates, self._is_trial = asked == "older", asked in _LISTS_UPDATES, bool(options.noop)
        self._asks_for_restarts = asked == "needs_restart"
        if asked in ("compare", "older"):
            if len(things) != 2:
                raise UsageError(f"{asked} takes a package and a version: mco package {asked} openssl 3.0.13")
            return "compare", {"package": things[0], "version": things[1]}
        if asked == "yum_clean":
            return asked, {"mode": one_of(things, "mode")} if things else {}
        if asked == "list":
            return asked, {"pattern": one_of(things, "pattern")} if things else {}
        if asked == "search":
            return asked, {"package": one_of(things, "package")}
        if asked in OF_ALL:
            none_of(things, asked)
            return asked, inputs
        if not things:
            raise UsageError(f"which package? mco package {asked} PACKAGE")
        version = inputs.pop("version", None)
        return asked, {**inputs, **packages_of(things, version)}

    def _taken(self, action: str, options: argparse.Namespace) -> dict[str, Any]:
        """The options as inputs. Raises UsageError for one that the action does not take."""
        given = {name: value for name in TAKEN_BY if (value := getattr(options, name)) is not None}
        for name in given:
            if action not in TAKEN_BY[name]:
                raise UsageError(f"--{name.replace('_', '-')} is for {', '.join(TAKEN_BY[name])}, not for {action}")
        return given

    def line(self, result: RPCResult) -> str | None:
        """See AgentApplication."""
        return line_of(result.action or "", result.data, only_older=self._only_older, is_trial=self._is_trial)

    def failure(self, result: RPCResult) -> str | None:
        """See AgentApplication."""
        return None if self._is_trial else failure_of(result.statusmsg, result.data)

    def closing(self, results: Sequence[RPCResult]) -> Iterable[str]:
        """See AgentApplication."""
        if self._asks_for_restarts:
            return restarts_lines(results, fold)
        return outdated_lines(results, fold) if self._lists_updates and len(results) > 1 else ()


def packages_of(things: Sequence[str], version: str | None) -> dict[str, str]:
    """The inputs for the packages named: one in the historic inputs, which every host knows, several in `packages`."""
    if version is not None and (len(things) > 1 or "=" in things[0]):
        raise UsageError("--version is for one package; for several write each with its own, as nginx=1.24.0")
    if len(things) > 1:
        return {"packages": ",".join(things)}
    name, _, own = things[0].partition("=")
    wanted = own or version
    if wanted is None:
        return {"package": name}
    if any(character in wanted for character in "*?[]~"):  # which the historic input does not take
        return {"packages": f"{name}={wanted}"}
    return {"package": name, "version": wanted}
