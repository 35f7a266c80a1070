"""Which collectives the hosts are in -> a table, a DOT graph, or a picture as SVG; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import NamedTuple

from ..matching.nodeset import fold
from ..names import is_collective
from .inert import inert

_COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#72b7b2", "#9d755d", "#d8a500")
_ROW, _BOX, _LEFT, _GAP = 44, 30, 220, 180  # pixels: a row, a box in it, the width of the left boxes, the room of the lines
_LETTER = 7.3  # pixels, of a 12 pixel monospace letter
_LONGEST = 96  # letters of a node set in a box
_MOST = 200  # collectives of one host: a host that says a hundred thousand would be all of the picture


class Memberships(NamedTuple):
    """Collective -> its hosts, sorted; and how many hosts there are in all."""

    hosts: Mapping[str, tuple[str, ...]]
    total: int

    @classmethod
    def of_hosts(cls, told: Mapping[str, object]) -> "Memberships":
        """host -> the collectives that it says, the first 200; what is no collective's name is left out."""
        found: dict[str, list[str]] = defaultdict(list)
        for host in sorted(told):
            said = told[host]
            names = dict.fromkeys(name for name in said if is_collective(name)) if isinstance(said, list) else ()
            for name in islice(names, _MOST):
                found[name].append(host)
        return cls({name: tuple(found[name]) for name in sorted(found)}, len(told))

    def groups(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Collectives and hosts, of the hosts that are in just the same ones; the largest first."""
        collectives: dict[str, list[str]] = defaultdict(list)
        for name, hosts in self.hosts.items():
            for host in hosts:
                collectives[host].append(name)
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for host, names in collectives.items():
            groups[tuple(names)].append(host)
        return sorted(((names, tuple(hosts)) for names, hosts in groups.items()), key=lambda group: (-len(group[1]), group[0]))


def table_lines(found: Memberships, *, has_hosts: bool = False) -> list[str]:
    """The historic table: collective and number of hosts, the smallest first; has_hosts: below each its hosts as a node set."""
    lines = [f"   {'Collective':<30} Nodes", f"   {'==========':<30} ====="]
    for name, hosts in sorted(found.hosts.items(), key=lambda entry: (len(entry[1]), entry[0])):
        lines.append(f"   {name:<30} {len(hosts)}")
        if has_hosts:
            lines.append(f"      {inert(fold(hosts))}")
    return [*lines, "", f"   {'Total nodes:':>30} {found.total}", ""]


def dot(found: Memberships) -> str:
    """A graph for graphviz: each collective a subgraph with a line to each of its hosts."""
    lines = ["graph {"]
    for name, hosts in found.hosts.items():
        lines.append(f"   subgraph {_quoted(name)} {{")
        lines += [f"      {_quoted(host)} -- {_quoted(name)}" for host in hosts]
        lines.append("   }")
    return "\n".join([*lines, "}", ""])


def svg(found: Memberships) -> str:
    """A picture: the collectives on the left, on the right the hosts that are in the same ones as one box, lines between.

    Its size goes by the number of different memberships, not by that of hosts.
    """
    names, groups = list(found.hosts), found.groups()
    colour = {name: _COLOURS[at % len(_COLOURS)] for at, name in enumerate(names)}
    labels = [_label(hosts) for _, hosts in groups]
    width = max([200.0, *(len(label) * _LETTER + 24 for label in labels)])
    rows = max(len(names), len(groups), 1)
    height, left, right = rows * _ROW + 60, 20, 20 + _LEFT + _GAP
    tops = {name: _top(at, len(names), rows) for at, name in enumerate(names)}
    drawn: list[str] = []
    boxes: list[str] = []
    for at, ((members, _), label) in enumerate(zip(groups, labels, strict=True)):
        top = _top(at, len(groups), rows)
        for name in members:
            begin, end = tops[name] + _BOX / 2, top + _BOX / 2
            bend = left + _LEFT + _GAP / 2
            path = f"M{left + _LEFT} {begin:g} C{bend:g} {begin:g} {bend:g} {end:g} {right} {end:g}"
            drawn.append(f'<path d="{path}" fill="none" stroke="{colour[name]}" stroke-width="2" opacity="0.7"/>')
        boxes += _box(right, top, width, "#f4f4f4", "#888888", label, "#222222")
    for name in names:
        boxes += _box(left, tops[name], _LEFT, colour[name], colour[name], f"{name} ({len(found.hosts[name])})", "#ffffff")
    size = f"{right + width + 20:g}"
    head = f"{_counted(found.total, 'host')} in {_counted(len(names), 'collective')}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{height}" viewBox="0 0 {size} {height}" '
        'font-family="monospace" font-size="12">',
        f"<title>{escape(head)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{left}" y="24" font-size="14" fill="#222222">{escape(head)}</text>',
        *drawn,
        *boxes,
        "</svg>",
        "",
    ]
    return "\n".join(lines)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _top(at: int, count: int, rows: int) -> float:
    """Where the box of a column begins that has count of them, in the middle of rows."""
    return 44 + (rows - count) * _ROW / 2 + at * _ROW


def _box(x: float, y: float, width: float, fill: str, stroke: str, label: str, ink: str) -> Iterable[str]:
    yield f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{_BOX}" rx="5" fill="{fill}" stroke="{stroke}"/>'
    yield f'<text x="{x + 12:g}" y="{y + _BOX / 2 + 4:g}" fill="{ink}">{escape(_fitting(label, width))}</text>'


def _fitting(label: str, width: float) -> str:
    most = max(int((width - 20) / _LETTER), 4)
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _label(hosts: Sequence[str]) -> str:
    count, names = f" ({len(hosts)})", inert(fold(hosts))
    room = _LONGEST - len(count)
    return (names if len(names) <= room else f"{names[: room - 1]}…") + count


def _quoted(name: str) -> str:
    r"""A name as graphviz takes it: only `"` and `\` mean something within quotes, and no host's or collective's name has them."""
    return '"' + inert(name).replace("\\", "\\\\").replace('"', '\\"') + '"'
