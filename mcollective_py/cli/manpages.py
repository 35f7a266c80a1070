"""Manual pages, made from the same parsers as --help and the same table of settings as docs/configuration.md: `make reference`."""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from .. import __version__
from ..settings import SETTINGS, Setting
from .application import Application
from .commands import application_files, description_of, load_application
from .completion.scripts import FILES, SCRIPTS
from .options import parser_for

_MANUAL = "MCollective"
_DATE = "2026-11-23"  # of the last change of what the pages are made of that a reader would miss; not of the day they are written
_ALIKE = ("common options", "host filters", "hosts at a time", "output")

_ENVIRONMENT = {
    "MCOLLECTIVE_EXTRA_OPTS": "Options that stand before those given, on every command that has the common options.",
    "STOMP_USER, STOMP_PASSWORD": "Login at the broker, in place of the configured one.",
    "MCOLLECTIVE_PSK": "The shared key of the security plugin psk.",
    "MCOLLECTIVE_SSL_PRIVATE, MCOLLECTIVE_SSL_PUBLIC": "The client's keys of the security plugin ssl.",
    "MCOLLECTIVE_AES_PRIVATE, MCOLLECTIVE_AES_PUBLIC": "The client's keys of the security plugin aes_security.",
    "MCOLLECTIVE_ACTIVEMQ_POOLn_SSL_KEY, MCOLLECTIVE_ACTIVEMQ_POOLn_SSL_CERT": (
        "The key and the certificate shown to broker n; RABBITMQ in place of ACTIVEMQ for that connector."
    ),
    "XDG_CACHE_HOME": "Where known hosts and the outcomes of calls are kept, in a folder mcollective_py; else ~/.cache.",
    "NO_COLOR, CLICOLOR_FORCE": "No colours; colours also where the output is no terminal.",
}
_EXIT_STATUS = {
    "0": "All is well.",
    "1": "No host was found, or the command, its options or its configuration are wrong, or no broker could be reached.",
    "2": "At least one host failed.",
    "3": "Hosts were found, and none answered.",
    "4": "Hosts were named, and none answered.",
    "130": "Interrupted.",
    "141": "Who read the output has gone.",
    "5, 64, 69, 77, 78": "With --strict: some hosts silent, wrong usage, no broker, all denied, wrong configuration.",
}
_FILES = {
    "~/.mcollective": "The user's configuration.",
    "/etc/puppetlabs/mcollective/client.cfg, /etc/mcollective/client.cfg": "The machine's, where the user has none.",
}

_SIGNALS = {
    "TERM, INT": "Stops when running actions have ended; a second one cuts them.",
    "HUP": "Reads the configuration and what it points to again; a bad one is refused, and the old one goes on.",
    "USR1": "Reads again what the configuration points to: agents, facts, policies.",
    "USR2": "Takes the next log level.",
    "WINCH": "Opens the log files again.",
}
_OF_FILES = """A line is "key = value"; a line that begins with # is a comment. plugin.NAME.key is the setting key of the plugin NAME;
in plugin.d/NAME.cfg, beside the file, just key. In a key N stands for the number of a broker, counted from 1, and NAME for an agent.
"mco config check" judges a file, "mco config show" says what is set."""


def mco_page(files: dict[str, str]) -> str:
    """mco.1: the commands there are, and what they have in common. files: name of each command -> its source."""
    commands = [(f"mco {name}", description_of(file)) for name, file in sorted(files.items())]
    return _page(
        ("mco", 1, "ask and command the hosts of a collective"),
        ("SYNOPSIS", [".B mco", ".I COMMAND", "[options] [filters]", ".br", ".B mco help", "[\\fICOMMAND\\fR]"]),
        ("DESCRIPTION", [_text("Publishes one signed request that every matching host answers. Each command has a page of its own.")]),
        ("COMMANDS", _listed(commands)),
        ("EXIT STATUS", _listed(_EXIT_STATUS.items())),
        ("ENVIRONMENT", _listed(_ENVIRONMENT.items())),
        ("FILES", _listed(_FILES.items())),
        ("SEE ALSO", [_see(*(f"mco-{name}(1)" for name in sorted(files)), "mcollective-client.cfg(5)", "mcollectived(8)")]),
    )


def command_page(name: str, application: Application) -> str:
    """mco-NAME.1."""
    parser = parser_for(name, application)
    what = application.description[:1].lower() + application.description[1:]
    about = type(application).__doc__ or application.description
    return _page(
        (f"mco-{name}", 1, what),
        ("SYNOPSIS", _synopsis(f"mco {name}", "[options]", application.usage)),
        ("DESCRIPTION", [_text(f"{application.description}."), ".PP", _text(about)]),
        *_options(parser),
        ("EXIT STATUS", [_text("As those of mco(1); docs/exit-codes.md has them all.")]),
        ("SEE ALSO", [_see("mco(1)", "mcollective-client.cfg(5)")]),
    )


def daemon_page(parser: argparse.ArgumentParser) -> str:
    """mcollectived.8."""
    return _page(
        ("mcollectived", 8, "answer the requests of a collective on this host"),
        ("SYNOPSIS", _synopsis("mcollectived", "[options]", "")),
        (
            "DESCRIPTION",
            [_text("Connects to the broker, takes signed requests whose filter matches this host, and runs the actions of agents.")],
        ),
        *_options(parser),
        ("SIGNALS", _listed(_SIGNALS.items())),
        ("FILES", _listed({"/etc/puppetlabs/mcollective/server.cfg, /etc/mcollective/server.cfg": "The first that exists."}.items())),
        ("SEE ALSO", [_see("mco(1)", "mcollective-server.cfg(5)")]),
    )


def settings_page(side: str) -> str:
    """mcollective-server.cfg.5 or mcollective-client.cfg.5."""
    daemon = side == "server"
    rows = [row for row in SETTINGS if row.side in ("both", side)]
    core = [row for row in rows if not row.key.startswith("plugin.")]
    plugins = [row for row in rows if row.key.startswith("plugin.")]
    return _page(
        (f"mcollective-{side}.cfg", 5, f"configuration of {'mcollectived' if daemon else 'mco and other clients'}"),
        ("DESCRIPTION", [_text(_OF_FILES)]),
        ("SETTINGS", _listed((row.key, _meaning(row)) for row in core)),
        ("SETTINGS OF PLUGINS", _listed((row.key, _meaning(row)) for row in plugins)),
        ("SEE ALSO", [_see("mcollectived(8)" if daemon else "mco(1)", "mco-config(1)")]),
    )


def pages() -> dict[str, str]:
    """Every page: its path below packaging/man, and its text. Only commands that ship are in it."""
    from ..server.daemon import argument_parser

    files = application_files("/dev/null")
    found = {"man1/mco.1": mco_page(files)}
    for name, file in sorted(files.items()):
        found[f"man1/mco-{name}.1"] = command_page(name, load_application(name, file))
    found["man8/mcollectived.8"] = daemon_page(argument_parser())
    for side in ("server", "client"):
        found[f"man5/mcollective-{side}.cfg.5"] = settings_page(side)
    return found


def write(folder: Path, completion: Path) -> None:
    """Write every page below a folder, take away those of commands that are gone, and write the shells' scripts."""
    wanted = pages()
    for old in folder.glob("man*/*"):
        if str(old.relative_to(folder)) not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    completion.mkdir(parents=True, exist_ok=True)
    for shell, text in SCRIPTS.items():
        (completion / FILES[shell]).write_text(text, encoding="utf-8")


# --- roff -------------------------------------------------------------------------------------------------------------


def _page(head: tuple[str, int, str], *sections: tuple[str, Iterable[str]]) -> str:
    name, section, what = head
    lines = [
        '.\\" Written by `make reference`; change the source, not this page.',
        f'.TH {name.upper()} {section} "{_DATE}" "mcollective_py {__version__}" "{_MANUAL}"',
        ".SH NAME",
        f"{_text(name)} \\- {_text(what)}",
    ]
    for title, body in sections:
        lines += [f".SH {title}", *body]
    return "\n".join(lines) + "\n"


def _synopsis(command: str, options: str, usage: str) -> Iterator[str]:
    for number, form in enumerate(usage.split("  |  ")):
        if number:
            yield ".br"
        yield f".B {command}"
        yield _text(f"{options} {form}".strip())


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[str]]]:
    """The sections OPTIONS and, for each verb of a command with several, its own."""
    lines: list[str] = []
    verbs: list[tuple[str, list[str]]] = []
    groups = sorted(parser._action_groups, key=lambda group: group.title in _ALIKE)
    for group in groups:
        entries: list[str] = []
        for action in group._group_actions:
            if isinstance(action, argparse._SubParsersAction):
                for verb, below in action.choices.items():
                    verbs += [(f"OPTIONS OF {verb.upper()}", text) for _, text in _options(below)]
                entries += _listed((choice.dest, choice.help or "") for choice in action._choices_actions)
            elif action.help != argparse.SUPPRESS:
                entries += [".TP", _invocation(action), _text(_help(parser, action)) or "\\&"]
        if entries:
            title = group.title or ""
            lines += [
                *([f".SS {_text(title[:1].upper() + title[1:])}"] if title not in ("options", "positional arguments") else []),
                *entries,
            ]
    if lines:
        yield "OPTIONS", lines
    yield from verbs


def _invocation(action: argparse.Action) -> str:
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if not metavar:
        metavar = "|".join(str(choice) for choice in action.choices) if action.choices else action.dest.upper()
    value = f"\\fI{_text(metavar)}\\fR"
    if not action.option_strings:
        return value
    names = ", ".join(f"\\fB{_text(name)}\\fR" for name in action.option_strings)
    return names if action.nargs == 0 else f"{names} {value}"


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    return parser._get_formatter()._expand_help(action) if action.help else ""


def _listed(rows: Iterable[tuple[str, str]]) -> list[str]:
    return [line for term, text in rows for line in (".TP", f"\\fB{_text(term)}\\fR", _text(text) or "\\&")]


def _meaning(row: Setting) -> str:
    default = "" if row.default is None else f" Default: {row.default}."
    choices = f" One of {', '.join(row.choices)}." if row.choices else ""
    bounds = f" {row.bounds.capitalize()}." if row.bounds and not (row.least == 0 and row.most is None) else ""
    return f"{row.help}{choices}{bounds}{default}{f' (No effect: {row.idle}.)' if row.idle else ''}"


def _see(*names: str) -> str:
    return ",\n".join(f".BR {_text(name.partition('(')[0])} ({name.partition('(')[2]}" for name in names).replace(",\n", " ,\n")


def _text(text: str) -> str:
    """Plain text as roff takes it: in one paragraph, with nothing in it that is a request."""
    text = (
        " ".join(text.split())
        .replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("`", "\\(ga")
        .replace("'", "\\(aq")
        .replace("~", "\\(ti")
    )
    text = re.sub(r"(?<=[A-Za-z])\\-(?=[a-z])", "-", text)  # a hyphen between two words
    text = text.replace("^", "\\(ha")
    return f"\\&{text}" if text.startswith(".") else text


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
