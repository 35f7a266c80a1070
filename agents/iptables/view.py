"""One look at a host, with the store locked: what is kept, and as much of what the kernel has as somebody wants to know."""

from collections.abc import Collection

from .backend import Backend, Effect
from .choosing import ready_backend
from .compared import drift, overdue
from .entries import Entries, as_entries
from .entry import Entry, Key
from .generation import Generation, generation
from .settings import Settings
from .state import State
from .store import Store
from .untouched import Mark, Seen, Sight, boot_id, keep_seen, read_seen


class View:
    """What is kept, the back end, and the effect: of everything, or only of what a change is about.

    The latter where the kernel shows that nobody has changed anything since we did.
    """

    def __init__(self, settings: Settings, store: Store, now: float, boot: str, *, reads_all: bool) -> None:
        """Raises RPCAborted. boot: of now. reads_all: whether all of the kernel's side is looked at in any case."""
        self._settings, self._store, self._now, self._boot = settings, store, now, boot
        seen, identity = read_seen(store.folder), store.identity()
        is_known = seen is not None and bool(identity) and seen.store == identity
        self.kept: State = store.read(is_known=is_known and not reads_all)
        self.backend: Backend = ready_backend(settings, self.kept)
        self._sight: Sight | None = self.backend.sight()
        self._seen = seen if is_known else None
        self.is_read = False
        self.effect: Effect = Effect(True)
        is_as_left = is_known and seen is not None and seen.is_still(self._sight, self._words, identity, boot, now)
        if reads_all or not is_as_left or self.kept.installed != self.backend.name or overdue(self.kept, now):
            self._read()

    @property
    def drift(self) -> tuple[str, ...]:
        """What somebody else has changed, in words."""
        if not self.is_read or self.kept.installed != self.backend.name:
            return ()
        return tuple(drift(self.kept, self.effect, self._now))

    def learn(self, puts: Collection[Key], drops: Collection[Key]) -> None:
        """See to it that the effect tells all that is wanted for a change of these. Raises RPCAborted."""
        if self.is_read:
            return
        believed = self.backend.believed(as_entries(self.kept.entries), [*puts], [*drops])
        if believed is None:
            self._read()
        else:
            self.effect = believed

    def keep(self, after: State, grew: int) -> None:
        """Note how things stand after a change, so that the next one need not look at everything.

        grew: by how much the change has counted the generation up. More than that: somebody else changed something meanwhile.
        """
        if self._sight is None or after.installed != self.backend.name or self.effect.foreign:
            return
        (namespace, number), elements = self._sight
        if (now := generation()) != Generation(namespace, number + grew & 0xFFFFFFFF):
            return
        entries = as_entries(after.entries)
        sight = Sight(now, None if elements is None else self._mark(entries, elements))
        looked = self._now if self.is_read or self._seen is None else self._seen.looked
        keep_seen(self._store.folder, Seen(sight, self._words, self._store.identity(), self._boot, looked))

    def _mark(self, after: Entries, before: Mark) -> Mark:
        """What our sets are to be known by after a change; where they are not, the next look at them shows it."""
        if self.is_read:
            return self.backend.mark(after.all)
        kept = as_entries(self.kept.entries)
        keys = after.differing(kept)
        here, there = after.for_many(len(keys)), kept.for_many(len(keys))
        came, went = [key for key in keys if key not in there], [key for key in keys if key not in here]
        return before.changed(self.backend.mark(came), self.backend.mark(went))

    @property
    def _words(self) -> str:
        return settings_words(self._settings, self.backend)

    def _read(self) -> None:
        self.effect, self.is_read = self.backend.read(), True


def is_untouched(settings: Settings, store: Store, backend: Backend, identity: tuple[int, ...], boot: str, now: float) -> bool:
    """Whether it is certain that the kernel has what is kept and nothing else; without a lock.

    identity: that of the store before what is kept was read. Certain is what the generation alone tells.
    """
    seen = read_seen(store.folder)
    if seen is None or not seen.sight.is_exact or not identity:
        return False
    return seen.is_still(backend.sight(), settings_words(settings, backend), identity, boot, now) and store.identity() == identity


def is_held(settings: Settings, store: Store, state: State, identity: tuple[int, ...], entry: Entry, now: float) -> bool:
    """Whether packets meet an entry that is kept; where nobody can say so without reading everything, the kernel is asked for it.

    state, identity: of the store when the entry was found there. Raises RPCAborted.
    """
    backend = ready_backend(settings, state)
    return is_untouched(settings, store, backend, identity, boot_id(), now) or backend.probe([entry])


def settings_words(settings: Settings, backend: Backend) -> str:
    """What the rules are made by: with other settings they are to be others."""
    return " ".join((backend.name, settings.chain, settings.target, settings.nft, settings.iptables, settings.ip6tables))
