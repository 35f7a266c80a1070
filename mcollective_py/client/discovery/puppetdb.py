"""Discovery by PuppetDB: the nodes whose facts and catalog, as Puppet last saw them, meet a filter."""

import logging
import os
import pwd
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...config import Config
from ...errors import ConfigError, DiscoveryError, UsageError
from ...facttest import FactTest, is_regex
from ...filter import RAW_QUERY, Filter
from ...matching.matcher import EVERY_NODE
from ...names import is_identity
from ...text import printable
from . import puppetquery as query
from .base import Discovered, Question
from .puppetdbplace import PREFIX, servers_of

if TYPE_CHECKING:
    from .puppetdbhttp import Conversation, Row

logger = logging.getLogger(__name__)

AGENTS_SETTING = f"{PREFIX}agents"
_FACT = "fact:"
_TYPE = re.compile(r"[A-Z][a-z0-9_]*(?:::[A-Z][a-z0-9_]*)*", re.ASCII)
_EVERYWHERE = frozenset((EVERY_NODE, "discovery", "rpcutil"))  # agents that come with every daemon, and no catalog tells of
_AT_ONCE = 1000  # nodes whose facts are asked for in one query: some MB where a fact is a large one


class PuppetDB:
    """The active nodes of PuppetDB that a filter means. options: `pql:QUERY`, one or several: only nodes that one of them gives.

    A node's certname is taken for the host's identity.
    """

    name = "puppetdb"
    capabilities: frozenset[str] = frozenset({"facts", "classes", "identity"})

    def __init__(self, options: Sequence[str], config: Config) -> None:
        for word in options:
            if not word.startswith(RAW_QUERY):
                raise UsageError(f"the discovery method puppetdb takes --do '{RAW_QUERY}QUERY', and not {printable(word[:80])!r}")
        self._queries, self._config = tuple(options), config
        self._timeout = config.seconds(f"{PREFIX}timeout")
        self._agents = config.text(AGENTS_SETTING)
        if self._agents is not None:
            fact = self._agents.removeprefix(_FACT)
            if not (fact if self._agents.startswith(_FACT) else _TYPE.fullmatch(self._agents)):
                raise ConfigError("is a type of resources, Mcollective_py::Agent, or fact:NAME", file=config.file, key=AGENTS_SETTING)
            self.capabilities |= {"agents"}  # else the agent of a call would leave nobody

    def discover(self, question: Question) -> Discovered:
        """Whom PuppetDB knows to be meant. Raises DiscoveryError with the reason where it cannot be asked, or does not say."""
        from .puppetdbhttp import Conversation  # http.client is for who asks

        began = time.monotonic()
        account = pwd.getpwuid(os.geteuid())
        servers = servers_of(self._config, Path(account.pw_dir) if account.pw_uid else None)
        with Conversation(servers, max(self._timeout, question.timeout)) as asked:
            nodes = self._nodes(asked, question.filter)
        return Discovered(tuple(sorted(nodes)), seconds=time.monotonic() - began, method=self.name, ended="source")

    def _nodes(self, asked: "Conversation", filter: Filter) -> set[str]:
        conditions = self._conditions(asked, filter)
        if conditions is None:
            return set()
        nodes = _certnames(asked.rows(query.active(*conditions)))
        if any(is_regex(word) for word in filter.identities):
            meant = {name for word in filter.identities for name in query.matching(word, nodes)}
            nodes &= meant | _raw(asked, filter.identities)
        tests = list(filter.facts)
        if self._agents is not None and self._agents.startswith(_FACT):
            fact = self._agents.removeprefix(_FACT)
            tests += [FactTest(fact, "=~" if is_regex(word) else "==", word) for word in filter.agents if word not in _EVERYWHERE]
        return _passing(asked, tests, nodes)

    def _conditions(self, asked: "Conversation", filter: Filter) -> list[query.Query] | None:
        """What PuppetDB itself is to judge; None where no node can meet it."""
        found: list[query.Query] = []
        if self._queries:
            found.append(query.is_one_of(sorted(_raw(asked, self._queries))))
        if filter.identities and not any(is_regex(word) for word in filter.identities):
            plain = {word for word in filter.identities if not word.startswith(RAW_QUERY)}
            found.append(query.is_one_of(sorted(plain | _raw(asked, filter.identities))))
        wanted = [(query.CLASS, word) for word in filter.classes]
        if self._agents is not None and not self._agents.startswith(_FACT):
            wanted += [(self._agents, word) for word in filter.agents if word not in _EVERYWHERE]
        for type, word in wanted:
            titles = _titles(asked, type, word)
            if not titles:
                return None
            found.append(query.has_resource(type, titles))
        return found


def _titles(asked: "Conversation", type: str, word: str) -> list[str]:
    """The titles of resources that a class or an agent of a filter means."""
    if not is_regex(word):
        title = query.class_title(word) if type == query.CLASS else word
        return [] if title is None else [title]
    there = [title for row in asked.rows(query.titles_of(type)) if isinstance(title := row.get("title"), str)]
    names = query.class_names(there) if type == query.CLASS else {title: title for title in there}
    return sorted(names[name] for name in query.matching(word, names))


def _raw(asked: "Conversation", words: Sequence[str]) -> set[str]:
    """The nodes that PQL of the operator's own gives."""
    found: set[str] = set()
    for word in words:
        if word.startswith(RAW_QUERY):
            found |= _certnames(asked.rows(word.removeprefix(RAW_QUERY)))
    return found


def _certnames(rows: "Sequence[Row]") -> set[str]:
    names = {row.get("certname") for row in rows}
    if None in names:
        raise DiscoveryError("the answer of PuppetDB has rows without a certname: write nodes[certname] { ... }")
    good = {name for name in names if isinstance(name, str) and is_identity(name)}
    if strange := names - good:
        shown = ", ".join(printable(str(name), most=80) for name in sorted(map(str, strange))[:3])
        logger.warning("%d nodes of PuppetDB have names that no host can have, and are left out: %s", len(strange), shown)
    return good


# --- facts ------------------------------------------------------------------------------------------------------------


def _passing(asked: "Conversation", tests: Sequence[FactTest], nodes: set[str]) -> set[str]:
    """The nodes whose facts pass all tests."""
    for test in tests:
        ordered = sorted(nodes)
        nodes = set()
        for start in range(0, len(ordered), _AT_ONCE):
            some = ordered[start : start + _AT_ONCE]
            facts = _facts(asked, test.fact, some)
            nodes.update(name for name in some if query.passes(test, facts.get(name, {})))
    return nodes


def _facts(asked: "Conversation", path: str, nodes: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """What of each node's facts a test of this dotted name is about, as facts."""
    *dotted, first = query.whole_names(path)
    found: dict[str, dict[str, Any]] = {}
    missing = set(nodes)
    if query.can_walk(path):
        for row in asked.rows(query.fact_part(path, nodes)):
            if (value := row.get(query.part_key(path))) is not None:
                name = str(row.get("certname"))
                found[name] = query.nested(path, value)
                missing.discard(name)
    # A fact with dots in its own name goes before the walk. And null is what PuppetDB says of a part that is not there, of one that
    # is null, and where a name within has dots: looked at as a whole.
    for names, whose in ((dotted, nodes), ([first], sorted(missing))):
        if names and whose:
            for row in asked.rows(query.fact_values(names, whose)):
                found.setdefault(str(row.get("certname")), {})[str(row.get("name"))] = row.get("value")
    return found
