"""What the command says of hosts: pure words, made of what their agents answer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

# Label -> output, as the historic command has them.
SUMMARY_ROWS: Mapping[str, str] = {
    "Total resources": "total_resources",
    "Out Of Sync resources": "out_of_sync_resources",
    "Failed resources": "failed_resources",
    "Changed resources": "changed_resources",
    "Corrected resources": "corrected_resources",
    "Config Retrieval time (seconds)": "config_retrieval_time",
    "Total run-time (seconds)": "total_time",
    "Time since last run (seconds)": "since_lastrun",
}
_MAX_MESSAGES = 3  # of one resource


def count_lines(statuses: Sequence[Mapping[str, Any]]) -> list[str]:
    """How many hosts do what, of the outputs of `status`."""

    def of(output: str, value: Any) -> int:
        return sum(status.get(output) == value for status in statuses)

    return [
        f"Total Puppet nodes: {len(statuses)}",
        "",
        f"          Nodes currently enabled: {of('enabled', True)}",
        f"         Nodes currently disabled: {of('enabled', False)}",
        "",
        f"Nodes currently doing puppet runs: {of('applying', True)}",
        f"          Nodes currently stopped: {of('applying', False)}",
        "",
        f"       Nodes with daemons started: {of('daemon_present', True)}",
        f"    Nodes without daemons started: {of('daemon_present', False)}",
        f"       Daemons started but idling: {of('idling', True)}",
        "",
        f"       Nodes whose last run failed: {of('outcome', 'failed') + of('outcome', 'nocatalog')}",
    ]


def summary_lines(summaries: Sequence[Mapping[str, Any]], spread_line: Callable[[Iterable[Any]], str]) -> list[str]:
    """How the numbers of the last runs are spread over the hosts, of the outputs of `last_run_summary`. spread_line: of the numbers.

    A host that never ran has none: its last run would be 56 years ago.
    """
    ran = [summary for summary in summaries if summary.get("lastrun") != 0]
    rows = [f"{label:>33}: {spread_line([row.get(output) for row in ran])}" for label, output in SUMMARY_ROWS.items()]
    never = len(summaries) - len(ran)
    told = ["", f"Nodes that never ran Puppet, and are left out: {never}"] if never else []
    return [f"Summary statistics for {len(ran)} nodes:", "", *rows, *told]


def resource_text(data: Mapping[str, Any], *, has_wishes: bool) -> str:
    """What became of a resource, or where nothing was to be changed of it, how it is: `ensure=file`, a property a line.

    has_wishes: whether it was to have other properties.
    """
    properties = data.get("properties")
    if has_wishes or not isinstance(properties, Mapping) or not properties:
        return str(data.get("result"))
    return "\n".join(f"{name}={value}" for name, value in properties.items())


def ended_line(data: Mapping[str, Any]) -> str:
    """How a run ended, in one line: `changed: 3 resources, in 12 s`."""
    outcome = str(data.get("outcome") or "unknown")
    if outcome == "nocatalog":
        return "failed: no catalog"
    counts = {"failed": len(_list(data, "failed")), "changed": len(_list(data, "changed")), "noop": len(_list(data, "differing"))}
    number = counts.get(outcome, 0)
    what = f"{number} resource{'' if number == 1 else 's'}" if number else ""
    said = {"noop": "would change", "unchanged": "nothing to do"}.get(outcome, outcome)
    seconds = _number(data, "finished") - _number(data, "started")
    took = f" in {seconds:.0f} s" if _number(data, "started") > 0 and seconds >= 0 else ""
    cached = " (with the cached catalog: the new one failed)" if data.get("cached_catalog") == "on_failure" else ""
    return (f"{said}: {what}" if what else said) + took + cached


def detail_lines(data: Mapping[str, Any]) -> list[str]:
    """What failed, and what a trial would change, with file and line; the log's errors where no resource failed."""
    lines = []
    for resource in _list(data, "failed"):
        lines += _resource_lines(resource)
    for resource in _list(data, "differing"):
        lines += _resource_lines(resource)
    if not _list(data, "failed"):
        lines += [str(error) for error in _list(data, "errors")[:5]]
    if _number(data, "left_out"):
        lines.append(f"and {_number(data, 'left_out'):.0f} more")
    return lines


def _resource_lines(resource: Any) -> list[str]:
    if not isinstance(resource, Mapping):
        return []
    place = f" ({resource.get('file')}:{resource.get('line')})" if resource.get("file") else ""
    messages = resource.get("messages")
    messages = [str(message) for message in messages] if isinstance(messages, list) else []
    return [f"{resource.get('resource')}{place}", *(f"  {message}" for message in messages[:_MAX_MESSAGES])]


def _list(data: Mapping[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    return value if isinstance(value, list) else []


def _number(data: Mapping[str, Any], name: str) -> float:
    value = data.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0
