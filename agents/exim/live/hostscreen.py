"""The first screen: every host with the numbers of its queue."""

import time
from collections.abc import Sequence

from ..layout import age_text, size_text
from .cells import Column, line_of, plain, titles_of, widths_of
from .hosts import SORTS, Host, titles
from .messagescreen import MessageScreen
from .rows import Drawn, Row
from .screen import View, bindings_of
from .topscreen import TopScreen

# Cells of each column, and of a terminal that is too narrow for it: the name of the host is never what is left out.
_WIDTHS = ((0, 0), (9, 14), (7, 62), (7, 28), (8, 54), (6, 46), (7, 36), (9, 72))


class HostScreen(View):
    """The hosts."""

    name_of = "hosts"
    BINDINGS = bindings_of("hosts")

    def begin(self) -> None:
        """See View."""
        self._sort, self._shown = "messages", list[Host]()

    def head(self) -> str:
        """See View."""
        sums = self.top.hosts.totals(self.top.now())
        parts = [f"{sums.hosts} hosts" if sums.hosts != 1 else "1 host"]
        parts += [f"{sums.silent} SILENT"] if sums.silent else []
        parts += [f"{sums.failed} FAILED"] if sums.failed else []
        of = f" of {sums.total}" if self.top.select else ""
        parts += [f"{sums.messages}{of} messages", f"{sums.frozen} frozen", f"{sums.bounces} bounces"]
        parts += [size_text(sums.size), f"oldest {age_text(sums.oldest)}"]
        told = f"exim: {', '.join(parts)}"
        clock = time.strftime("%H:%M:%S")
        return f"{told:<{self.size.width - len(clock) - 1}} {clock}" if len(told) + len(clock) < self.size.width else told

    def _columns(self) -> list[Column]:
        sorted_by = "matched" if self._sort == "messages" and self.top.select else self._sort
        names = [f"{name}*" if name.lower() == sorted_by else name for name in titles(bool(self.top.select))]
        return [
            Column(name, width, is_right=0 < at < len(names) - 1, above=above)
            for at, (name, (width, above)) in enumerate(zip(names, _WIDTHS, strict=True))
        ]

    def titles(self) -> str:
        """See View."""
        return titles_of(self._columns(), self.size.width)

    def lines(self) -> tuple[Sequence[Row], int | None]:
        """See View."""
        now, columns, known = self.top.now(), self._columns(), self.top.hosts
        before = self._chosen()
        self._shown = known.rows(self._sort, now)
        shown = self._shown

        def line(at: int) -> Row:
            host = shown[at]
            is_fresh = host.is_fresh(now, known.patience)
            numbers = [host.messages, host.total, host.frozen, host.bounces]
            told = [*map(str, numbers), size_text(host.size), age_text(host.oldest) if host.messages else ""]
            state, width = known.state(host, now), self.size.width
            # Numbers that are not those of now are not where numbers stand: nobody adds them up at a glance.
            short = [Column("", widths_of(columns, width)[0] or 0), Column("")]
            text = line_of([host.name, *told, state], columns, width) if is_fresh else line_of([host.name, state], short, width)
            return Row(text, is_faint=not is_fresh, is_loud=bool(host.trouble))

        rows = Drawn(len(shown), line)
        if before is None or not self.rows.is_touched:  # nobody chose it: the first line stays the first
            return rows, None
        return rows, next((number for number, host in enumerate(self._shown) if host.name == before.name), None)

    def remark(self) -> str:
        """See View: what the chosen host says, where its line is too short for it."""
        host = self._chosen()
        return plain(f"{host.name}: {host.trouble}") if host is not None and host.trouble else ""

    def on_rows_moved(self) -> None:
        """Another host is chosen."""
        self.draw_remark()

    def _chosen(self) -> Host | None:
        at = self.rows.cursor
        return self._shown[at] if at < len(self._shown) else None

    def again(self) -> None:
        """See View: the program itself asks for these numbers."""

    def action_choose(self) -> None:
        """The messages of the host."""
        if (host := self._chosen()) is not None:
            self.top.push_screen(MessageScreen((host.name,)))

    def action_all_messages(self) -> None:
        """The messages of all."""
        self.top.push_screen(MessageScreen(self.top.hosts.names))

    def action_sort(self) -> None:
        """The next order."""
        names = list(SORTS)
        self._sort = names[(names.index(self._sort) + 1) % len(names)]
        self.draw()

    def action_tops(self) -> None:
        """Whose messages there are most of."""
        self.top.push_screen(TopScreen(self.top.hosts.names))

    def action_update(self) -> None:
        """Ask now."""
        self.top.fleet.look()
        self.top.hosts.hurry()
        self.top.ask_hosts()
