"""`mco plugin generate KIND NAME`: a new plugin's folder, which loads, validates, and whose tests pass as they stand."""

import argparse
import errno
import keyword
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...config import Config
from ...ddl.model import PLAIN_TIMEOUT, Metadata
from ...errors import UsageError
from ...names import is_action, is_agent
from ..inert import inert
from ..session import print_json
from .skeletons import (
    NewFile,
    agent_files,
    aggregate_files,
    data_files,
    discovery_files,
    facts_files,
    validator_files,
)

KINDS = ("agent", "data", "aggregate", "validator", "discovery", "facts")
_HISTORIC = re.compile(r"(actions|outputs)=(.+)", re.IGNORECASE)
_SHELL_WORDS = frozenset(("if", "then", "else", "elif", "fi", "case", "esac", "for", "while", "until", "do", "done", "in", "function"))
_MAX_TIMEOUT = 86_400.0
# What an Agent has itself, so that an action of the name would hide it.
_TAKEN = frozenset(
    ("node", "config", "logger", "daemon", "fact", "activate_when", "before_processing", "after_processing", "handlemsg")
)


def generate(words: Sequence[str], config: Config | None, options: argparse.Namespace) -> int:
    """Write it. config: where `plugin.metadata.*` stand, None for none. Raises UsageError; never writes over anything."""
    words, lists = _lists(words, options)
    if not words or words[0] not in KINDS:
        what = f"{inert(words[0])!r} is no kind of plugin" if words else "what is to be made?"
        raise UsageError(f"{what}: mco plugin generate {'|'.join(KINDS)} NAME")
    kind = words[0]
    if len(words) > 2 or (len(words) == 2 and options.name):
        raise UsageError(f"one name: mco plugin generate {kind} NAME, or --name NAME")
    name = options.name or (words[1] if len(words) == 2 else None)
    if name is None:
        raise UsageError(f"which name? mco plugin generate {kind} NAME")
    if not is_agent(name) or keyword.iskeyword(name):
        raise UsageError(f"{inert(name)!r}: a plugin's name is lower case letters, digits and _, at most 64, and begins with a letter")
    if taken := _ours(kind, name):
        raise UsageError(taken)
    files = _files(kind, _metadata(kind, name, config, options), lists, options)
    folder = Path(options.output or ".") / name
    _write(folder, files)
    if options.json:
        print_json({"kind": kind, "name": name, "path": str(folder), "files": sorted(files)})
    else:
        for file in sorted(files):
            print(inert(f"{folder}/{file}"))
        print(inert(f"Created {kind} {name}: `mco plugin validate {folder}` and `pytest {folder}/tests` check it."))
    return 0


def _ours(kind: str, name: str) -> str | None:
    """Why a name would be of no use: ours of these kinds cannot be replaced."""
    if kind == "validator":
        from ...ddl.validators import VALIDATORS

        names: set[str] = set(VALIDATORS)
    elif kind == "data":
        from ...ddl.dataddl import builtin_data_ddls

        names = set(builtin_data_ddls())
    else:
        return None
    return f"every host has the {kind} {name} already, and it cannot be replaced: take another name" if name in names else None


def _lists(words: Sequence[str], options: argparse.Namespace) -> tuple[list[str], dict[str, list[str]]]:
    """The plain words, and actions and outputs, which were once written without their dashes."""
    lists = {"actions": options.actions or "", "outputs": options.outputs or ""}
    plain = []
    for word in words:
        match = _HISTORIC.fullmatch(word)
        if match:
            lists[match[1].lower()] = match[2]
        else:
            plain.append(word)
    return plain, {key: [word.strip() for word in text.split(",") if word.strip()] for key, text in lists.items()}


def _files(kind: str, metadata: Metadata, lists: Mapping[str, list[str]], options: argparse.Namespace) -> Mapping[str, NewFile]:
    actions, outputs = lists["actions"], lists["outputs"]
    if actions and kind != "agent":
        raise UsageError(f"--actions are an agent's: {kind} plugins have none")
    if outputs and kind != "data":
        raise UsageError("--outputs are a data plugin's; those of an agent stand in its ddl.yaml, an action each")
    if options.external and kind != "agent":
        raise UsageError("--external is for agents: others are written in Python")
    if kind == "agent":
        _check_names("action", actions or ["status"])
        language = options.external
        if language == "sh" and (odd := next((name for name in actions if name in _SHELL_WORDS), None)):
            raise UsageError(f"the action {odd}: the shell has a meaning for this word")
        return agent_files(metadata, actions or ["status"], language)
    if kind == "data":
        if not outputs:
            raise UsageError("a data plugin has at least one output: --outputs free,total")
        _check_names("output", outputs)
        return data_files(metadata, outputs)
    others: Mapping[str, Callable[[Metadata], Mapping[str, NewFile]]] = {
        "aggregate": aggregate_files,
        "validator": validator_files,
        "discovery": discovery_files,
        "facts": facts_files,
    }
    return others[kind](metadata)


def _check_names(what: str, names: Sequence[str]) -> None:
    for name in names:
        if not is_action(name):
            raise UsageError(f"{inert(name)!r}: the name of an {what} is letters, digits and _, at most 64, and begins with a letter")
        if keyword.iskeyword(name) or (what == "action" and name in _TAKEN):
            raise UsageError(f"the {what} {name}: Python or the agent itself has a meaning for this word")
    if len(set(names)) != len(names):
        raise UsageError(f"an {what} stands there twice: {', '.join(names)}")


def _metadata(kind: str, name: str, config: Config | None, options: argparse.Namespace) -> Metadata:
    said = config.plugin("metadata") if config is not None else {}
    given = {
        "description": options.description or said.get("description") or f"The {kind} {name.replace('_', ' ')}",
        "author": options.author or said.get("author") or os.environ.get("USER") or "you",
        "license": options.license or said.get("license") or "Apache-2.0",
        "version": options.pluginversion or said.get("version") or "0.1.0",
        "url": options.url or said.get("url") or f"https://example.net/{name}",
    }
    for key, text in given.items():
        if not text.isprintable() or not text.strip() or len(text) > 500:
            raise UsageError(f"--{key}: one line of text, at most 500 characters")
    default = PLAIN_TIMEOUT if kind == "agent" else 2.0
    return Metadata(name=name, **given, timeout=_seconds(options.plugin_timeout or said.get("timeout"), default))


def _seconds(text: str | None, default: float) -> float:
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text, re.ASCII) or not 0 < float(text) <= _MAX_TIMEOUT:
        raise UsageError(f"--timeout: {inert(text[:40])!r} are no seconds above 0, at most {_MAX_TIMEOUT:g}")
    return float(text)


def _write(folder: Path, files: Mapping[str, NewFile]) -> None:
    """The folder is new, or empty; all of it or an error that says what is there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (there := next(iter(sorted(folder.iterdir())), None)) is not None:
            raise UsageError(f"{folder} has {there.name} in it: nothing is written over; -o DIR makes it elsewhere")
        for name, file in files.items():
            target = folder / name
            target.parent.mkdir(exist_ok=True)
            mode = 0o755 if file.is_program else 0o644
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(file.text)
    except OSError as error:
        why = "there is a file of that name" if error.errno == errno.EEXIST else error.strerror
        raise UsageError(f"{error.filename or folder} cannot be made: {why}") from error
