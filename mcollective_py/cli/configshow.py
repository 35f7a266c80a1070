"""`mco config show`: the settings of a file and its plugin.d, and the defaults of those it leaves out; secrets are never shown."""

import argparse
import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from ..config import Config
from ..errors import UsageError
from ..settings import SETTINGS, find_setting
from .inert import inert
from .session import print_json, remark


class Shown(NamedTuple):
    """One setting. value: as it may be shown, None where there is none. file, line: where it is set; None for a default."""

    key: str
    value: str | None
    file: str | None
    line: int | None
    is_set: bool
    help: str

    @property
    def origin(self) -> str:
        """In words."""
        return f"{self.file}:{self.line}" if self.is_set else "default"


def show(options: argparse.Namespace) -> int:
    """Print the settings that a pattern means. Raises UsageError for a pattern that is none, and where nothing matches."""
    words = list(options.files)
    # A path has a slash, which no key has; what has none is a pattern even where a file of that name stands.
    pattern = words.pop(0) if words and "/" not in words[0] else None
    files = [*([options.config] if options.config else []), *words]
    if len(files) > 1:
        raise UsageError("one file at a time: mco config show [REGEX] [FILE]")
    side = options.side or ("server" if files and "server" in os.path.basename(files[0]) else "client")  # noqa: PTH119  any text
    config = Config.find(side, files[0] if files else None)
    for warning in config.warnings:
        remark(warning)
    try:
        found = list(shown(config, pattern, has_defaults=options.all or pattern is not None))
    except re.error as error:
        raise UsageError(f"{pattern!r} is no regular expression: {error}") from error
    if not found:
        what = "nothing is set there: -a shows the defaults" if pattern is None else f"no setting matches {pattern!r}"
        raise UsageError(f"{config.file or 'no file'}: {what}")
    if options.json:
        rows = [{"key": one.key, "value": one.value, "set": one.is_set, "file": one.file, "line": one.line} for one in found]
        print_json({"file": config.file, "side": side, "settings": rows})
        return 0
    print("\n".join(lines(found, has_origin=options.origin, is_verbose=options.verbose)))
    return 0


def shown(config: Config, pattern: str | None = None, *, has_defaults: bool = False) -> Iterator[Shown]:
    """The settings whose key matches, sorted: those that are set, and the defaults of the side's others. Raises re.error."""
    wanted = re.compile(pattern or "", re.IGNORECASE)
    own = (row.key for row in SETTINGS if row.side in ("both", config.side)) if has_defaults else ()
    for key in sorted({*config.keys(), *own}):
        if not wanted.search(key):
            continue
        row, place = find_setting(key), config.origin(key)
        is_template = ".N." in key or ".NAME." in key
        value = (row.default if row else None) if is_template else config.redacted(key)
        file, line = place or (None, None)
        yield Shown(key, value, file, line, config.is_set(key), row.help if row else "")


def lines(found: list[Shown], *, has_origin: bool = False, is_verbose: bool = False) -> Iterator[str]:
    """As they could stand in a file; what follows a # is said of them."""
    width = max(len(_assignment(one)) for one in found) if has_origin else 0
    for one in found:
        if is_verbose and one.help:
            yield f"# {one.help}"
        text = _assignment(one)
        yield inert(f"{text:<{min(width, 60)}}  # {one.origin}" if has_origin else text)


def _assignment(one: Shown) -> str:
    value = "" if one.value is None else one.value.replace("\n", ", ")
    return f"{'' if one.is_set else '#'}{one.key} = {value}".rstrip()
