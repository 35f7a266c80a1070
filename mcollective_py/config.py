"""server.cfg and client.cfg: the historic `key = value` format, read strictly; every value is checked when the file is read."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from .errors import ConfigError
from .names import is_agent, is_collective, is_identity
from .settings import IGNORED, SETTINGS, Setting

_MAX_BYTES = 1 << 20  # the largest real files seen have 20 KB
_FLAGS = dict.fromkeys(("1", "y", "yes", "t", "true"), True) | dict.fromkeys(("0", "n", "no", "f", "false"), False)
_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_FRACTION = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9_.\-]{1,200}", re.ASCII)
_SECRET_WORD = re.compile(r"password|secret|psk|passphrase|token", re.IGNORECASE)
_USERINFO = re.compile(r"://[^/@\s]+@")
_SECRET_ARGUMENT = re.compile(r"([?&;][^=&;\s]*(?:password|secret|psk|passphrase|token)[^=&;\s]*=)[^&;\s]+", re.IGNORECASE)
_EXAMPLES = frozenset({"unset", "changeme", "marionette", "secret", ""})  # passwords that everybody knows: CVE-2014-0175
_RUBY_PROVIDERS = frozenset({"psk", "ssl", "aes_security", "sshkey"})
_REPEATABLE = frozenset({"paths", "lines"})
_BY_KEY = {setting.key: setting for setting in SETTINGS}


def find_setting(key: str) -> Setting | None:
    """The row that declares a key, `plugin.activemq.pool.2.host` by its pattern; None for one that no row declares."""
    if (row := _BY_KEY.get(key)) is not None:
        return row
    if key.startswith("plugin.") and key.endswith(".activate_agent"):
        return _BY_KEY["plugin.NAME.activate_agent"]
    return _BY_KEY.get(".".join("N" if word.isdecimal() else word for word in key.split(".")))


def places(side: str, home: Path | None, etc: Path = Path("/etc")) -> tuple[Path, ...]:
    """Where a side's file is looked for, in order; a server never reads one from a home."""
    shared = tuple(etc / folder / "mcollective" / f"{side}.cfg" for folder in ("puppetlabs", ""))
    return (home / ".mcollective", *shared) if side == "client" and home else shared


class Config:
    """The settings of one file and its plugin.d, over the defaults. Read only.

    Keys are the full historic names (`plugin.activemq.pool.1.ssl.ca`). Asking for a key that no row declares and that does not
    begin with `plugin.` is a KeyError. file: where it was read from, None for bare defaults. warnings: sentences for the operator.
    """

    def __init__(
        self, values: Mapping[str, tuple[str, ...]], *, side: str, file: str | None, home: Path | None, warnings: tuple[str, ...]
    ) -> None:
        self._values = dict(values)
        self._home = home
        self.side, self.file, self.warnings = side, file, warnings

    @classmethod
    def from_text(
        cls,
        text: str,
        side: str = "server",
        file: str | None = None,
        home: Path | None = None,
        plugins: Mapping[str, str] | None = None,
    ) -> "Config":
        """Read a file's text; plugins: file name of plugin.d -> text. Raises ConfigError naming file, line, key and what would do."""
        reader = _Reader(side, file)
        reader.read(text, file)
        for path, content in (plugins or {}).items():
            reader.read(content, path, plugin=Path(path).stem)
        reader.check()
        return cls(reader.values, side=side, file=file, home=home, warnings=tuple(reader.warnings))

    @classmethod
    def from_file(cls, path: str | Path, side: str, home: Path | None = None) -> "Config":
        """Read a file and the plugin.d beside it."""
        path = Path(path)
        text, mode = _read(path, side)
        notes: list[str] = []
        plugins: dict[str, str] = {}
        folder = path.parent / "plugin.d"
        for extra in sorted(folder.glob("*.cfg")) if folder.is_dir() else ():
            if not is_agent(extra.stem):
                notes.append(f"{extra}: not read: the name of a plugin is lower case letters, digits and _")
                continue
            try:
                plugins[str(extra)] = _read(extra, side)[0]
            except ConfigError as error:
                if side == "server":
                    raise
                notes.append(f"{error}: not read")  # a user need not see what concerns root
        config = cls.from_text(text, side, str(path), home or _home(os.environ), plugins)
        if mode & stat.S_IROTH and (secret := next((key for key in config._values if _is_secret(key)), None)):
            notes.append(f"{path}: every user of this machine can read {secret}: chmod 0640 {path}")
        config.warnings += tuple(notes)
        return config

    @classmethod
    def find(
        cls,
        side: str,
        explicit: str | Path | None = None,
        environ: Mapping[str, str] | None = None,
        home: Path | None = None,
        etc: Path = Path("/etc"),
    ) -> "Config":
        """The file given, else the first that exists of the historic places.

        With none of them a client gets the defaults and a warning that says so, a server a ConfigError.
        """
        home = home or _home(os.environ if environ is None else environ)
        if explicit is not None:
            return cls.from_file(explicit, side, home)
        looked = places(side, home, etc)
        for path in looked:
            if path.exists():
                return cls.from_file(path, side, home)
        listed = ", ".join(str(path) for path in looked)
        if side == "server":
            raise ConfigError(f"no configuration file: write one of {listed}, or name one with --config")
        note = f"no configuration file: looked for {listed}; the defaults know no broker. Try `mco demo`, or name a file with --config"
        return cls({}, side=side, file=None, home=home, warnings=(note,))

    @staticmethod
    def settings() -> tuple[Setting, ...]:
        """Every setting there is."""
        return SETTINGS

    # --- one setting ----------------------------------------------------------------------------------------------------

    def is_set(self, key: str) -> bool:
        """Whether the file says it, rather than the default."""
        return key in self._values

    def text(self, key: str) -> str | None:
        """The value as written, else the default; several lines of a repeatable setting are joined as one line would have them."""
        row = find_setting(key)
        if row is None and not key.startswith("plugin."):
            raise KeyError(f"{key} is no setting; add it to settings.py")
        if key in self._values:
            return (":" if row is not None and row.type == "paths" else "\n").join(self._values[key])
        if key == "main_collective":
            return self.items("collectives")[0]
        if key == "registration_collective":
            return self.text("main_collective")
        return row.default if row else None

    def number(self, key: str) -> int:
        """A whole number. KeyError where neither file nor default gives one."""
        return int(_checked(self._required(key), _WHOLE, key, "a whole number"))

    def seconds(self, key: str) -> float:
        """A time in seconds. KeyError where neither file nor default gives one."""
        return float(_checked(self._required(key), _FRACTION, key, "a number of seconds"))

    def flag(self, key: str) -> bool:
        """Yes or no. KeyError where neither file nor default gives one."""
        value = _FLAGS.get(self._required(key).lower())
        if value is None:
            raise ConfigError("must be true or false", key=key)
        return value

    def items(self, key: str) -> tuple[str, ...]:
        """The single values of a list, empty where there is none."""
        row, text = find_setting(key), self.text(key)
        return _split(row.type if row else "items", text) if text else ()

    def path(self, key: str) -> Path | None:
        """A path, the first of several, None where there is none; `~/` is the home of who runs this."""
        row, text = find_setting(key), self.text(key)
        if not text:
            return None
        return self._expand(_split(row.type, text)[0] if row and row.type in ("paths", "items") else text, key)

    def paths(self, key: str) -> tuple[Path, ...]:
        """All paths of a list."""
        return tuple(self._expand(item, key) for item in self.items(key))

    def plugin(self, name: str) -> dict[str, str]:
        """What the file says about one plugin: `plugin.NAME.x` as x, `plugin.NAME` itself as "". Defaults are not in it."""
        own, prefix = f"plugin.{name}", f"plugin.{name}."
        found = {key[len(prefix) :]: str(self.text(key)) for key in self._values if key.startswith(prefix)}
        return found | ({"": str(self.text(own))} if own in self._values else {})

    def redacted(self, key: str) -> str | None:
        """The value as it may be shown: *** in place of secrets, and of names and passwords within addresses."""
        text = self.text(key)
        if text is None:
            return None
        if _is_secret(key) or "-----BEGIN" in text:
            return "***"
        return _SECRET_ARGUMENT.sub(r"\1***", _USERINFO.sub("://***@", text))

    def keys(self) -> tuple[str, ...]:
        """Every key that the file sets, sorted."""
        return tuple(sorted(self._values))

    def _required(self, key: str) -> str:
        text = self.text(key)
        if text is None:
            raise KeyError(f"{key} has no default: ask is_set first")
        return text

    def _expand(self, text: str, key: str) -> Path:
        if text == "~" or text.startswith("~/"):
            if self._home is None:
                raise ConfigError("~ stands for no home here: write the whole path", file=self.file, key=key)
            return self._home / text[2:]
        return Path(text)


class _Reader:
    """Collects the values of one file and its plugin.d, each with its place, then checks them."""

    def __init__(self, side: str, file: str | None) -> None:
        self.side, self.file = side, file
        self.values: dict[str, tuple[str, ...]] = {}
        self.warnings: list[str] = []
        self.origin: dict[str, tuple[str | None, int]] = {}

    def read(self, text: str, file: str | None, plugin: str | None = None) -> None:
        """Take the lines of one file; plugin: whose plugin.d file it is, so that bare keys are its own."""
        for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            key, equals, value = (part.strip() for part in line.partition("="))
            if "\0" in line or not equals or _KEY.fullmatch(key) is None:
                raise ConfigError("not a setting: a line is `key = value`, or a comment that begins with #", file=file, line=number)
            if plugin is not None and key != f"plugin.{plugin}" and not key.startswith("plugin."):
                key = f"plugin.{plugin}.{key}"
            self._take(key, value, file, number)

    def _take(self, key: str, value: str, file: str | None, line: int) -> None:
        row = find_setting(key)
        if row is None:
            self._undeclared(key, file, line)
            if key in IGNORED:
                return
        elif not value and row.type == "text" and not row.secret:
            self.warnings.append(f"{_place(file, line)}: {key} has no value and is not read")  # as Ruby does
            return
        elif row.type in _REPEATABLE and key in self.values and self.origin[key][0] == file:
            value = _judged(row, key, value, file, line)
            self.values[key] += (value,)
            return
        else:
            value = _judged(row, key, value, file, line)
            if key in self.values:
                self.warnings.append(f"{_place(file, line)}: {key} overrides {_place(*self.origin[key])}")
        self.values[key] = (value,)
        self.origin[key] = (file, line)

    def _undeclared(self, key: str, file: str | None, line: int) -> None:
        """A key that no row declares: ignored, foreign or free-form pass, an unknown core key does not."""
        if key in IGNORED:
            self.warnings.append(f"{_place(file, line)}: {key} has no effect any more: remove the line")
        elif not key.startswith("plugin."):
            raise ConfigError(f"no such setting{_nearest(key)}", file=file, line=line, key=key)
        elif _family(key) in _FAMILIES:
            self.warnings.append(f"{_place(file, line)}: {key} is not known to mcollective_py and has no effect{_nearest(key)}")

    def check(self) -> None:
        """What only the whole file can tell."""
        self._check_names()
        self._check_pool(self._value("connector"))
        provider = self._value("securityprovider")
        if provider == "psk" and "plugin.psk" in self.values:
            self._refuse_example("plugin.psk", "plugin.psk = (32 random characters, the same on every host and client)")
        self._warn_of_ruby_defaults(provider)

    def _value(self, key: str) -> str:
        return (self.values.get(key) or (_BY_KEY[key].default or "",))[0]

    def _fail(self, problem: str, key: str) -> ConfigError:
        file, line = self.origin.get(key, (self.file, None))
        return ConfigError(problem, file=file, line=line, key=key)

    def _check_names(self) -> None:
        collectives = _split("items", self._value("collectives"))
        for name in collectives:
            if not is_collective(name):
                raise self._fail(f"{name!r} is no name of a collective: letters, digits, _ and - only", "collectives")
        for key in ("main_collective", "registration_collective"):
            if key in self.values and self._value(key) not in collectives:
                raise self._fail(f"{self._value(key)!r} is not one of collectives ({', '.join(collectives)})", key)
        if "identity" in self.values and not is_identity(self._value("identity")):
            raise self._fail("a host's name has letters, digits, _ . and - only, at most 255", "identity")

    def _check_pool(self, family: str) -> None:
        """The brokers of the connector in use: all there, none with a password that everybody knows."""
        prefix = f"plugin.{family}.pool."
        entries = [key for key in self.values if key.startswith(prefix) and key != f"{prefix}size"]
        if entries and f"{prefix}size" not in self.values:
            raise self._fail(f"how many brokers? write `{prefix}size = 1`", f"{prefix}size")
        size = int((self.values.get(f"{prefix}size") or ("0",))[0])
        for number in range(1, size + 1):
            if f"{prefix}{number}.host" not in self.values:
                problem = f"broker {number} of {size} has no host: write `{prefix}{number}.host = NAME`"
                raise self._fail(problem, f"{prefix}{number}.host")
        for key in entries:
            if key.endswith(".password"):
                self._refuse_example(key, f"{key} = (the broker's password for this user)")
            elif key.endswith(".ssl.fallback") and _FLAGS[self.values[key][0].lower()]:
                self.warnings.append(f"{_place(*self.origin[key])}: {key} has no effect: TLS without verification is not done here")
            number_text = key[len(prefix) :].split(".")[0]
            if number_text.isdecimal() and int(number_text) > size and key.endswith(".host"):
                self.warnings.append(f"{_place(*self.origin[key])}: {key} is not used: {prefix}size is {size}")

    def _refuse_example(self, key: str, line: str) -> None:
        if self.values[key][0].lower() in _EXAMPLES:
            raise self._fail(f"an example or empty value, which everybody knows: write `{line}`", key)

    def _warn_of_ruby_defaults(self, provider: str) -> None:
        """A file from Ruby that says nothing where our default is another gets told."""
        where = self.file or "configuration"
        if "securityprovider" not in self.values and "plugin.psk" in self.values:
            self.warnings.append(
                f"{where}: securityprovider is not set; Ruby took psk, here it is x509: "
                "write `securityprovider = psk` to go on with psk"
            )
        historic = provider in _RUBY_PROVIDERS or "plugin.psk" in self.values
        if self.side == "server" and historic and "rpcauthorization" not in self.values:
            self.warnings.append(
                f"{where}: rpcauthorization is not set; Ruby took 0 (everything allowed), here it is 1 (what a policy allows): "
                "write policy files and `rpcauthorization = 1`, or `rpcauthorization = 0` to go on as before"
            )
        for key in ("plugin.aes.insecure_learning",):
            if key in self.values and _FLAGS[self.values[key][0].lower()]:
                self.warnings.append(f"{_place(*self.origin[key])}: {key} has no effect: unsigned keys are never learnt")


def _family(key: str) -> str:
    """The plugin a key belongs to; `plugin.ssl_server_public` is historic spelling for the family ssl."""
    name = key.split(".")[1]
    return "ssl" if name.startswith("ssl_") else name


_FAMILIES = frozenset(_family(row.key) for row in SETTINGS if row.key.startswith("plugin.")) - {"NAME", "rpc", "discovery"}


def _judged(row: Setting, key: str, value: str, file: str | None, line: int) -> str:
    """The value, if it is one of the row's type; else ConfigError with what would do."""

    def no(problem: str) -> ConfigError:
        return ConfigError(problem, file=file, line=line, key=key)

    if row.type == "flag" and value.lower() not in _FLAGS:
        raise no(f"{_shown(row, value)} is neither true nor false: write one of 1, y, yes, t, true or 0, n, no, f, false")
    if row.type in ("number", "seconds"):
        whole = row.type == "number"
        if (_WHOLE if whole else _FRACTION).fullmatch(value) is None:
            raise no(f"{value!r} is no {'whole number' if whole else 'number of seconds'}: write for example {row.default or 1}")
        if (row.least is not None and float(value) < row.least) or (row.most is not None and float(value) > row.most):
            raise no(f"{value} is out of range: {_range(row)}")
    if row.choices and value.lower() not in row.choices:
        raise no(f"{value!r} is none of {', '.join(row.choices)}")
    if row.choices:
        return value.lower()
    if row.type in ("path", "paths"):
        for path in _split(row.type, value) or ("",):
            if not path.startswith(("/", "~/")):
                raise no(f"{path!r} is no whole path: begin it with /")
    return value


def _range(row: Setting) -> str:
    bounds = [f"{word} {bound:g}" for word, bound in (("at least", row.least), ("at most", row.most)) if bound is not None]
    return " and ".join(bounds) + (f" {row.unit}" if row.unit else "")


def _shown(row: Setting, value: str) -> str:
    return "the value" if row.secret else repr(value)


def _split(type: str, text: str) -> tuple[str, ...]:
    if type == "items":
        return tuple(word for word in re.split(r"[,\s]+", text) if word)
    if type == "paths":
        return tuple(word for word in (part.strip() for part in text.split(":")) if word)
    return tuple(text.split("\n")) if type == "lines" else (text,)


def _checked(text: str, shape: re.Pattern[str], key: str, what: str) -> str:
    if shape.fullmatch(text) is None:
        raise ConfigError(f"must be {what}", key=key)
    return text


def _is_secret(key: str) -> bool:
    """Whether a value must not be shown: declared so, or, where nothing is declared, named so."""
    row = find_setting(key)
    return row.secret if row is not None else _SECRET_WORD.search(key) is not None


def _nearest(key: str) -> str:
    """`; nearest: X` or nothing."""
    from difflib import get_close_matches  # 4 ms, and only ever for a mistake

    numbers = [word for word in key.split(".") if word.isdecimal()]
    pattern = ".".join("N" if word.isdecimal() else word for word in key.split("."))
    found = get_close_matches(pattern, [*_BY_KEY, *IGNORED], n=1, cutoff=0.6)
    if not found:
        return ""
    filled = ".".join(numbers.pop(0) if word == "N" and numbers else word for word in found[0].split("."))
    return f"; the nearest is {filled}"


def _place(file: str | None, line: int | None) -> str:
    return ":".join(str(part) for part in (file, line) if part is not None) or "configuration"


def _home(environ: Mapping[str, str]) -> Path | None:
    home = environ.get("HOME", "")
    return Path(home) if home.startswith("/") else None


def _read(path: Path, side: str) -> tuple[str, int]:
    """Text and mode of a file; ConfigError for one that is missing, unreadable, no regular file, too large or no text."""
    name = str(path)
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:  # a FIFO must not hang us
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ConfigError("is not a regular file", file=name)
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=name) from error
    if side == "server" and found.st_mode & stat.S_IWOTH:
        raise ConfigError(f"every user of this machine can write it: chmod 0640 {name}", file=name)
    if len(content) > _MAX_BYTES:
        raise ConfigError(f"is larger than {_MAX_BYTES} bytes, which no configuration is", file=name)
    try:
        return content.decode(), found.st_mode
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text", file=name, line=content.count(b"\n", 0, error.start) + 1) from error
