"""Plain iptables and ip6tables: a rule for each entry in the historic chain, whose end is not the kernel's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .backend import Delta, Effect, Hold
from .entries import Entries
from .entry import ALLOW, BLOCK, Entry, Key
from .programs import missing
from .rules import FAMILIES, Rules
from .rulewords import FEW, Chain, Rule, changed, frame, holds_of, key_of, removed, rule_of
from .settings import Settings
from .untouched import Mark, Sight


@dataclass(frozen=True, slots=True)
class ChainEffect(Effect):
    """What holds, with the chains that it was read from."""

    chains: Mapping[int, Chain] = field(default_factory=dict)


def made_of(effect: Effect, rules: Rules) -> tuple[str, ...]:
    """The chains and hooks that are not there: `chain4`, `hook6`; and `legacy` where its programs are used."""
    chains = chains_of(effect)
    return (("legacy",) if "legacy" in rules.programs[4] else ()) + tuple(
        f"{what}{version}" for version in FAMILIES for what in ("chain", "hook")
        if not (chains[version].exists if what == "chain" else chains[version].hooks)
    )  # fmt: skip


def chains_of(effect: Effect) -> Mapping[int, Chain]:
    """The chains of an effect of ours."""
    return effect.chains if isinstance(effect, ChainEffect) and effect.chains else {version: Chain() for version in FAMILIES}


def believed_chains(rules: Mapping[int, Sequence[Rule]]) -> Mapping[int, Chain]:
    """Chains that are there and hooked in, with the rules that a change is about and no others. They bring no other chain back."""
    return {version: Chain(True, ("as setup made it",), (*rules.get(version, ()),)) for version in FAMILIES}


class Iptables:
    """The back end `iptables`."""

    name, longest = "iptables", 0.0

    def __init__(self, settings: Settings) -> None:
        self._settings, self._rules = settings, Rules(settings)

    def is_ready(self) -> str | None:
        """See Backend."""
        return missing(self.name, self._settings)

    def read(self) -> Effect:
        """See Backend."""
        chains = self._rules.read()
        ours, others, faults = {}, {}, []
        for version, chain in chains.items():
            ours.update(holds_of(chain, ours=True))
            others.update(holds_of(chain, ours=False))
            if chain.exists and not chain.hooks:
                faults.append(f"INPUT does not lead to the chain {self._rules.chain} (IPv{version})")
        is_set_up = all(chain.exists and chain.hooks for chain in chains.values())
        return ChainEffect(is_set_up, tuple(faults), ours, {key: hold for key, hold in others.items() if key not in ours}, (), chains)

    def probe(self, entries: Sequence[Entry]) -> bool:
        """See Backend."""
        return self._rules.is_met(entries)

    def sight(self) -> Sight | None:
        """See Backend."""
        return self._rules.sight()

    def mark(self, keys: Iterable[Key]) -> Mark:
        """See Backend."""
        return Mark()  # the generation is counted up with every rule

    def believed(self, kept: Entries, puts: Sequence[Key], drops: Sequence[Key]) -> Effect | None:
        """See Backend. Of one family only: where the second fails, the first must be as before, which takes all of its rules."""
        families = {6 if ":" in key[0] else 4 for key in (*puts, *drops)}
        of_many = kept.for_many(len(puts) + len(drops))
        there = [key for key in (*puts, *drops) if key in of_many]
        if len(families) > 1 or len(there) > FEW:
            return None
        rules = {version: [Rule(self._words(key)) for key in there] for version in families}  # of the one, if any
        return ChainEffect(True, (), {key: Hold() for key in there}, {}, (), believed_chains(rules))

    def apply(self, effect: Effect, delta: Delta) -> int:
        """See Backend."""
        chains, there = chains_of(effect), {**effect.foreign, **effect.holds}
        lines: dict[int, list[str]] = {}
        for version in FAMILIES:
            chain = chains[version]
            drops = {rule.words for rule in chain.rules if (key := key_of(rule)) in delta.drops and (rule.is_ours or key in there)}
            # A rule that does something else than is set now is put there anew.
            stale = [rule for rule in chain.rules if rule.is_ours and self._is_stale(rule)]
            drops |= {rule.words for rule in stale}
            again = [key for rule in stale if (key := key_of(rule)) is not None and key not in delta.drops]
            puts = [*dict.fromkeys([*again, *(timed.key for timed in delta.puts if (":" in timed.key[0]) is (version == 6))])]
            kept = {key_of(rule) for rule in chain.rules if rule.is_ours and rule.words not in drops}
            new = [key for key in puts if key not in kept]
            first = [self._words(key) for key in new if key[1] == ALLOW]
            last = [self._words(key) for key in new if key[1] == BLOCK]
            lines[version] = [*frame(chain, self._rules.chain), *changed(chain, self._rules.chain, first, last, drops)]
        return self._rules.apply(chains, lines)

    def made(self, effect: Effect) -> tuple[str, ...]:
        """See Backend."""
        return made_of(effect, self._rules)

    def teardown(self, effect: Effect, made: Sequence[str]) -> None:
        """See Backend."""
        chains = chains_of(effect)
        name = self._rules.chain
        self._rules.apply(
            chains, {version: removed(chains[version], name, has_made_chain=f"chain{version}" in made) for version in FAMILIES}
        )

    def leave(self, successor: str, made: Sequence[str]) -> None:
        """See Backend."""
        if successor != "ipset":  # which has put its rules in place of ours already
            self.teardown(self.read(), made)

    def _words(self, key: Key) -> str:
        return rule_of(key, self._rules.target)

    def _is_stale(self, rule: Rule) -> bool:
        key = key_of(rule)
        return key is None or not rule.words.startswith(self._words(key))
