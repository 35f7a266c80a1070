"""`mco service`: services and other units of many hosts."""

import argparse
import time
from collections.abc import Mapping, Sequence
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, action_and_things, none_of, one_of
from mcollective_py.cli.optiontypes import delay, duration, whole
from mcollective_py.errors import UsageError
from mcollective_py.sizes import size_words

CHANGES = ("start", "stop", "restart", "try_restart", "reload", "enable", "disable", "mask", "unmask", "reset_failed")
READS = ("status", "is_active", "is_enabled", "is_failed", "show", "logs")
WITHOUT = ("list", "daemon_reload")
ACTIONS = (*READS, *CHANGES, *WITHOUT)
_WISHED = {"start": "running", "restart": "running", "stop": "stopped"}
_TIMES = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


class Service(AgentApplication):
    """Prints a line only where something is not as wished; `status` and other questions print one for every host."""

    description = "Start, stop and look after services and other units"
    usage = "ACTION SERVICE ...  |  SERVICE ... ACTION  |  list [PATTERN]  |  daemon_reload"
    agent = "service"
    actions = ACTIONS

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See Application."""
        parser.add_argument("words", nargs="*", metavar="ACTION SERVICE...", help=f"the action: {', '.join(ACTIONS)}")
        parser.add_argument("--force", action="store_true", help="also what is protected: sshd, this daemon, ...")
        parser.add_argument(
            "--wait", type=delay, metavar="SECONDS", help="how long to wait until it is done, 110 at most; 0: not at all"
        )
        parser.add_argument("--lines", type=whole, metavar="N", help="logs: so many lines, 20 without it")
        parser.add_argument("--since", type=duration, metavar="TIME", help="logs: only those of the last so many seconds, or 30m, 2h")
        parser.add_argument("--state", choices=("failed", "running", "all"), help="list: which units, failed without it")

    def call(self, options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        """See AgentApplication."""
        words = [name if (name := word.replace("-", "_")) in ACTIONS else word for word in options.words]
        action, things = action_and_things(words, ACTIONS)
        inputs = self._inputs(action, things, options)
        given = {
            "force": options.force or None,
            "wait": options.wait,
            "lines": options.lines,
            "since": options.since,
            "state": options.state,
        }
        for name, value in given.items():
            if value is None:
                continue
            if name not in _TAKEN.get(action, ()):
                takers = ", ".join(one for one in ACTIONS if name in _TAKEN.get(one, ()))
                raise UsageError(f"--{name} is for {takers}, not for {action}")
            inputs[name] = value
        return action, inputs

    def _inputs(self, action: str, things: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
        if action == "daemon_reload":
            none_of(things, action)
            return {}
        if action == "list":
            return {"pattern": one_of(things, "pattern")} if things else {}
        if action in READS and action != "status":
            return {"service": one_of(things, "service")}
        if not things:
            raise UsageError(f"which service? mco service {action} SERVICE ...")
        return {"service": things[0]} if len(things) == 1 else {"services": ",".join(things)}

    def line(self, result: Any) -> str | None:
        """See AgentApplication."""
        action = result.action or ""
        if action in CHANGES:
            return _change_line(action, result.data)
        return {"status": _status_line, "list": _list_lines, "show": _show_lines, "logs": _log_lines}.get(action, _flag_line)(
            result.data
        )


_TAKEN = {
    **dict.fromkeys(("start", "stop", "restart", "try_restart"), ("wait", "force")),
    "reload": ("wait",),
    **dict.fromkeys(("enable", "disable", "mask"), ("force",)),
    "logs": ("lines", "since"),
    "list": ("state",),
}


def _change_line(action: str, data: Mapping[str, Any]) -> str | None:
    """What is not as wished. A host of Ruby has no message."""
    wished, message = _WISHED.get(action), _text(data.get("message"))
    if message.startswith("would ") or "; would " in message or "has begun" in message or "in a moment" in message:
        return message
    warning = _text(data.get("warning"))
    if isinstance(data.get("services"), list) or wished is None or data.get("status") == wished:
        return warning or None
    return ": ".join(word for word in (_text(data.get("status")), warning or message) if word)


def _status_line(data: Mapping[str, Any]) -> str:
    rows = data.get("services")
    if isinstance(rows, list):
        return ", ".join(f"{_text(row.get('service'))} {_word(row)}" for row in rows if isinstance(row, Mapping))
    message = _text(data.get("message"))
    return f"{_word(data)}: {message}" if message else _word(data)


def _word(row: Mapping[str, Any]) -> str:
    """`running`, and in brackets what is not what one would expect of it."""
    status, active, substate = (_text(row.get(name)) for name in ("status", "active", "substate"))
    odd = [word for word in dict.fromkeys((active, substate)) if word not in _EXPECTED.get(status, ("",))]
    return f"{status} ({', '.join(odd)})" if odd else status


_EXPECTED = {
    "running": ("", "active", "running", "listening", "waiting", "mounted", "plugged"),
    "stopped": ("", "inactive", "dead"),
    "unknown": ("", "inactive", "dead"),
}


def _list_lines(data: Mapping[str, Any]) -> str | None:
    rows = [row for row in _listed(data.get("units")) if isinstance(row, Mapping)]
    if not rows:
        return None
    width = max(len(_text(row.get("unit"))) for row in rows)
    lines = [
        f"{_text(row.get('unit')):<{width}} {_text(row.get('active'))} {_text(row.get('sub'))} {_text(row.get('description'))}".rstrip()
        for row in rows
    ]
    count = data.get("count")
    more = count - len(rows) if isinstance(count, int) else 0
    return "\n".join([*lines, f"... and {more} more"] if more > 0 else lines)


def _show_lines(data: Mapping[str, Any]) -> str:
    rows = {
        "description": data.get("description"),
        "enabled": data.get("enabled"),
        "pid": data.get("pid"),
        "memory": size_words(data.get("memory")),
        "tasks": data.get("tasks"),
        "restarts": data.get("restarts") or None,
        "since": _moment(data.get("since"), data.get("age")),
        "result": None if data.get("result") == "success" else data.get("result"),
        "exit": data.get("exit"),
        "unit file": data.get("fragment"),
    }
    if isinstance(more := data.get("properties"), Mapping):
        rows |= {
            str(name).replace("_", " "): ", ".join(map(str, value)) if isinstance(value, list) else value
            for name, value in more.items()
        }
    shown = {name: value for name, value in rows.items() if value not in (None, "", [])}
    return "\n".join([_word(data), *(f"  {name}: {_text(value)}" for name, value in shown.items())])


def _log_lines(data: Mapping[str, Any]) -> str:
    lines = [_text(line) for line in _listed(data.get("lines"))]
    return "\n".join(["", *lines]) if lines else "no lines"


def _flag_line(data: Mapping[str, Any]) -> str | None:
    flag = next((value for name, value in data.items() if str(name).startswith("is_")), None)
    if flag is None:
        return None
    word = _text(data.get("enabled") or data.get("active"))
    return f"{'yes' if flag else 'no'} ({word})" if word else "yes" if flag else "no"


def _moment(since: object, age: object) -> str | None:
    if not isinstance(since, int) or not isinstance(age, int) or not 0 <= since < 1 << 34:
        return None
    factor, unit = next(((factor, unit) for factor, unit in _TIMES if age >= factor), (1, "s"))
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(since))}, {age // factor} {unit} ago"


def _listed(value: object) -> Sequence[Any]:
    """A list that a host sent, or nothing."""
    return value if isinstance(value, list) else ()


def _text(value: object) -> str:
    return "" if value is None else str(value)
