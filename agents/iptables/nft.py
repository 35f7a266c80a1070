"""nftables: a table of our own, which touches nothing of the host's."""

from collections.abc import Iterable, Sequence

from mcollective_py.agent import run

from .backend import BackendFailed, Delta, Effect, Hold
from .entries import Entries
from .entry import Entry, Key
from .nftwords import (
    check_stdin,
    delete_table,
    from_stdin,
    get_element,
    is_met,
    list_table,
    parse_element,
    parse_table,
    probe_text,
    set_name,
    transaction,
)  # fmt: skip
from .programs import missing
from .settings import Settings
from .untouched import Mark, Sight, glance

_SECONDS = 20.0
_FEW = 4  # entries that are asked for one by one, 8 ms each: for more of them the table is read
_MOST = 256 << 20  # bytes: a million elements take 110 MB


class Nft:
    """The back end `nft`."""

    name, longest = "nft", float("inf")

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def is_ready(self) -> str | None:
        """See Backend."""
        return missing(self.name, self._settings)

    def read(self) -> Effect:
        """See Backend."""
        answer = run(list_table(self._settings.nft), timeout=_SECONDS, max_output=_MOST)
        if answer.exitcode:
            if "No such file or directory" in answer.stderr:
                return Effect()
            raise BackendFailed(f"nft: {_said(answer.stderr, answer.timed_out)}")
        try:
            return parse_table(answer.stdout, self._settings.target)
        except ValueError as error:
            raise BackendFailed(f"nft printed something else than JSON: {error}") from error

    def probe(self, entries: Sequence[Entry]) -> bool:
        """See Backend."""
        return any(is_met(run(check_stdin(self._settings.nft), stdin=probe_text(entry.key), timeout=5).stderr) for entry in entries)

    def sight(self) -> Sight | None:
        """See Backend."""
        return glance()

    def mark(self, keys: Iterable[Key]) -> Mark:
        """See Backend."""
        return Mark()  # the generation is counted up with every element

    def believed(self, kept: Entries, puts: Sequence[Key], drops: Sequence[Key]) -> Effect | None:
        """See Backend. Only the counters of what gets another end have to be asked for."""
        there = kept.for_many(len(puts))
        renewed = [key for key in puts if key in there]
        if len(renewed) > _FEW:
            return None
        holds = {key: self._hold(key) for key in renewed} | {key: Hold() for key in drops}
        return Effect(True, (), holds, {}, tuple(set_name(scope) for scope in kept.scopes))

    def apply(self, effect: Effect, delta: Delta) -> int:
        """See Backend."""
        text = transaction(effect, delta.puts, delta.drops, delta.scopes, self._settings.target)
        if not text.strip():
            return 0
        self._transact(text)
        return 1

    def made(self, effect: Effect) -> tuple[str, ...]:
        """See Backend."""
        return () if effect.is_set_up else ("table inet mcollective",)

    def teardown(self, effect: Effect, made: Sequence[str]) -> None:
        """See Backend."""
        self._transact(delete_table())

    def leave(self, successor: str, made: Sequence[str]) -> None:
        """See Backend."""
        self._transact(delete_table())

    def _hold(self, key: Key) -> Hold:
        answer = run(get_element(self._settings.nft, key), timeout=_SECONDS)
        return parse_element(answer.stdout) if answer.exitcode == 0 else Hold()  # it is gone by itself since

    def _transact(self, text: str) -> None:
        answer = run(from_stdin(self._settings.nft), stdin=text, timeout=_SECONDS)
        if answer.exitcode:
            raise BackendFailed(f"nft: {_said(answer.stderr, answer.timed_out)}")


def _said(stderr: str, timed_out: bool) -> str:
    """What is told of a failure: its first lines, without the whole input that nft repeats."""
    if timed_out:
        return f"took longer than {_SECONDS:g} seconds"
    lines = [line for line in stderr.splitlines() if "rror" in line]
    return " ".join((lines or stderr.splitlines() or ["it failed and said nothing"])[:2])[:500]
