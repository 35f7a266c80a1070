"""server.cfg and client.cfg: the historic `key = value` format, read strictly; every value is checked when the file is read."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from .configfile import Reader, read_text
from .errors import ConfigError
from .names import is_agent
from .settings import FLAGS, FRACTION, HIDDEN_WORDS, WHOLE, find_setting, is_secret, split_value


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
        self,
        values: Mapping[str, tuple[str, ...]],
        *,
        side: str,
        file: str | None,
        home: Path | None,
        warnings: tuple[str, ...],
        origin: Mapping[str, tuple[str | None, int]] | None = None,
    ) -> None:
        self._values = dict(values)
        self._origin = dict(origin or {})
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
        reader = _read(Reader(side, file), text, plugins or {})
        if reader.problems:
            raise reader.problems[0]
        return cls._of_reader(reader, home)

    @classmethod
    def _of_reader(cls, reader: Reader, home: Path | None) -> "Config":
        return cls(reader.values, side=reader.side, file=reader.file, home=home, warnings=tuple(reader.warnings), origin=reader.origin)

    @classmethod
    def from_file(cls, path: str | Path, side: str, home: Path | None = None) -> "Config":
        """Read a file and the plugin.d beside it. Raises ConfigError for the first thing that is wrong."""
        config, problems = cls.examine(path, side, home)
        if problems:
            raise problems[0]
        return config

    @classmethod
    def examine(cls, path: str | Path, side: str, home: Path | None = None) -> tuple["Config", tuple[ConfigError, ...]]:
        """As from_file, whatever is wrong: the settings that could be read, and why the others could not.

        Raises ConfigError where the file itself cannot be read.
        """
        path = Path(path)
        text, mode = read_text(path, side)
        reader = Reader(side, str(path))
        notes: list[str] = []
        plugins: dict[str, str] = {}
        folder = path.parent / "plugin.d"
        for extra in sorted(folder.glob("*.cfg")) if folder.is_dir() else ():
            if not is_agent(extra.stem):
                notes.append(f"{extra}: not read: the name of a plugin is lower case letters, digits and _")
                continue
            try:
                plugins[str(extra)] = read_text(extra, side)[0]
            except ConfigError as error:
                if side == "server":
                    reader.refuse(error)
                else:
                    notes.append(f"{error}: not read")  # a user need not see what concerns root
        config = cls._of_reader(_read(reader, text, plugins), home or _home(os.environ))
        if mode & stat.S_IROTH and (secret := next((key for key in config._values if is_secret(key)), None)):
            notes.append(f"{path}: every user of this machine can read {secret}: chmod 0640 {path}")
        config.warnings += tuple(notes)
        return config, tuple(reader.problems)

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

    # --- one setting ----------------------------------------------------------------------------------------------------

    def is_set(self, key: str) -> bool:
        """Whether the file says it, rather than the default."""
        return key in self._values

    def origin(self, key: str) -> tuple[str | None, int] | None:
        """File and line of what is set (the last line, of a setting that may be repeated); None for a default."""
        return self._origin.get(key) if key in self._values else None

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

    def word(self, key: str) -> str:
        """The value as written, else the default. KeyError where neither gives one."""
        text = self.text(key)
        if text is None:
            raise KeyError(f"{key} has no default: ask is_set first")
        return text

    def number(self, key: str) -> int:
        """A whole number. KeyError where neither file nor default gives one."""
        return int(_checked(self.word(key), WHOLE, key, "a whole number"))

    def seconds(self, key: str) -> float:
        """A time in seconds. KeyError where neither file nor default gives one."""
        return float(_checked(self.word(key), FRACTION, key, "a number of seconds"))

    def flag(self, key: str) -> bool:
        """Yes or no. KeyError where neither file nor default gives one."""
        value = FLAGS.get(self.word(key).lower())
        if value is None:
            raise ConfigError("must be true or false", key=key)
        return value

    def items(self, key: str) -> tuple[str, ...]:
        """The single values of a list, empty where there is none."""
        row, text = find_setting(key), self.text(key)
        return split_value(row.type if row else "items", text) if text else ()

    def path(self, key: str) -> Path | None:
        """A path, the first of several, None where there is none; `~/` is the home of who runs this."""
        row, text = find_setting(key), self.text(key)
        if not text:
            return None
        return self._expand(split_value(row.type, text)[0] if row and row.type in ("paths", "items") else text, key)

    def paths(self, key: str) -> tuple[Path, ...]:
        """All paths of a list."""
        return tuple(self._expand(item, key) for item in self.items(key))

    def plugin(self, name: str) -> dict[str, str]:
        """What the file says about one plugin: `plugin.NAME.x` as x, `plugin.NAME` itself as "". Defaults are not in it."""
        own, prefix = f"plugin.{name}", f"plugin.{name}."
        found = {key[len(prefix) :]: str(self.text(key)) for key in self._values if key.startswith(prefix)}
        return found | ({"": str(self.text(own))} if own in self._values else {})

    def redacted(self, key: str) -> str | None:
        """The value as it may be shown: *** in place of secrets, and of names and passwords within addresses.

        A plugin's setting that no row declares is *** too: nobody has said that it is none.
        """
        row = find_setting(key)
        text = self.text(key) if row is not None or key in self._values else None
        if text is None:
            return None
        if row is None or is_secret(key) or "-----BEGIN" in text:
            return "***"
        text = re.sub(r"://\S*@", "://***@", text)
        return re.sub(rf"([?&;][^=&;\s]*(?:{HIDDEN_WORDS})[^=&;\s]*=)[^&;\s]+", r"\1***", text, flags=re.IGNORECASE)

    def keys(self) -> tuple[str, ...]:
        """Every key that the file sets, sorted."""
        return tuple(sorted(self._values))

    def _expand(self, text: str, key: str) -> Path:
        if text == "~" or text.startswith("~/"):
            if self._home is None:
                raise ConfigError("~ stands for no home here: write the whole path", file=self.file, key=key)
            return self._home / text[2:]
        return Path(text)


def _read(reader: Reader, text: str, plugins: Mapping[str, str]) -> Reader:
    """The reader, once it has read and checked a file's text and that of its plugin.d."""
    reader.read(text, reader.file)
    for path, content in plugins.items():
        reader.read(content, path, plugin=Path(path).stem)
    reader.check()
    return reader


def _checked(text: str, shape: re.Pattern[str], key: str, what: str) -> str:
    if shape.fullmatch(text) is None:
        raise ConfigError(f"must be {what}", key=key)
    return text


def _home(environ: Mapping[str, str]) -> Path | None:
    home = environ.get("HOME", "")
    return Path(home) if home.startswith("/") else None
