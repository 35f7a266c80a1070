"""`mco plugin doc`: what plugins take and give, of every kind; without a name a list of all, broken ones with the reason."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ...config import Config
from ...ddl.doc import any_doc
from ...errors import UsageError
from ..conversion import read_file
from ..inert import inert
from ..session import print_json
from .markdown import index, markdown
from .pages import TITLES, Entry, Page, entries, kinds_of, page, plain_value, refused_of

_KEYS = {"agent": "agents", "data": "data", "aggregate": "aggregates", "validator": "validators", "connector": "connectors",
         "application": "applications"}  # fmt: skip
_SHORT = ("agent", "data", "aggregate", "discovery", "facts", "validator", "connector", "security")  # applications: `mco help`


def doc_file(file: Any, options: argparse.Namespace) -> int:
    """Of one file of Ruby or Choria, wherever it lies."""
    found = read_file(file)
    return _print(Page(any_doc(found), markdown(found, "plugin"), plain_value(found)), options)


def doc(word: str | None, config: Config, options: argparse.Namespace) -> int:
    """Print it. word: KIND/NAME, NAME, KIND/ or KIND for all of a kind, None for all."""
    if word is None:
        return _list(_SHORT, config, options)
    kind, slash, name = word.rpartition("/")
    if slash and kind not in TITLES:
        raise UsageError(f"there is no documentation of the kind {kind!r}: write agent/NAME or NAME; the kinds are {', '.join(TITLES)}")
    if slash and not name:
        return _list((kind,), config, options)
    if not kind:
        found = kinds_of(name, config)
        if not found:
            if name in TITLES:
                return _list((name,), config, options)
            return _print(page("agent", name, config), options) if _near(name, config) else _none(name, config)
        found = [kind for kind in found if kind != "application"] or found
        if len(found) > 1 and not set(found) & {"agent", "data"}:
            raise UsageError(f"{name} is several: write {' or '.join(f'{one}/{name}' for one in found)}")
        kind = found[0]
    return _print(page(kind, name, config), options)


def _near(name: str, config: Config) -> bool:
    from difflib import get_close_matches

    from .pages import names_of

    return bool(get_close_matches(name, names_of("agent", config), 1))


def _none(name: str, config: Config) -> int:
    raise UsageError(f"{inert(name)}: no such agent here: `mco plugin doc` lists what plugins there are, libdir says where more are")


def _print(found: Page, options: argparse.Namespace) -> int:
    if options.json:
        print_json(found.document)
    else:
        print(inert(found.markdown if options.markdown else found.text, keep_lines=True), end="")
    return 0


def _list(kinds: tuple[str, ...], config: Config, options: argparse.Namespace) -> int:
    shown = {kind: entries(kind, config) for kind in (*kinds, *(("application",) if options.json and len(kinds) > 1 else ()))}
    refused = [problem for kind in shown for problem in refused_of(kind, config)]
    if options.json:
        found: dict[str, Any] = {_KEYS.get(kind, kind): [_plain(entry) for entry in rows] for kind, rows in shown.items()}
        print_json({**found, "refused": refused})
        return 0
    if options.markdown:
        told = {TITLES[kind]: [(one.name, _told(one)) for one in rows] for kind, rows in shown.items() if rows}
        print(inert(index(told), keep_lines=True), end="")
        return 0
    for kind, rows in shown.items():
        if rows:
            print(f"{TITLES[kind]}: `mco plugin doc {'' if kind == 'agent' else f'{kind}/'}NAME` says more of one\n")
            for entry in rows:
                print(f"  {entry.name:<20} {inert(_told(entry))}".rstrip())
            print()
    for problem in refused:
        print(f"  not used: {inert(problem)}")
    return 0


def _told(entry: Entry) -> str:
    return (entry.description or "") if entry.broken is None else f"BROKEN: {entry.broken}"


def _plain(entry: Entry) -> Mapping[str, Any]:
    found = asdict(entry)
    del found["kind"]
    return found
