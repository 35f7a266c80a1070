"""What zypper prints, read: summaries and lists as XML, locks, failures. Exit codes: zypper(8)."""

import re
from collections.abc import Iterator, Mapping
from html import unescape

from .provider import Change

LOCKED, NOT_FOUND, SCRIPTLET_FAILED = 7, 104, 107
# 102 a reboot is due, 103 zypper itself was updated and is to be asked again, 100 and 101 updates are there.
WELL = (0, 100, 101, 102, 103)
MAX_FAILURE = 4000  # characters

_TAG = re.compile(r"<(/?)([a-z\-]+)((?:\s+[a-z\-]+=(?:\"[^\"]*\"|'[^']*'))*)\s*/?>")
_ATTRIBUTE = re.compile(r"([a-z\-]+)=(?:\"([^\"]*)\"|'([^']*)')")
_MESSAGE = re.compile(r'<message type="error">([^<]*)</message>')
_SECTIONS = {
    "to-install": "install",
    "to-upgrade": "upgrade",
    "to-downgrade": "downgrade",
    "to-reinstall": "reinstall",
    "to-remove": "remove",
}
_PROBLEM = re.compile(r"(?ms)^Problem: .*?(?=^Choose from above|\Z)")
_SCRIPT = re.compile(r"(?im)^.*\bscript(?:let)? failed.*$")
_TOO_OLD = re.compile(r"(?m)^The selected package .* has lower version than the installed one\..*$")
_LOCKED_ITEMS = re.compile(
    r"(?m)^The following (?:\d+ )?items? (?:is|are) locked and will not be changed by any action:\n Installed:\n((?: .*\n?)+)"
)


def parse_summary(text: str) -> tuple[Change, ...]:
    """What a simulation would change, of its `install-summary`; patches and patterns are left out."""
    changes: list[Change] = []
    action = ""
    for is_end, tag, attributes in _tags(text):
        if tag in _SECTIONS:
            action = "" if is_end else _SECTIONS[tag]
        elif tag == "solvable" and action and attributes.get("type") == "package":
            version, old = attributes.get("edition", ""), attributes.get("edition-old", "")
            is_gone = action == "remove"
            changes.append(
                Change(
                    action,
                    attributes.get("name", ""),
                    version if is_gone else old,
                    "" if is_gone else version,
                    attributes.get("arch", ""),
                )
            )
    return tuple(changes)


def parse_updates(text: str) -> tuple[Change, ...]:
    """What `list-updates` offers."""
    found: list[Change] = []
    for is_end, tag, attributes in _tags(text):
        if tag == "update" and not is_end and attributes.get("kind") == "package":
            old, new = attributes.get("edition-old", ""), attributes.get("edition", "")
            found.append(Change("upgrade", attributes.get("name", ""), old, new, attributes.get("arch", "")))
        elif tag == "source" and not is_end and found and not found[-1].repo:
            last = found[-1]
            found[-1] = Change(last.action, last.name, last.old, last.new, last.arch, attributes.get("alias", ""))
    return tuple(found)


def parse_search(text: str) -> dict[str, list[str]]:
    """Versions by package's name, as `search -s` gives them, in its order; empty texts where it gives none."""
    found: dict[str, list[str]] = {}
    for is_end, tag, attributes in _tags(text):
        if tag == "solvable" and not is_end and attributes.get("kind") == "package":
            found.setdefault(attributes.get("name", ""), []).append(attributes.get("edition", ""))
    return found


def parse_summaries(text: str) -> dict[str, str]:
    """Summaries by package's name."""
    solvables = (attributes for is_end, tag, attributes in _tags(text) if tag == "solvable" and not is_end)
    return {attributes.get("name", ""): attributes.get("summary", "")[:200] for attributes in solvables}


def parse_locks(text: str) -> tuple[str, ...]:
    """Names of the packages that the file /etc/zypp/locks holds, sorted; locks of patches and patterns are left out."""
    names = set()
    for block in re.split(r"\n\s*\n", text):
        entries = dict(line.partition(": ")[::2] for line in block.splitlines() if ": " in line)
        if entries.get("type", "package") == "package" and entries.get("solvable_name"):
            names.add(entries["solvable_name"].strip())
    return tuple(sorted(names))


def locked_items(text: str) -> frozenset[str]:
    """Packages on hold of which zypper says that it left them as they are."""
    found = _LOCKED_ITEMS.search(text)
    return frozenset(found[1].split()) if found else frozenset()


def is_newest(text: str, name: str) -> bool:
    """Whether zypper says that there is nothing newer of a package."""
    return f"No update candidate for '{name}-" in text


def failure_of(exitcode: int, stdout: str, stderr: str) -> str | None:
    """Why it failed, in zypper's words; None where it did not. A script that failed, and a version refused as older, are failures."""
    text = f"{stdout}\n{stderr}"
    odd = [*_SCRIPT.findall(text), *_TOO_OLD.findall(stdout)]
    if exitcode in WELL and not odd:
        return None
    problems = [problem.strip() for problem in _PROBLEM.findall(stdout)]
    said = [*problems, *stderr.splitlines(), *map(unescape, _MESSAGE.findall(stdout)), *odd]
    lines = list(
        dict.fromkeys(line.rstrip() for line in said if line.strip() and "use Alien" not in line and "assuming you" not in line)
    )
    return "\n".join(lines)[:MAX_FAILURE] or f"zypper ended with exit code {exitcode} and said nothing"


def _tags(text: str) -> Iterator[tuple[bool, str, Mapping[str, str]]]:
    """Tags of the output with their attributes, whether they end an element first. It is flat, and no more of XML than this."""
    for found in _TAG.finditer(text):
        attributes = {key: unescape(double or single) for key, double, single in _ATTRIBUTE.findall(found[3])}
        yield bool(found[1]), found[2], attributes
