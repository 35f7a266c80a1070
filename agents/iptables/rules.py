"""The historic chain in both families: read, and changed in both or in none."""

from collections.abc import Mapping, Sequence

from mcollective_py.agent import RPCAborted, run

from .backend import BackendFailed
from .entry import Entry
from .rulewords import Chain, as_before, check_rule, has_rule, input_of, leads, list_hooks, parse_save, restore, save
from .settings import Settings
from .untouched import Sight, glance, uses_nf_tables

FAMILIES = (4, 6)
_SECONDS = 25.0  # ten of them may be the wait for the lock
_MOST = 256 << 20  # bytes


class Rules:
    """iptables and ip6tables of one host, and the chain of the settings."""

    def __init__(self, settings: Settings) -> None:
        self.chain, self.target = settings.chain, settings.target
        self.programs: Mapping[int, str] = {4: settings.iptables, 6: settings.ip6tables}

    def read(self) -> dict[int, Chain]:
        """The chain of both families. Raises BackendFailed."""
        chains = {}
        for version, program in self.programs.items():
            words = save(program)
            answer = run(words, timeout=_SECONDS, max_output=_MOST)
            try:
                if answer.exitcode or answer.truncated:
                    raise ValueError(answer.stderr.strip()[:500] or f"exit code {answer.exitcode}")
                chains[version] = parse_save(answer.stdout, self.chain)
            except ValueError as error:
                raise BackendFailed(f"{words[0]}: {error}") from error
        return chains

    def has_rule(self, entry: Entry, *, ours: bool) -> bool:
        """Whether a rule for this entry is in the chain, of ours or of others, without reading the chain."""
        words = check_rule(self.programs[entry.scope.version], self.chain, entry.key, self.target, ours=ours)
        return run(words, timeout=_SECONDS).exitcode == 0

    def is_met(self, entries: Sequence[Entry]) -> bool:
        """Whether packets meet a rule for any of these entries. One look at the chain: asking for a rule reads as much each time."""
        for version in {entry.scope.version for entry in entries}:
            words = save(self.programs[version], counters=False)
            answer = run(words, timeout=_SECONDS, max_output=_MOST)
            if answer.exitcode == 0 and leads(answer.stdout, self.chain):
                keys = [entry.key for entry in entries if entry.scope.version == version]
                if any(has_rule(answer.stdout, self.chain, key, self.target) for key in keys):
                    return True
        return False

    def has_words(self, version: int, words: str) -> bool:
        """Whether a rule of these words is in the chain."""
        return run([self.programs[version], "-w", "10", "-C", self.chain, *words.split()], timeout=_SECONDS).exitcode == 0

    def leads(self, version: int) -> bool:
        """Whether INPUT leads to the chain."""
        return leads(run(list_hooks(self.programs[version]), timeout=_SECONDS).stdout, self.chain)

    def sight(self) -> Sight | None:
        """What is seen of the chain at a glance: of the legacy iptables nothing is."""
        return glance() if uses_nf_tables(*self.programs.values()) else None

    def apply(self, before: Mapping[int, Chain], lines: Mapping[int, list[str]]) -> int:
        """Carry out the lines of each family. Raises BackendFailed, and then both are as they were before.

        Gives how many families had any: by so much the generation grew.
        """
        done: list[int] = []
        for version in FAMILIES:
            if not lines.get(version):
                continue
            try:
                self._restore(version, lines[version])
            except RPCAborted:
                for earlier in done:
                    self._restore(earlier, as_before(before[earlier], self.chain))
                raise
            done.append(version)
        return len(done)

    def _restore(self, version: int, lines: list[str]) -> None:
        words = restore(self.programs[version])
        answer = run(words, stdin=input_of(lines), timeout=_SECONDS)
        if answer.timed_out:
            raise BackendFailed(f"{words[0]} took longer than {_SECONDS:g} seconds")
        if answer.exitcode:
            said = [line for line in answer.stderr.splitlines() if line.strip() and not line.startswith("Try ")]
            raise BackendFailed(f"{words[0]}: {' '.join(said)[:500] or f'exit code {answer.exitcode}'}")
