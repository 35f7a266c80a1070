"""One message: envelope, headers and log; the body for who asks for it."""

from collections.abc import Sequence

from mcollective_py.client.results import RPCResult

from ..shown import message_lines
from .cells import plain
from .rows import Row
from .screen import View, bindings_of

_BODY = 16 * 1024  # bytes of a body


class MessageView(View):
    """A message of a host."""

    name_of = "message"
    has_cursor = False
    BINDINGS = bindings_of("message")

    def __init__(self, host: str, id: str) -> None:
        super().__init__()
        self._host, self._id, self._said = host, id, "asking"
        self._texts: dict[str, list[str]] = {}

    def begin(self) -> None:
        """See View."""
        self._ask("show", {"msgid": self._id})

    def _ask(self, action: str, inputs: dict[str, object]) -> None:
        def answered(result: RPCResult) -> None:
            self._said = "" if result.is_ok else result.statusmsg
            if result.is_ok:
                self._texts[action] = message_lines(result.data) if action == "show" else _body_lines(result)
            self.draw_soon()
            if result.is_ok and action == "body":
                self.call_later(self._lead_to_body)
            if result.is_ok and action == "body":
                self._lead_to_body()

        def ended(silent: Sequence[str], reason: str) -> None:
            if silent or reason:
                self._said = reason or f"{self._host} gave no answer"
                self.draw_soon()

        self.top.ask(action, inputs, (self._host,), answered, ended)

    def head(self) -> str:
        """See View."""
        return plain(f"{self._id} on {self._host}")

    def lines(self) -> tuple[Sequence[Row], int | None]:
        """See View."""
        return [Row(plain(line)) for name in ("show", "body") for line in self._texts.get(name, ())], None

    def remark(self) -> str:
        """See View."""
        return plain(self._said)

    def action_body(self) -> None:
        """The first bytes of the body."""
        self._said = "asking for the body"
        self._ask("body", {"msgid": self._id, "limit": _BODY})
        self.draw()

    def _lead_to_body(self) -> None:
        """It stands below headers and log: nothing would be seen of it else."""
        self.draw()
        if self._can_draw:
            self.rows.scroll_to(y=len(self._texts.get("show", ())) + 1, animate=False, immediate=True)


def _body_lines(result: RPCResult) -> list[str]:
    text = result.data.get("body")
    lines = text.replace("\r\n", "\n").split("\n") if isinstance(text, str) else []
    more = [f"--- and more than {_BODY} bytes ---"] if result.data.get("truncated") is True else []
    return ["", "--- body ---", *lines, *more]
