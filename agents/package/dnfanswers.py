"""What dnf prints, read: transactions, updates, held packages, failures. Of dnf 4 as recorded; dnf5 and yum 3 as their texts differ."""

import re
from collections.abc import Iterator, Sequence

from .provider import Change, Found, Restarts

MAX_FAILURE = 4000  # characters of a failure: a solver's explanation may be long

_ACTIONS = {
    "Installing": "install",
    "Upgrading": "upgrade",
    "Updating": "upgrade",  # yum 3
    "Downgrading": "downgrade",
    "Reinstalling": "reinstall",
    "Removing": "remove",
}
_SECTION = re.compile(r"(Installing|Upgrading|Updating|Downgrading|Reinstalling|Removing)(?: .*)?:")
_REPLACING = re.compile(r"\s+replacing\s+(\S+?)\.?([\w]+)?\s+(\S+)(?:\s.*)?")
_EVR = re.compile(r"(?:\d+:)?[^\s:]+-[^\s-]+", re.ASCII)
_SCRIPTLET = re.compile(r"(?im)^.*\b(?:error in \S+(?: \S+)? scriptlet|scriptlet failed).*$")
_IGNORED = re.compile(r"(?im)^.*(?:failed to download metadata|ignoring repositor|cannot download repomd).*$")
_NO_MATCH = re.compile(r"(?im)^(?:package \S+ available, but not installed\.|no match for argument: .*|no packages? .* available\.?)$")
_LOCKED = re.compile(
    r"already locked by \d+|existing lock .* another copy is running|obtain .*rpm transaction lock|rpm transaction lock\.", re.I
)
_NOISE = re.compile(r"(?i)operation aborted.*|complete!|exiting on user command|transaction failed|\(try to add .*|\s*")
_LOCK_ENTRY = re.compile(r"(?:\d+:)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._+\-]*?)(?:-(?:\d+:)?[^-:]*-[^-]*|-\*)?", re.ASCII)
_LAST_LINES = 5


def parse_transaction(text: str) -> tuple[Change, ...]:
    """What a transaction would change, of the table that stands before its summary; old versions of upgrades where they are printed."""
    changes: list[Change] = []
    action = ""
    for line in _rows(text):
        if section := _SECTION.fullmatch(line.strip()):
            action = _ACTIONS[section[1]]
        elif line.startswith(("Transaction Summary", "Skipping ", "Enabling ", "Dependencies ")):
            action = ""
        elif action and (replaced := _REPLACING.fullmatch(line)):
            _note_replaced(changes, replaced)
        elif action and line.startswith(" ") and (change := _change(action, line)):
            changes.append(change)
    return tuple(changes)


def parse_updates(text: str) -> tuple[Change, ...]:
    """What `check-update` offers, a line each: `name.arch version repo`; what obsoletes other packages is not among them."""
    found: list[Change] = []
    for line in _rows(text):
        if line.lower().startswith("obsoleting"):
            break
        words = line.split()
        if len(words) != 3 or "." not in words[0] or not _EVR.fullmatch(words[1]):
            continue
        name, _, arch = words[0].rpartition(".")
        found.append(Change("upgrade", name, "", words[1], arch, words[2]))
    return tuple(found)


def parse_search(text: str, most: int = 1000) -> tuple[Found, ...]:
    """What `repoquery` found, as `name|version|summary`; each name once, sorted."""
    found = {}
    for line in text.splitlines():
        words = line.split("|", 2)
        if len(words) == 3 and words[0]:
            found[words[0]] = Found(words[0], words[1], words[2][:200])
    return tuple(found[name] for name in sorted(found)[:most])


def parse_locks(text: str) -> tuple[str, ...]:
    """Names of the packages that a list of versionlock holds (`labpkg-0:1.1-1.*`, yum 3: `0:labpkg-1.1-1.*`), sorted."""
    names = set()
    for line in text.splitlines():
        entry = line.partition("#")[0].strip()
        if entry and not entry.startswith("!") and (found := _LOCK_ENTRY.fullmatch(entry)):  # !: one version left out, not held
            names.add(found["name"])
    return tuple(sorted(names))


def parse_locks_toml(text: str) -> tuple[str, ...]:
    """The same of dnf5's versionlock.toml. A file that cannot be read holds nothing, as dnf5 has it."""
    import tomllib

    try:
        entries = tomllib.loads(text).get("packages", [])
    except tomllib.TOMLDecodeError:
        return ()
    if not isinstance(entries, list):
        return ()
    return tuple(sorted({entry["name"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("name"), str)}))


def parse_lock_place(conf: str) -> str | None:
    """Where versionlock.conf says the list is; None where it does not."""
    found = re.search(r"(?m)^\s*locklist\s*=\s*(/\S+)\s*$", conf)
    return found[1] if found else None


def is_locked(exitcode: int, output: str) -> bool:
    """Whether another program has the package system."""
    return exitcode == 200 or (exitcode != 0 and _LOCKED.search(output) is not None)


def is_unknown_command(output: str, command: str) -> bool:
    """Whether dnf lacks the plugin of a command."""
    return re.search(rf'(?i)(?:no such command: |unknown argument "|no such command ){re.escape(command)}', output) is not None


def failure_of(exitcode: int, stdout: str, stderr: str) -> str | None:
    """Why it failed, in dnf's words; None where it did not. A scriptlet that failed is a failure, although dnf ends with 0."""
    scriptlets = _SCRIPTLET.findall(f"{stderr}\n{stdout}")
    if exitcode == 0 and not scriptlets:
        return None
    said = [line for line in stderr.splitlines() if not _NOISE.fullmatch(line)]
    said += [line for line in stdout.splitlines() if line.startswith(("error:", "Error:")) or _SCRIPTLET.fullmatch(line)]
    if not said:
        said = [line for line in stdout.splitlines() if not _NOISE.fullmatch(line)][-_LAST_LINES:]
    return "\n".join(_unblamed(said)).strip()[:MAX_FAILURE] or f"dnf ended with exit code {exitcode} and said nothing"


def unreadable_repositories(stdout: str, stderr: str) -> str | None:
    """What dnf says of repositories that it passed over; None where it passed over none."""
    lines = list(dict.fromkeys(line.strip() for line in _IGNORED.findall(f"{stderr}\n{stdout}")))
    return "\n".join(lines)[:MAX_FAILURE] or None


def unmatched(stdout: str, stderr: str) -> str | None:
    """What dnf says of packages that it does not know or that are not installed, where it goes on with the others; None for none."""
    lines = list(dict.fromkeys(line.strip() for line in _NO_MATCH.findall(f"{stdout}\n{stderr}")))
    return "\n".join(lines)[:MAX_FAILURE] or None


def _rows(text: str) -> Iterator[str]:
    """The lines of a table; a name too long for its column stands on a line of its own and is joined with the next."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        while len(line.split()) in (1, 2) and at < len(lines) and lines[at].startswith("   ") and not line.rstrip().endswith(":"):
            if _REPLACING.fullmatch(lines[at]):
                break
            line = f"{line.rstrip()} {lines[at].strip()}"
            at += 1
        yield line


def _change(action: str, line: str) -> Change | None:
    words = line.split()
    if len(words) < 4 or not _EVR.fullmatch(words[2]):
        return None
    name, arch, version, repo = words[:4]
    if action == "remove":
        return Change(action, name, version, "", arch)
    return Change(action, name, "", version, arch, repo)


def _note_replaced(changes: list[Change], replaced: "re.Match[str]") -> None:
    """`replacing  old.noarch 2.0-3`: another package goes for the one above; in dnf5 also that one's old version."""
    name, arch, version = _named(replaced)
    if changes and changes[-1].name == name:
        last = changes[-1]
        changes[-1] = Change(last.action, last.name, version, last.new, last.arch, last.repo)
    else:
        changes.append(Change("remove", name, version, "", arch))


def _named(replaced: "re.Match[str]") -> tuple[str, str, str]:
    words = replaced[0].split()[1:]
    if len(words) >= 3 and _EVR.fullmatch(words[2]):  # dnf5: name arch version repo size
        return words[0], words[1], words[2]
    name, _, arch = words[0].rpartition(".")
    return name or arch, arch if name else "", words[1]


def _unblamed(lines: Sequence[str]) -> list[str]:
    """The lines once each, without the bare `Error:` before the ones that say which."""
    return list(dict.fromkeys(line.rstrip() for line in lines if line.strip() not in ("Error:", "")))


def parse_needs_reboot(exitcode: int, text: str) -> Restarts:
    """What `needs-restarting -r` says: exit code 1 is also that of a dnf without the plugin, so its words decide."""
    if "Reboot is required" in text:
        return Restarts(
            True, tuple(f"{line.strip().lstrip('* ')} was updated" for line in text.splitlines() if line.startswith("  * "))
        )
    return Restarts(False if exitcode == 0 and "should not be necessary" in text else None)
