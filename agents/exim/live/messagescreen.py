"""The messages of one host or of all: loaded part by part, marked, and acted on."""

from collections.abc import Sequence

from mcollective_py.client.results import RPCResult

from ..layout import age_text, size_text
from ..outcomes import many
from .acts import ACTS, Act, Aim, Outcomes, question, refusal
from .cells import Column, cut, line_of, plain, titles_of, width_for, widths_of
from .hosts import seconds_text
from .mails import COLUMNS, REFRESHED, SORTS, Mail, MailList, by_host
from .messageview import MessageView
from .outcomescreen import OutcomeScreen
from .question import Really
from .rows import Drawn, Row
from .screen import View, bindings_of
from .topscreen import TopScreen

_TOLD = 3  # messages that a question names


class MessageScreen(View):
    """Messages of these hosts that the filter means."""

    name_of = "messages"
    BINDINGS = bindings_of("messages")

    def __init__(self, hosts: Sequence[str]) -> None:
        super().__init__()
        self.list, self._sort = MailList(hosts), next(iter(SORTS))
        self._shown: list[Mail] = []
        self._open: dict[int, str] = {}  # number of a question -> what it was for
        self._read: float | None = None
        self._counted: dict[str, int] | None = None

    def begin(self) -> None:
        """See View."""
        self._ask_first()

    # --- what is asked ------------------------------------------------------------------------------------------------

    def _ask_first(self) -> None:
        """Read anew what is loaded."""
        self._drop("first")
        by_limit: dict[int, list[str]] = {}
        for host in self.list.hosts:
            by_limit.setdefault(self.list.limit_of(host), []).append(host)
        for limit, hosts in by_limit.items():
            self._ask("first", {"limit": limit}, tuple(hosts), "")

    def _ask(self, what: str, inputs: dict[str, object], hosts: tuple[str, ...], after: str) -> None:
        select = {"select": self.top.select} if self.top.select else {}

        def answered(result: RPCResult) -> None:
            now = self.top.now()
            if result.is_ok:
                self.list.take(result.sender, result.data, after, now)
            else:
                self.list.fail(result.sender, result.statusmsg)
            self.draw_soon()

        def ended(silent: Sequence[str], reason: str) -> None:
            self._open.pop(number, None)
            for host in silent:
                self.list.fail(host, reason or "no answer")
            if what not in self._open.values():
                self._read = self.top.now()
            self.draw_soon()

        everything = {"columns": COLUMNS, **({"after": after} if after else {}), **inputs, **select}
        number = self.top.ask("list", everything, hosts, answered, ended)
        self._open[number] = what

    def _drop(self, what: str) -> None:
        for number in [number for number, other in self._open.items() if other == what]:
            del self._open[number]
            self.top.drop(number)

    def again(self) -> None:
        """See View: a short list is read anew by itself."""
        if self.list.loaded <= REFRESHED and not self._open and self.top.is_current(self):
            self._ask_first()

    def filter_changed(self) -> None:
        """See View."""
        for what in ("first", "more"):
            self._drop(what)
        self.list, self._read = MailList(self.list.hosts), None
        self.rows.show_lines((), 0)
        self._ask_first()

    def on_rows_moved(self) -> None:
        """Ask for more where somebody will want it."""
        if self.list.has_more and self.rows.is_near_the_end and not self._open:
            for host, after in self.list.further().items():
                self._ask("more", {"limit": self.list.part}, (host,), after)
        self.draw_remark()

    def action_update(self) -> None:
        """Read it anew."""
        self._ask_first()

    def on_unmount(self) -> None:
        """Nobody waits for the rest."""
        for what in ("first", "more"):
            self._drop(what)

    # --- what is shown ------------------------------------------------------------------------------------------------

    @property
    def _is_one_host(self) -> bool:
        return len(self.list.hosts) == 1

    def _columns(self) -> list[Column]:
        width = self.size.width
        host = [] if self._is_one_host else [Column("HOST", width_for("HOST", self.list.hosts, max(width // 6, 8)), above=40)]
        return [
            Column("", 1),
            *host,
            Column("AGE", 4, is_right=True, above=30),
            Column("SIZE", 5, is_right=True, above=50),
            Column("F", 1),
            Column("SENDER", share=5),
            Column("RECIPIENTS", share=5, above=30),
            Column("SUBJECT", share=4 if width > 100 else 3, above=60),
        ]

    def head(self) -> str:
        """See View."""
        where = plain(self.list.hosts[0]) if self._is_one_host else f"{len(self.list.hosts)} hosts"
        read = "reading" if self._read is None else f"read {seconds_text(self.top.now() - self._read)} ago"
        more = f", {len(self._shown)} shown" if self.list.has_more else ""
        marked = ", ALL MARKED" if self.list.is_all_marked else f", {len(self.list.marked)} marked" if self.list.marked else ""
        order = f"{self._sort} of those shown" if self.list.has_more and self._sort != next(iter(SORTS)) else self._sort
        return f"{where}: {many(self.list.matched)}{more}{marked}, {order}, {read}"

    def titles(self) -> str:
        """See View."""
        return titles_of(self._columns(), self.size.width)

    def lines(self) -> tuple[Sequence[Row], int | None]:
        """See View."""
        before, columns, now = self._chosen(), self._columns(), self.top.now()
        self._shown = shown = self.list.rows(self._sort)
        rows = Drawn(len(shown), lambda at: Row(self._line(shown[at], columns, now)))
        if before is None or not self.rows.is_touched:  # nobody chose it: the first line stays the first
            return rows, None
        key = before.key
        return rows, next((at for at, mail in enumerate(self._shown) if mail.key == key), None)

    def _line(self, mail: Mail, columns: Sequence[Column], now: float) -> str:
        more = f" +{len(mail.recipients) - 1}" if len(mail.recipients) > 1 else ""
        cells = ["*" if self.list.is_marked(mail) else ""]
        cells += [] if self._is_one_host else [mail.host]
        cells += [age_text(mail.age + now - mail.came), size_text(mail.size), "F" if mail.is_frozen else ""]
        room = widths_of(columns, self.size.width)[-2] or 0
        first = cut(plain(mail.recipients[0]) if mail.recipients else "", room - len(more))
        cells += [mail.sender or "<>", f"{first}{more}", mail.subject]
        return line_of(cells, columns, self.size.width)

    def remark(self) -> str:
        """See View: who could not be asked, and what the line of the chosen message has no room for."""
        told = [plain(f"{host}: {reason}") for host, reason in self.list.troubles[:2]]
        if (mail := self._chosen()) is not None:
            width = self.size.width
            to = ", ".join(mail.recipients[:5])
            told += [plain(f"{mail.id} {mail.host}: {mail.sender or '<>'} to {to}")[:width]]
            told += [plain(f"  {mail.error}")[:width]] if mail.error else []
        elif not self._shown:
            told.append("asking" if self.list.is_waiting else "no message")
        return "\n".join(told)

    def _chosen(self) -> Mail | None:
        at = self.rows.cursor
        return self._shown[at] if at < len(self._shown) else None

    # --- what is done -------------------------------------------------------------------------------------------------

    def action_sort(self) -> None:
        """The next order."""
        names = list(SORTS)
        self._sort = names[(names.index(self._sort) + 1) % len(names)]
        self.draw()

    def action_choose(self) -> None:
        """Headers and log."""
        if (mail := self._chosen()) is not None:
            self.top.push_screen(MessageView(mail.host, mail.id))

    def action_tops(self) -> None:
        """Whose messages there are most of."""
        self.top.push_screen(TopScreen(self.list.hosts))

    def action_mark(self) -> None:
        """Mark one, and go on."""
        if (mail := self._chosen()) is not None:
            self.list.toggle(mail)
            self.draw()
            self.rows.action_move(1)

    def action_mark_all(self) -> None:
        """All that the filter means."""
        self.list.toggle_all()
        self.draw()

    def action_act(self, action: str) -> None:
        """Ask whether it is meant, then do it."""
        act = next(one for one in ACTS if one.action == action)
        if not self.top.can(action):
            self.top.tell(f"{act.verb}: the agent has no action {action}")
            return
        if self.list.is_all_marked:
            self._count_first(act)
            return
        mail = self._chosen()
        self._really(act, Aim(by_host(self.list.marked or ({mail.key} if mail is not None else set()))))

    def _count_first(self, act: Act) -> None:
        """How many are meant now, host by host: the list may be old, and is not whole."""
        counts: dict[str, int] = {}
        select, troubles = self.top.select, list[str]()

        def answered(result: RPCResult) -> None:
            messages = result.data.get("messages") if result.is_ok else None
            if isinstance(messages, int) and not isinstance(messages, bool) and messages >= 0:
                counts[result.sender] = messages
            else:
                troubles.append(f"{result.sender}: {result.statusmsg}")

        def ended(silent: Sequence[str], reason: str) -> None:
            self.top.tell("")
            left_out = [*troubles, *(f"{host}: {reason or 'no answer'}" for host in silent)]
            if self.top.is_current(self):
                self._really(act, Aim({}, select, counts), left_out)

        self.top.tell("counting what is meant")
        self.top.ask("count", {"select": select} if select else {}, self.list.hosts, answered, ended)

    def _really(self, act: Act, aim: Aim, left_out: Sequence[str] = ()) -> None:
        if why := refusal(act, aim, self.top.max_messages):
            self.top.tell(plain(why))
            return
        notes = [f"left out: {one}" for one in left_out]
        if aim.total <= _TOLD:
            meant = {(host, id) for host, ids in aim.ids.items() for id in ids}
            known = [mail for mail in self._shown if mail.key in meant]
            notes += [f"{mail.id} {mail.sender or '<>'}: {mail.subject}" for mail in known]

        def answered(is_meant: bool | None) -> None:
            if is_meant:
                self._do(act, aim)

        self.top.push_screen(Really(question(act, aim, noop=self.top.noop), notes), answered)

    def _do(self, act: Act, aim: Aim) -> None:
        outcomes = Outcomes(act, list(aim.by_host), noop=self.top.noop)
        shown = OutcomeScreen(outcomes)
        self.top.push_screen(shown)
        for hosts, inputs in aim.requests(act, noop=self.top.noop):
            self._send(act, inputs, hosts, outcomes, shown)

    def _send(self, act: Act, inputs: dict[str, object], hosts: tuple[str, ...], outcomes: Outcomes, shown: OutcomeScreen) -> None:
        def answered(result: RPCResult) -> None:
            outcomes.take(result.sender, result.data, "" if result.is_ok else result.statusmsg)
            shown.draw_soon()

        def ended(silent: Sequence[str], reason: str) -> None:
            for host in (*silent, *(hosts if reason else ())):
                outcomes.silent(host, f"{reason or 'no answer'}: whether it acted is not known")
            shown.draw_soon()
            if not outcomes.due:
                self._finished()

        self.top.ask(act.action, inputs, hosts, answered, ended)

    def _finished(self) -> None:
        """Something was done: nothing is meant any more, and the list is another."""
        self.list.unmark()
        self.top.hosts.hurry()
        self._ask_first()
