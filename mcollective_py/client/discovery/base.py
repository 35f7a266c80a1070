"""The port that discovery methods stand behind, and what a discovery gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ...config import Config
from ...filter import Filter
from ..results import Refusal

CAPABILITIES = ("facts", "classes", "agents", "identity", "compound")  # the parts of a filter


@dataclass(frozen=True, slots=True)
class Discovered:
    """Who is there. nodes: sorted, or in the order of a list. seconds: how long it took. is_complete: False where it was cut short.
    method: its name.

    silent_known: hosts that answered the same question before and not now. refusals: nodes that refused the question.
    unverified: answers dropped because nobody vouches for them.
    ended: `known` all hosts known for this filter answered, `window` the whole window was waited for, `named` the filter named them,
    `source` a list gave them, `limit` enough were found, `interrupted`. age: seconds since a whole window was last waited for, None
    where that was now, or where nothing rests on it.
    """

    nodes: tuple[str, ...] = ()
    seconds: float = 0.0
    is_complete: bool = True
    silent_known: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    unverified: int = 0
    method: str = "mc"
    ended: str = "window"
    age: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a discovery method is asked: whom the filter means in this collective.

    filter: only what the method's capabilities take; the agent of the call is in it where `agents` is one of them. timeout: seconds
    that a method may take which asks somebody else.
    """

    filter: Filter
    collective: str
    timeout: float


class DiscoveryMethod(Protocol):
    """A way to find hosts without asking them; made new for each discovery.

    capabilities: the parts of a filter that it applies itself. Whoever calls it never hands it another one.
    """

    name: str
    capabilities: frozenset[str]

    def discover(self, question: Question) -> Discovered:
        """Who is meant. Raises DiscoveryError for a source that cannot be used; that is never nobody."""


class MakesMethod(Protocol):
    """A class or function that makes a method; config: the client's, options: the words of --do in their order.

    Raises UsageError for options that it does not take.
    """

    def __call__(self, options: Sequence[str], config: Config) -> DiscoveryMethod: ...
