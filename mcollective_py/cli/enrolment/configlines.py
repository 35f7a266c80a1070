"""Settings put into the text of a configuration file, all else left as it is; pure."""

from collections.abc import Mapping


def with_settings(text: str, settings: Mapping[str, str]) -> str:
    """The text with these keys set, each where its last line stands now, else at the end; other lines of the same key go.

    Keys are matched as the reader has them: a line is `key = value`, blanks around both count for nothing.
    """
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    last = {_key(line): number for number, line in enumerate(lines)}
    kept = []
    for number, line in enumerate(lines):
        key = _key(line)
        if key not in settings:
            kept.append(line)
        elif last[key] == number:
            kept.append(f"{key} = {settings[key]}")
    kept += [f"{key} = {value}" for key, value in settings.items() if key not in last]
    return "".join(f"{line}\n" for line in kept)


def value_of(text: str, key: str) -> str | None:
    """The value of a key's last line, whatever else is wrong with the text; None where there is none."""
    values = [line.partition("=")[2].strip() for line in text.split("\n") if _key(line) == key]
    return values[-1] if values else None


def _key(line: str) -> str:
    """The key of a line, empty for a comment."""
    stripped = line.removeprefix("\ufeff").strip()
    return "" if stripped.startswith("#") or "=" not in stripped else stripped.partition("=")[0].strip()
