"""The text of a configuration file and its plugin.d -> checked values; a bad one names file, line, key and what would do."""

import os
import re
from pathlib import Path

from .errors import ConfigError, place
from .names import is_collective, is_identity
from .regularfile import UnusableFile, changeable_by_others, read_regular
from .settings import FLAGS, FRACTION, IGNORED, RUBY_PROVIDERS, SETTINGS, WHOLE, Setting, family, find_setting, nearest_key, split_value

_MAX_BYTES = 1 << 20  # the largest real files seen have 20 KB
_MAX_GUESSES = 50  # each takes some 5 ms: a large file of nothing but mistakes must not take minutes
_MAX_PROBLEMS = 100  # as many mistakes as anybody mends in one go
_KEY = re.compile(r"[A-Za-z0-9_.\-]{1,200}", re.ASCII)
EXAMPLE_SECRETS = frozenset({"unset", "changeme", "changemeplease", "marionette", "secret", ""})
"""Passwords and keys that everybody knows, in lower case: CVE-2014-0175."""

_REPEATABLE = frozenset({"paths", "lines"})


class Reader:
    """Collects the values of one file and its plugin.d, each with its place, then checks them.

    problems: what is wrong, one for each line or key; a value that cannot be used is not among the values.
    """

    def __init__(self, side: str, file: str | None) -> None:
        self.side, self.file = side, file
        self.values: dict[str, tuple[str, ...]] = {}
        self.warnings: list[str] = []
        self.problems: list[ConfigError] = []
        self.origin: dict[str, tuple[str | None, int]] = {}
        self._guesses = 0

    def read(self, text: str, file: str | None, plugin: str | None = None) -> None:
        """Take the lines of one file; plugin: whose plugin.d file it is, so that bare keys are its own."""
        for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            key, equals, value = (part.strip() for part in line.partition("="))
            if "\0" in line or not equals or _KEY.fullmatch(key) is None:
                problem = "not a setting: a line is `key = value`, or a comment that begins with #"
                self.refuse(ConfigError(problem, file=file, line=number))
                continue
            if plugin is not None and key != f"plugin.{plugin}" and not key.startswith("plugin."):
                key = f"plugin.{plugin}.{key}"
            try:
                self._take(key, value, file, number)
            except ConfigError as error:
                self.refuse(error)

    def refuse(self, error: ConfigError) -> None:
        """Note what is wrong; of a key that has been refused already the first reason is enough."""
        if len(self.problems) < _MAX_PROBLEMS and (error.key is None or error.key not in {known.key for known in self.problems}):
            self.problems.append(error)

    def _take(self, key: str, value: str, file: str | None, line: int) -> None:
        row = find_setting(key)
        if row is None:
            self._undeclared(key, file, line)
            if key in IGNORED:
                return
        elif not value and row.type == "text" and not row.secret:
            self._warn((file, line), f"{key} has no value and is not read")  # as Ruby does
            return
        else:
            value = _judged(row, key, value, file, line)
        earlier = self.values.get(key, ())
        if row is not None and row.type in _REPEATABLE and earlier and self.origin[key][0] == file:
            self.values[key] = (*earlier, value)
            return
        if row is not None and row.idle and not row.is_default(value):
            self._warn((file, line), f"{key} has no effect: {row.idle}")
        if earlier:
            self._warn((file, line), f"{key} overrides {place(*self.origin[key])}")
        self.values[key] = (value,)
        self.origin[key] = (file, line)

    def _undeclared(self, key: str, file: str | None, line: int) -> None:
        """A key that no row declares: ignored, foreign or free-form pass, an unknown core key does not."""
        if key in IGNORED:
            self._warn((file, line), f"{key} has no effect any more: remove the line")
        elif not key.startswith("plugin."):
            raise ConfigError(f"no such setting{self._nearest(key)}", file=file, line=line, key=key)
        elif family(key) in _FAMILIES:
            self._warn((file, line), f"{key} is not known to mcollective_py and has no effect{self._nearest(key)}")

    def _nearest(self, key: str) -> str:
        # One line many times over is one problem, and still as many guesses.
        self._guesses += 1
        return nearest_key(key) if self._guesses <= _MAX_GUESSES else ""

    def _warn(self, where: tuple[str | None, int], text: str) -> None:
        self.warnings.append(f"{place(*where)}: {text}")

    def check(self) -> None:
        """What only the whole file can tell."""
        self._check_names()
        self._check_pool(self._value("connector"))
        provider = self._value("securityprovider")
        if provider == "psk" and "plugin.psk" in self.values and "MCOLLECTIVE_PSK" not in os.environ:  # which wins over the file
            self._refuse_example("plugin.psk", "plugin.psk = (32 random characters, the same on every host and client)")
        self._warn_of_ruby_defaults(provider)

    def _value(self, key: str) -> str:
        return (self.values.get(key) or (_default(key),))[0]

    def _fail(self, problem: str, key: str) -> None:
        file, line = self.origin.get(key, (self.file, None))
        self.refuse(ConfigError(problem, file=file, line=line, key=key))

    def _check_names(self) -> None:
        collectives = split_value("items", self._value("collectives"))
        if not collectives:
            self._fail("names none: write `collectives = mcollective`", "collectives")
        for name in collectives:
            if not is_collective(name):
                self._fail(f"{name!r} is no name of a collective: letters, digits, _ and - only", "collectives")
        for key in ("main_collective", "registration_collective"):
            if key in self.values and self._value(key) not in collectives:
                self._fail(f"{self._value(key)!r} is not one of collectives ({', '.join(collectives)})", key)
        if "identity" in self.values and not is_identity(self._value("identity")):
            self._fail("a host's name has letters, digits, _ . and - only, at most 255", "identity")

    def _check_pool(self, family: str) -> None:
        """The brokers of the connector in use: all there, none with a password that everybody knows."""
        prefix = f"plugin.{family}.pool."
        entries = [key for key in self.values if key.startswith(prefix) and key != f"{prefix}size"]
        if entries and f"{prefix}size" not in self.values:
            self._fail(f"how many brokers? write `{prefix}size = 1`", f"{prefix}size")
        size = int((self.values.get(f"{prefix}size") or ("0",))[0])
        for number in range(1, size + 1):
            if f"{prefix}{number}.host" not in self.values:
                problem = f"broker {number} of {size} has no host: write `{prefix}{number}.host = NAME`"
                self._fail(problem, f"{prefix}{number}.host")
        for key in entries:
            if key.endswith(".password"):
                self._refuse_example(key, f"{key} = (the broker's password for this user)")
            number_text = key[len(prefix) :].split(".")[0]
            if number_text.isdecimal() and int(number_text) > size and key.endswith(".host"):
                self._warn(self.origin[key], f"{key} is not used: {prefix}size is {size}")

    def _refuse_example(self, key: str, line: str) -> None:
        if self.values[key][0].lower() in EXAMPLE_SECRETS:
            self._fail(f"an example or empty value, which everybody knows: write `{line}`", key)

    def _warn_of_ruby_defaults(self, provider: str) -> None:
        """A file from Ruby that says nothing where our default is another gets told."""
        where = self.file or "configuration"
        if "securityprovider" not in self.values and "plugin.psk" in self.values:
            self.warnings.append(
                f"{where}: securityprovider is not set; Ruby took psk, here it is x509: "
                "write `securityprovider = psk` to go on with psk"
            )
        historic = provider in (*RUBY_PROVIDERS, "sshkey") or "plugin.psk" in self.values
        if self.side == "server" and historic and "rpcauthorization" not in self.values:
            self.warnings.append(
                f"{where}: rpcauthorization is not set; Ruby took 0 (everything allowed), here it is 1 (what a policy allows): "
                "write policy files and `rpcauthorization = 1`, or `rpcauthorization = 0` to go on as before"
            )


def _default(key: str) -> str:
    row = find_setting(key)
    return (row and row.default) or ""


_FAMILIES = frozenset(family(row.key) for row in SETTINGS if row.key.startswith("plugin.")) - {"NAME", "rpc", "discovery"}


def _judged(row: Setting, key: str, value: str, file: str | None, line: int) -> str:
    """The value, if it is one of the row's type; else ConfigError with what would do."""

    def no(problem: str) -> ConfigError:
        return ConfigError(problem, file=file, line=line, key=key)

    if row.type == "flag" and value.lower() not in FLAGS:
        raise no(f"{_shown(row, value)} is neither true nor false: write one of 1, y, yes, t, true or 0, n, no, f, false")
    if row.type in ("number", "seconds"):
        whole = row.type == "number"
        if (WHOLE if whole else FRACTION).fullmatch(value) is None:
            raise no(f"{value!r} is no {'whole number' if whole else 'number of seconds'}: write for example {row.default or 1}")
        if (row.least is not None and float(value) < row.least) or (row.most is not None and float(value) > row.most):
            raise no(f"{value} is out of range: {row.bounds}{f' {row.unit}' if row.unit else ''}")
    if row.choices and value.lower() not in row.choices:
        raise no(f"{value!r} is none of {', '.join(row.choices)}")
    if row.choices:
        return value.lower()
    if row.type in ("path", "paths"):
        for path in split_value(row.type, value) or ("",):
            if not path.startswith(("/", "~/")):
                raise no(f"{path!r} is no whole path: begin it with /")
    return value


def _shown(row: Setting, value: str) -> str:
    return "the value" if row.secret else repr(value)


def read_text(path: Path, side: str) -> tuple[str, int]:
    """Text and mode of a file; ConfigError for one that is missing, unreadable, no regular file, too large or no text."""
    name, mode = str(path), 0

    def judge(found: os.stat_result) -> None:
        nonlocal mode
        mode = found.st_mode
        if side == "server" and (reason := changeable_by_others(found, path)):
            raise ConfigError(reason, file=name)

    try:
        content, _ = read_regular(name, _MAX_BYTES, judge=judge)
    except UnusableFile as error:
        raise ConfigError(error.strerror, file=name) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=name) from error
    try:
        return content.decode(), mode
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text", file=name, line=content.count(b"\n", 0, error.start) + 1) from error
