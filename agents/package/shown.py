"""What `mco package` prints of a host's outputs, and of the updates of all hosts together. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

_MOST_LINES = 200  # below all results
_WORDS = {"install": "installed", "upgrade": "upgraded", "downgrade": "downgraded", "reinstall": "installed again", "remove": "removed",
          "purge": "purged", "configure": "configured", "hold": "on hold", "unhold": "released"}  # fmt: skip


class Result(Protocol):
    """One host's answer."""

    @property
    def sender(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


def line_of(action: str, data: Mapping[str, Any], *, only_older: bool = False, is_trial: bool = False) -> str | None:
    """What to say of a host that succeeded; None for nothing. is_trial: nothing was changed, it is told what would be."""
    if action == "status":
        return _states(data)
    if action == "compare":
        return _relation(data, only_older=only_older)
    if action in ("count", "md5"):
        return _text(data.get("output"))
    if action == "digest":
        return f"{_text(data.get('digest'))} of {_text(data.get('package_count'))} packages"
    if action == "held":
        return ", ".join(_texts(data.get("held"))) or "none"
    if action == "list":
        return "\n".join(_state(row) for row in _rows(data.get("packages"))) or "none"
    if action == "search":
        return _found(data)
    if action == "reboot_required":
        return _reboot(data)
    if action == "needs_restart":
        return _restarts(data)
    if action.endswith("checkupdates") or action in ("refresh", "apt_update"):
        return _outdated(data)
    changes = changes_line(data)
    return f"would be: {changes}" if changes and is_trial else changes


def changes_line(data: Mapping[str, Any]) -> str | None:
    """What was, or would be changed: `nginx 1.22 > 1.24, libssl3 installed 3.0.13`."""
    return ", ".join(_change(row) for row in _rows(data.get("changes"))) or None


def failure_of(statusmsg: str, data: Mapping[str, Any]) -> str | None:
    """What to say of a host that failed, where it changed something all the same; None for its message alone."""
    changes = changes_line(data)
    return f"{statusmsg}\nchanged all the same: {changes}" if changes else None


def outdated_lines(results: Sequence[Result], fold: Callable[[Iterable[str]], str]) -> list[str]:
    """A line for each package that could be upgraded, and on which hosts. fold: names as a node set."""
    rows = ((row, result.sender) for result in results for row in _rows(result.data.get("outdated_packages")))
    return _by_hosts(
        "Could be upgraded:", ((f"{_text(row.get('package'))} {_text(row.get('version'))}", host) for row, host in rows), fold
    )


def restarts_lines(results: Sequence[Result], fold: Callable[[Iterable[str]], str]) -> list[str]:
    """A line for each service that should be restarted, and on which hosts; that there is none, where there is none."""
    services = [(service, result.sender) for result in results for service in _texts(result.data.get("services"))]
    if services:
        return _by_hosts("Should be restarted:", services, fold) if len(results) > 1 else []
    can_tell = any(isinstance(result.data.get("services"), list | tuple) for result in results)
    return ["No service has to be restarted"] if can_tell else []


def _by_hosts(title: str, pairs: Iterable[tuple[str, str]], fold: Callable[[Iterable[str]], str]) -> list[str]:
    """A line for each thing with its hosts, those of the most hosts first. pairs: a thing and a host."""
    hosts: dict[str, list[str]] = {}
    for thing, host in pairs:
        hosts.setdefault(thing, []).append(host)
    if not hosts:
        return []
    ordered = sorted(hosts.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    lines = [f"   {thing}: {fold(names)} ({len(names)})" for thing, names in ordered[:_MOST_LINES]]
    left = len(ordered) - len(lines)
    return [title, "", *lines, *([f"   and {left} more"] if left else [])]


def _change(row: Mapping[str, Any]) -> str:
    name, old, new, action = (_text(row.get(key)) for key in ("name", "old", "new", "action"))
    if action in ("upgrade", "downgrade"):
        return f"{name} {old} > {new}"
    return " ".join(word for word in (name, _WORDS.get(action, action), new or old) if word)


def _states(data: Mapping[str, Any]) -> str:
    rows = _rows(data.get("packages"))
    if len(rows) > 1:
        return "\n".join(_state(row) for row in rows)
    return _state({**data, **(rows[0] if rows else {})})


def _state(row: Mapping[str, Any]) -> str:
    name, ensure, arch = (_text(row.get(key)) for key in ("name", "ensure", "arch"))
    if ensure in ("absent", "purged"):
        said = f"{name} {ensure}" if name else ensure
    else:
        said = f"{name}-{ensure}.{arch}" if arch else f"{name}-{ensure}"
    notes = [_text(row.get("trouble")), "on hold" if row.get("held") else ""]
    return said + "".join(f" ({note})" for note in notes if note)


def _relation(data: Mapping[str, Any], *, only_older: bool) -> str | None:
    relation = _text(data.get("relation"))
    if only_older and data.get("older") is not True:
        return None
    return _text(data.get("ensure")) if only_older or relation == "absent" else f"{_text(data.get('ensure'))} is {relation}"


def _found(data: Mapping[str, Any]) -> str:
    rows = _rows(data.get("available_packages"))
    lines = [
        " ".join(filter(None, (_text(row.get("name")), _text(row.get("version")), "-", _text(row.get("summary"))))) for row in rows
    ]
    return "\n".join(lines) or "nothing found"


def _outdated(data: Mapping[str, Any]) -> str | None:
    rows = _rows(data.get("outdated_packages"))
    if not rows:
        return "up to date"
    names = ", ".join(_text(row.get("package")) for row in rows)
    return f"{len(rows)} {'package' if len(rows) == 1 else 'packages'}: {names}"


def _reboot(data: Mapping[str, Any]) -> str | None:
    if data.get("reboot_required") is None:
        return "cannot tell"
    if not data["reboot_required"]:
        return None
    return f"reboot required: {'; '.join(_texts(data.get('reasons'))) or 'no reason is told'}"


def _restarts(data: Mapping[str, Any]) -> str | None:
    services = data.get("services")
    lines = ["cannot tell which services" if services is None else ", ".join(_texts(services)), _reboot(data) or ""]
    return "\n".join(line for line in lines if line) or None


def _rows(value: Any) -> list[Mapping[str, Any]]:
    """What a host sent for a list of mappings, without what is none."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def _texts(value: Any) -> list[str]:
    return [_text(one) for one in value] if isinstance(value, list | tuple) else []


def _text(value: Any) -> str:
    return "" if value is None else str(value)
