"""Whose messages there are most of: senders, domains, errors and the like, over some hosts."""

from collections.abc import Sequence
from typing import cast

from mcollective_py.client.results import RPCResult

from ..layout import size_text
from ..orders import both
from ..outcomes import many
from ..tallies import KINDS
from .cells import Column, line_of, plain, titles_of
from .filterwords import of_top
from .rows import Row
from .screen import View, bindings_of
from .tops import COUNT, TopRow, Tops

_COLUMNS = (
    Column("MESSAGES", 9, is_right=True),
    Column("RECIPIENTS", 10, is_right=True, above=60),
    Column("SIZE", 6, is_right=True, above=50),
    Column("FROZEN", 7, is_right=True, above=40),
    Column("NAME"),
)
_WORDS = {"sender_domains": "sender domains", "domains": "recipient domains", "auths": "logins"}


class TopScreen(View):
    """The lists."""

    name_of = "tops"
    BINDINGS = bindings_of("tops")

    def __init__(self, hosts: Sequence[str]) -> None:
        super().__init__()
        self._hosts, self._kind, self._sums = tuple(hosts), KINDS[0], Tops()
        self._asked: int | None = None
        self._troubles: list[str] = []
        self._shown: list[TopRow] = []

    def begin(self) -> None:
        """See View."""
        self._ask()

    def _ask(self) -> None:
        if self._asked is not None:
            self.top.drop(self._asked)
        sums, self._troubles = Tops(), []

        def answered(result: RPCResult) -> None:
            if result.is_ok:
                sums.take(result.data)
                self._sums = sums
            else:
                self._troubles.append(f"{result.sender}: {result.statusmsg}")
            self.draw_soon()

        def ended(silent: Sequence[str], reason: str) -> None:
            self._asked, self._sums = None, sums
            self._troubles += [f"{host}: {reason or 'no answer'}" for host in silent]
            self.draw_soon()

        select = {"select": self.top.select} if self.top.select else {}
        self._asked = self.top.ask("top", {"by": self._kind, "count": COUNT, **select}, self._hosts, answered, ended)

    def head(self) -> str:
        """See View."""
        where = plain(self._hosts[0]) if len(self._hosts) == 1 else f"{len(self._hosts)} hosts"
        state = ", counting" if self._asked is not None else ""
        return f"top {_WORDS.get(self._kind, self._kind)} of {many(self._sums.matched)}, {where}{state}"

    def titles(self) -> str:
        """See View."""
        return titles_of(_COLUMNS, self.size.width)

    def lines(self) -> tuple[Sequence[Row], int | None]:
        """See View."""
        self._shown = self._sums.rows
        rows = [
            line_of(
                [str(row.messages), str(row.recipients), size_text(row.bytes), str(row.frozen), row.name], _COLUMNS, self.size.width
            )
            for row in self._shown
        ]
        return [Row(row) for row in rows], None

    def remark(self) -> str:
        """See View."""
        return "\n".join(plain(one) for one in self._troubles[:3])

    def on_unmount(self) -> None:
        """Nobody waits for the rest."""
        if self._asked is not None:
            self.top.drop(self._asked)

    def action_next_kind(self) -> None:
        """The next list."""
        self._turn(1)

    def action_previous_kind(self) -> None:
        """The one before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self._kind = KINDS[(KINDS.index(self._kind) + by) % len(KINDS)]
        self._sums = Tops()
        self.rows.show_lines((), 0)
        self._ask()
        self.draw()

    def action_update(self) -> None:
        """Count anew."""
        self._ask()
        self.draw()

    def action_choose(self) -> None:
        """The messages of a row."""
        from .messagescreen import MessageScreen  # which opens this one

        if self.rows.cursor >= len(self._shown):
            return
        row, hosts, top = self._shown[self.rows.cursor], self._hosts, self.top
        top.use_filter(both(top.select, of_top(self._kind, row.name)))
        if any(isinstance(screen, MessageScreen) for screen in top.screen_stack):
            top.pop_screen()
            cast(View, top.screen).filter_changed()
        else:
            top.switch_screen(MessageScreen(hosts))
