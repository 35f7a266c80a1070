"""What a discovery gives."""

from dataclasses import dataclass

from ..results import Refusal


@dataclass(frozen=True, slots=True)
class Discovered:
    """Who is there. nodes: sorted. seconds: how long it took. is_complete: False where it was cut short.

    silent_known: hosts that answered the same question before and not now. refusals: nodes that refused the question.
    unverified: answers dropped because nobody vouches for them.
    """

    nodes: tuple[str, ...] = ()
    seconds: float = 0.0
    is_complete: bool = True
    silent_known: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    unverified: int = 0
