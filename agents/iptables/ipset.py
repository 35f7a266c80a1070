"""ipset: sets with ends and counters, and rules of the historic chain that look into them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mcollective_py.agent import RPCAborted, run

from . import setwords
from .backend import BackendFailed, Delta, Effect, Hold, Timed
from .entries import Entries
from .entry import Entry, Key, by_scope
from .iptables import ChainEffect, believed_chains, chains_of, made_of
from .programs import missing
from .rules import FAMILIES, Rules
from .rulewords import Rule, changed, frame, holds_of, key_of, removed
from .settings import Settings
from .setwords import LONGEST, PLAIN, Sets
from .untouched import Mark, Sight

_SECONDS = 20.0
_MOST = 256 << 20  # bytes


@dataclass(frozen=True, slots=True)
class SetEffect(ChainEffect):
    """What holds, with the sets that it was read from."""

    found: Sets = Sets()  # noqa: RUF009  it cannot be changed


class Ipset:
    """The back end `ipset`."""

    name, longest = "ipset", LONGEST

    def __init__(self, settings: Settings) -> None:
        self._settings, self._rules = settings, Rules(settings)

    def is_ready(self) -> str | None:
        """See Backend."""
        return missing(self.name, self._settings)

    def read(self) -> Effect:
        """See Backend."""
        chains, found = self._rules.read(), self._sets()
        groups = {*setwords.groups_of(chains.items()), *PLAIN}
        holds = setwords.holds_of(found, groups)
        others = {key: hold for chain in chains.values() for key, hold in holds_of(chain, ours=False).items()}
        faults = [f"the set {name} is of another make" for name in found.odd]
        faults += [f"the set {name} has no rule" for name in found.elements if name not in {group.name for group in groups}]
        present = {group for group in groups if group.name in found.elements}
        is_set_up = present.issuperset(PLAIN) and all(chain.exists and chain.hooks for chain in chains.values())
        for version, chain in chains.items():
            if chain.exists and not chain.hooks:
                faults.append(f"INPUT does not lead to the chain {self._rules.chain} (IPv{version})")
            elif is_set_up and not setwords.is_as_wanted(chain.rules, setwords.wanted_rules(present, version, self._rules.target)):
                faults.append(f"the rules that look into the sets were changed (IPv{version})")
        foreign = {key: hold for key, hold in others.items() if key not in holds}
        return SetEffect(is_set_up, tuple(faults), holds, foreign, tuple(found.elements), chains, found)

    def probe(self, entries: Sequence[Entry]) -> bool:
        """See Backend."""
        held = [entry for entry in entries if self._is_in_set(entry) or self._rules.has_rule(entry, ours=False)]
        return any(self._rules.leads(version) for version in {entry.scope.version for entry in held})

    def sight(self) -> Sight | None:
        """See Backend. The generation counts the rules; the sets are known by a mark."""
        of_rules = self._rules.sight()
        return None if of_rules is None else of_rules._replace(elements=setwords.mark_of_text(self._saved()))

    def mark(self, keys: Iterable[Key]) -> Mark:
        """See Backend."""
        return setwords.mark_of(keys)

    def believed(self, kept: Entries, puts: Sequence[Key], drops: Sequence[Key]) -> Effect | None:
        """See Backend. Elements that come and go, in sets that are there and stay; one with another end has counters to be kept."""
        counts: dict[str, int] = {}  # of sets that go with their last element
        for scope, count in kept.scopes.items():
            if (group := setwords.group_of_scope(scope)) not in PLAIN:
                counts[group.name] = counts.get(group.name, 0) + count
        groups = {setwords.group_of_scope(scope) for scope in kept.scopes} | {*PLAIN}
        there = kept.for_many(len(puts))
        if not groups.issuperset(map(setwords.group_of_scope, by_scope(puts))) or any(key in there for key in puts):
            return None
        if any(counts[name] <= len(drops) for group in map(setwords.group_of_scope, by_scope(drops)) if (name := group.name) in counts):
            return None
        names = [group.name for group in groups]
        rules = {version: [Rule(words) for words in setwords.wanted_rules(groups, version, self._rules.target)] for version in FAMILIES}
        holds = {key: Hold() for key in drops}
        return SetEffect(True, (), holds, {}, tuple(names), believed_chains(rules), Sets({name: {} for name in names}))

    def apply(self, effect: Effect, delta: Delta) -> int:
        """See Backend."""
        chains, found = chains_of(effect), effect.found if isinstance(effect, SetEffect) else Sets()
        groups = {setwords.group_of_scope(scope) for scope in delta.scopes} | {*PLAIN}
        names = {group.name for group in groups}
        create = [group for group in sorted(groups) if group.name not in found.elements]
        drops = [key for key in delta.drops if key in effect.holds and setwords.group_of(key).name in names]

        def undo() -> list[str]:  # twice as long as what it undoes, and hardly ever wanted
            keys = {*drops, *(timed.key for timed in delta.puts)}
            back = [Timed(key, effect.holds[key].remaining, effect.holds[key]) for key in keys if key in effect.holds]
            new = [timed.key for timed in delta.puts if timed.key not in effect.holds and setwords.group_of(timed.key) not in create]
            lines = setwords.lines_of((), back, new, self._settings.max_entries)
            return [*lines, *(f"destroy {group.name}" for group in create)]

        lines = {}
        for version in FAMILIES:
            chain, wanted = chains[version], setwords.wanted_rules(groups, version, self._rules.target)
            others = {rule.words for rule in chain.rules if not rule.is_ours and key_of(rule) in delta.drops}
            ours = set() if setwords.is_as_wanted(chain.rules, wanted) else {rule.words for rule in chain.rules if rule.is_ours}
            first = [] if not ours and any(rule.is_ours for rule in chain.rules) else wanted
            lines[version] = [*frame(chain, self._rules.chain), *changed(chain, self._rules.chain, first, (), ours | others)]
        self._restore(setwords.lines_of(create, delta.puts, drops, self._settings.max_entries), undo)
        try:
            grew = self._rules.apply(chains, lines)
        except RPCAborted:
            self._restore(undo(), list)
            raise
        self._destroy(name for name in found.elements if name not in names)
        return grew

    def made(self, effect: Effect) -> tuple[str, ...]:
        """See Backend."""
        return made_of(effect, self._rules)

    def teardown(self, effect: Effect, made: Sequence[str]) -> None:
        """See Backend."""
        chains, name = chains_of(effect), self._rules.chain
        self._rules.apply(
            chains, {version: removed(chains[version], name, has_made_chain=f"chain{version}" in made) for version in FAMILIES}
        )
        self._destroy(self._sets().elements)

    def leave(self, successor: str, made: Sequence[str]) -> None:
        """See Backend."""
        if successor == "iptables":  # which has put its rules in place of ours already
            self._destroy(self._sets().elements)
        else:
            self.teardown(self.read(), made)

    def _is_in_set(self, entry: Entry) -> bool:
        """Whether its set has it, and a rule looks into the set."""
        group = setwords.group_of(entry.key)
        is_there = run(setwords.test_set(self._settings.ipset, entry.key), timeout=5).exitcode == 0
        return is_there and self._rules.has_words(group.version, setwords.rule_of(group, self._rules.target))

    def _sets(self) -> Sets:
        try:
            return setwords.parse_sets(self._saved())
        except ValueError as error:
            raise BackendFailed(f"ipset save: {error}") from error

    def _saved(self) -> str:
        answer = run(setwords.save_sets(self._settings.ipset), timeout=_SECONDS, max_output=_MOST)
        if answer.exitcode or answer.truncated:
            raise BackendFailed(f"ipset save: {answer.stderr.strip()[:500] or f'exit code {answer.exitcode}'}")
        return answer.stdout

    def _restore(self, lines: Sequence[str], undo: Callable[[], list[str]]) -> None:
        """Carry out lines; where one fails, those that take back what those before it did."""
        if not lines:
            return
        answer = run(setwords.restore_sets(self._settings.ipset), stdin="\n".join([*lines, ""]), timeout=_SECONDS)
        if answer.exitcode:
            back = undo()
            for line in back:  # one by one where there are few: a set that was never made does not keep the rest from going back
                if line.startswith("destroy"):
                    run([self._settings.ipset, *line.split()], timeout=_SECONDS)
            rest = [line for line in back if not line.startswith("destroy")]
            if rest:
                run(setwords.restore_sets(self._settings.ipset), stdin="\n".join([*rest, ""]), timeout=_SECONDS)
            raise BackendFailed(f"ipset: {answer.stderr.strip()[:500] or f'exit code {answer.exitcode}'}")

    def _destroy(self, names: Iterable[str]) -> None:
        for name in names:
            run([self._settings.ipset, "destroy", name], timeout=_SECONDS)
