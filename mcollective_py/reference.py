"""What the table of settings looks like to a reader: the reference page, and the commented sample files."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from .settings import IGNORED, SETTINGS, Setting, family

_CONNECTORS = ("activemq", "rabbitmq", "stomp")

_PAGE_HEAD = """# Configuration

Written from the table in `mcollective_py/settings.py` by `make reference`; change the table, not this page.

A host reads the first of `/etc/puppetlabs/mcollective/server.cfg` and `/etc/mcollective/server.cfg`; a client `~/.mcollective`, then
`client.cfg` in the same two folders; `--config FILE` names another. A line is `key = value`; a line that begins with `#` is a comment,
and a `#` within a value belongs to the value. Files of MCollective 2.12 work unchanged, with two exceptions, each answered with the
line to write: passwords and keys out of examples are refused, and a file that relied on a Ruby default which differs here is told so;
`mco config check` lists them all.

- An unknown setting is an error that names the line and the nearest known one. An unknown setting of a known plugin is a warning.
- Yes and no are `1`, `y`, `yes`, `t`, `true` and `0`, `n`, `no`, `f`, `false`; nothing else.
- Paths are whole: they begin with `/`, or with `~/`.
- `plugin.NAME.key` is the setting `key` of the plugin NAME. In `plugin.d/NAME.cfg`, beside the main file, write just `key`.
- In a key, `N` stands for the number of a broker, counted from 1, and `NAME` for the name of an agent.
- A host refuses a `server.cfg` that every user of the machine can write, and warns of one with a secret that everyone can read.
- "No effect" marks what is read and checked but does nothing, with the reason; a file that relies on it is told.
- Read and ignored, with a warning: {ignored}.

"where" says whose file a setting belongs in; in the other one it does no harm.
"""


def reference_page() -> str:
    """docs/configuration.md."""
    parts = [_PAGE_HEAD.format(ignored=", ".join(f"`{key}`" for key in IGNORED))]
    for title, rows in _chapters():
        parts += [f"\n## {title}\n", "| setting | type | default | where | meaning |", "|---|---|---|---|---|"]
        parts += [_row(row) for row in rows]
    return "\n".join(parts) + "\n"


def sample_file(side: str) -> str:
    """packaging/config/server.cfg or client.cfg: every setting of that side, commented, with its default."""
    lines = [
        f"# {side}.cfg of mcollective_py: every setting with its default. Take the # away from what you change.",
        "# A comment stands on a line of its own. docs/configuration.md has the rules.",
    ]
    for title, rows in _chapters():
        own = [row for row in rows if row.side in ("both", side)]
        if own:
            lines += ["", f"# --- {title} ---"]
        for row in own:
            lines += ["", f"# {row.help}{_allowed(row)}{_idle(row)}", f"#{row.key} = {row.default or ''}".rstrip()]
    return "\n".join(lines) + "\n"


def _chapters() -> Iterator[tuple[str, Iterable[Setting]]]:
    """Title and rows of each part, in the order of the table; the three connectors share their settings."""
    yield "Core", [row for row in SETTINGS if not row.key.startswith("plugin.")]
    other = [row for row in SETTINGS if row.key.startswith("plugin.") and family(row.key) not in _CONNECTORS]
    for name in dict.fromkeys(family(row.key) for row in other):
        yield ("Any agent" if name == "NAME" else f"Plugin {name}"), [row for row in other if family(row.key) == name]
    for name in _CONNECTORS:
        yield f"Connector {name}", [row for row in SETTINGS if row.key.startswith(f"plugin.{name}.")]


def _row(row: Setting) -> str:
    type_ = f"{row.type}, {row.unit}" if row.unit and row.type == "number" else row.type
    default = "" if row.default is None else f"`{row.default}`"
    return f"| `{row.key}` | {type_} | {default} | {row.side} | {row.help}{_allowed(row)}{_historic(row)}{_idle(row)} |"


def _idle(row: Setting) -> str:
    return f" (No effect: {row.idle}.)" if row.idle else ""


def _historic(row: Setting) -> str:
    return f" MCollective 2.12 took another default: {row.historic[0]}." if row.historic else ""


def _allowed(row: Setting) -> str:
    """What the value may be, where the type does not say it all."""
    if row.choices:
        return f" One of {', '.join(row.choices)}."
    if row.least == 0 and row.most is None:
        return ""
    return f" {row.bounds.capitalize()}." if row.bounds else ""


def write(page: Path, samples: Path) -> None:
    """Write the page and the two sample files anew."""
    page.write_text(reference_page(), encoding="utf-8")
    for side in ("server", "client"):
        (samples / f"{side}.cfg").write_text(sample_file(side), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
