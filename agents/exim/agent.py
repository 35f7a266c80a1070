"""Exim's queues: what is in them, what becomes of it, and why. Everything is imported where it is used."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mcollective_py.agent import Agent, InvalidRPCData, RPCAborted, RPCReply, RPCRequest, action

from .blocking import Blocking
from .delivering import Delivering
from .tracing import Tracing

if TYPE_CHECKING:
    from .queue import Listing
    from .reader import Reader

_MAX_ROWS, _MAX_PART = 20_000, 5000  # messages of a historic listing, and of one part of a list
_MAX_TOLD = 100  # broken messages that a reply names
_SECONDS = 25.0  # for a program of Exim: the agent has 30


class Exim(Delivering, Tracing, Blocking, Agent):
    """Looks after the mail queues of Exim; what changes things stands in files of its own."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """Where there is an Exim."""
        from .places import PROGRAMS, program_of

        if program_of(config) is not None:
            return True
        import logging

        logging.getLogger("mcollective_py.agents.exim").info("there is no Exim at %s", config.get("exim") or ", ".join(PROGRAMS))
        return False

    # --- what is queued -----------------------------------------------------------------------------------------------

    @action
    def mailq(self, request: RPCRequest, reply: RPCReply) -> None:
        """The historic listing."""
        from mcollective_py.agent.uncollected import uncollected

        from .layout import mailq_row

        reader = self._reader()
        with uncollected():
            found = self._listing(reader, request, reply)
            reply["mailq"] = [mailq_row(mail, reader.now) for mail in found.messages[:_MAX_ROWS]]
        reply["size"] = len(found.messages)
        reply["frozen"] = sum(mail.is_frozen for mail in found.messages)

    @action
    def size(self, request: RPCRequest, reply: RPCReply) -> None:
        """How many messages there are, and how many of them are meant."""
        found = self._listing(self._reader(), request, reply)
        reply["total"], reply["matched"] = found.total, len(found.messages)
        reply["frozen"] = sum(mail.is_frozen for mail in found.messages)

    @action
    def count(self, request: RPCRequest, reply: RPCReply) -> None:
        """Numbers of a selection."""
        from .tallies import counted

        reader = self._reader()
        found = self._listing(reader, request, reply)
        for name, value in counted(found.messages, reader.now).items():
            reply[name] = value
        reply["total"] = found.total

    @action
    def list(self, request: RPCRequest, reply: RPCReply) -> None:
        """Messages with columns of one's choice, part by part."""
        from .fields import columns_of, row_of
        from .messageid import is_message_id

        limit, after = int(request.between("limit", 1, _MAX_PART, 1000)), request.get("after", "")
        if after and not is_message_id(after):
            raise InvalidRPCData("after is the id of the last message that is known")
        columns, reader = columns_of(request.get("columns", "")), self._reader()
        found = self._listing(reader, request, reply)
        due = [mail for mail in found.messages if mail.id > after] if after else found.messages
        reply["messages"] = [row_of(mail, columns, reader.now, reader.last_try) for mail in due[:limit]]
        reply["matched"], reply["total"] = len(found.messages), found.total
        reply["next"] = due[limit - 1].id if len(due) > limit else ""

    @action
    def summarytext(self, request: RPCRequest, reply: RPCReply) -> None:
        """The queue by domain, as exiqsumm prints it."""
        from .layout import domain_rows, summary_text

        reader = self._reader()
        reply["summary"] = summary_text(domain_rows(self._listing(reader, request, reply).messages, reader.now))

    @action
    def summary(self, request: RPCRequest, reply: RPCReply) -> None:
        """The queue by domain, as rows."""
        from .layout import domain_rows

        reader = self._reader()
        rows = domain_rows(self._listing(reader, request, reply).messages, reader.now)
        reply["domains"] = sorted(rows, key=lambda row: (-row["count"], row["domain"]))[:_MAX_PART]

    @action
    def histogram(self, request: RPCRequest, reply: RPCReply) -> None:
        """How old messages are."""
        from .tallies import by_age

        reader = self._reader()
        reply["ages"] = by_age(self._listing(reader, request, reply).messages, reader.now)

    @action
    def top(self, request: RPCRequest, reply: RPCReply) -> None:
        """Whose messages there are most of."""
        from .tallies import top

        count, reader = int(request.between("count", 1, 1000, 100)), self._reader()
        found = self._listing(reader, request, reply)
        reply["top"] = top(found.messages, request.get("by", "senders"), count, reader.last_try)
        reply["matched"] = len(found.messages)

    # --- one message --------------------------------------------------------------------------------------------------

    @action
    def show(self, request: RPCRequest, reply: RPCReply) -> None:
        """Envelope, headers and log of a message."""
        from .fields import COLUMNS, row_of
        from .queue import read_part
        from .spoolfile import MAX_FILE, BrokenSpoolFile, parse_headers

        reader = self._reader()
        mail = reader.message(request["msgid"])
        reply["message"] = row_of(mail, COLUMNS, reader.now, reader.last_try)
        try:
            content, _ = read_part(f"{mail.folder}/{mail.id}-H", MAX_FILE)
            reply["headers"] = "\n".join(parse_headers(content))[: 256 * 1024]
        except (OSError, BrokenSpoolFile) as error:
            raise RPCAborted(f"No message matching {mail.id}: it has just left the queue") from error
        reply["log"] = reader.log_of(mail, 64 * 1024)

    @action
    def body(self, request: RPCRequest, reply: RPCReply) -> None:
        """The first bytes of a message's body. It is somebody's letter: an action of its own, so that a policy can deny it."""
        from .queue import read_part

        limit, reader = int(request.between("limit", 1, 256 * 1024, 4096)), self._reader()
        mail = reader.message(request["msgid"])
        try:
            content, is_more = read_part(f"{mail.folder}/{mail.id}-D", limit + len(mail.id) + 3)
        except OSError as error:
            raise RPCAborted(f"No message matching {mail.id}: it has just left the queue") from error
        reply["body"] = content.partition(b"\n")[2].decode("utf-8", "replace")
        reply["truncated"] = is_more

    # --- logs and hints -----------------------------------------------------------------------------------------------

    @action
    def exigrep(self, request: RPCRequest, reply: RPCReply) -> None:
        """What the log says of the messages that a pattern finds."""
        from mcollective_py.agent.pattern import Pattern

        from .logs import log_files, search

        reader, pattern = self._reader(), Pattern(request["pattern"], 300_000_000)
        since, until = reader.between(request.data)
        newest = reader.mainlog
        # Without a bound only the present log, as ever; with one all that may have lines since then.
        paths = log_files(newest, since) if since or until else [newest]
        found = search(paths, pattern.is_in, since, until, int(request.between("limit", 1, 20_000, 2000)))
        reply["matches"], reply["messages"] = found.text, found.messages
        reply["lines"], reply["truncated"], reply["files"] = found.lines, found.truncated, len(paths)

    @action
    def paniclog(self, request: RPCRequest, reply: RPCReply) -> None:
        """The end of the panic log."""
        from .logs import tail

        lines, size, changed = tail(self._reader().places.paniclog, int(request.between("lines", 1, 1000, 20)))
        reply["paniclog"], reply["bytes"], reply["changed_at"] = "\n".join(lines), size, int(changed)

    @action
    def exinext(self, request: RPCRequest, reply: RPCReply) -> None:
        """When what is tried again, and why it was not delivered."""
        from .hints import MAX_ROWS, about, parse_retry

        rows = about(parse_retry(self._database("retry")), request.get("about", ""))
        reply["retry"], reply["count"] = rows[:MAX_ROWS], len(rows)

    @action
    def ratelimits(self, request: RPCRequest, reply: RPCReply) -> None:
        """What Exim remembers of rates."""
        from .hints import MAX_ROWS, about, parse_rates

        rows = sorted(about(parse_rates(self._database("ratelimit")), request.get("about", "")), key=lambda row: -row["rate"])
        reply["rates"], reply["count"] = rows[:MAX_ROWS], len(rows)

    # --- Exim itself --------------------------------------------------------------------------------------------------

    @action
    def exiwhat(self, request: RPCRequest, reply: RPCReply) -> None:
        """What Exim's processes do."""
        from .places import tool_of

        reply["exiwhat"] = self._run([tool_of(self.config, "exiwhat")]).splitlines()

    @action
    def testaddress(self, request: RPCRequest, reply: RPCReply) -> None:
        """How an address is routed."""
        from .commands import exim_bt

        # Exim answers 2 for an address that it cannot deliver to, and 1 for one that cannot be judged now; both are answers.
        reply["routing_information"] = self._run(exim_bt(self._reader().places.exim, request["address"]), allowed=(0, 1, 2))

    @action
    def health(self, request: RPCRequest, reply: RPCReply) -> None:
        """Whether Exim does its work."""
        from mcollective_py.agent import run
        from mcollective_py.agent.ownsettings import number

        from .health import Findings, daemon_pid, exim_version, free_percent, parse_version, problems_of
        from .logs import tail
        from .tallies import counted

        reader = self._reader()
        places, found = reader.places, reader.listing({})
        numbers = counted(found.messages, reader.now)
        answer = run(exim_version(places.exim), timeout=10)
        findings = Findings(
            version=parse_version(answer.stdout),
            config_error=""
            if answer.exitcode == 0
            else (answer.stderr or answer.stdout).strip()[:500] or f"exit code {answer.exitcode}",
            pid=daemon_pid(places.pid_file, ("exim", "exim4", places.exim.rpartition("/")[2])),
            messages=found.total,
            frozen=numbers["frozen"],
            broken=len(found.broken),
            oldest=numbers["oldest"],
            panic_bytes=tail(places.paniclog, 1)[1],
            free=free_percent(places.spool),
        )
        limits = {name: number(self.config, "exim", name, otherwise, 0, 1e12) for name, otherwise in _LIMITS.items()}
        problems = problems_of(findings, limits)
        reply["status"], reply["problems"] = "problems" if problems else "ok", problems
        for name in ("version", "pid", "messages", "frozen", "oldest", "panic_bytes"):
            reply[name] = getattr(findings, name)
        reply["free"], reply["spool"] = round(findings.free, 1), places.spool

    # --- how ----------------------------------------------------------------------------------------------------------

    def _reader(self) -> "Reader":
        from .reader import Reader

        return Reader(self.config)

    def _listing(self, reader: "Reader", request: RPCRequest, reply: RPCReply) -> "Listing":
        found = reader.listing(request.data)
        reply["broken"] = [{"msgid": one.id, "reason": one.reason} for one in found.broken[:_MAX_TOLD]]
        return found

    def _database(self, name: str) -> str:
        """A database as text; nothing where Exim has not made it yet."""
        from pathlib import Path

        from .hints import dump_database
        from .places import tool_of

        spool = self._reader().places.spool
        if not Path(spool, "db", name).exists():
            return ""
        return self._run(dump_database(tool_of(self.config, "exim_dumpdb"), spool, name))

    def _run(self, words: Sequence[str], allowed: tuple[int, ...] = (0,)) -> str:
        from mcollective_py.agent import run

        answer = run(words, timeout=_SECONDS)
        if answer.timed_out:
            raise RPCAborted(f"{words[0]} took longer than {_SECONDS:g} seconds")
        if answer.exitcode not in allowed:
            raise RPCAborted(f"{words[0]}: {(answer.stderr or answer.stdout).strip()[:1000] or f'exit code {answer.exitcode}'}")
        return answer.stdout


_LIMITS = {"max_messages": 0.0, "max_frozen": 0.0, "max_age": 0.0, "min_free": 5.0}
