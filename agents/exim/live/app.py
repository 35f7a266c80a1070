"""The program behind the screens: what all of them share, and the way of what hosts say to the screen that asked."""

import asyncio
import signal
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from textual.app import App
from textual.events import Event, Key
from textual.message import Message

from mcollective_py.client.results import RPCResult

from .asking import Answer, Back, Broken, End, Fleet, Found, Lost, Question
from .asking import Event as FleetEvent
from .cells import plain
from .filterwords import selection_of
from .helpscreen import HelpScreen
from .hosts import Hosts
from .hostscreen import HostScreen
from .question import Really
from .screen import View, bindings_of

_SAID_FOR = 10.0  # seconds that a remark stands
_LOOK_EVERY = 60.0  # seconds between two searches for hosts that are new
_ANSWER_WITHIN = 10.0  # seconds after which a host that gave no numbers is asked again

Answered = Callable[[RPCResult], None]
Ended = Callable[[Sequence[str], str], None]


class Told(Message):
    """Something came from the fleet."""

    def __init__(self, event: FleetEvent) -> None:
        super().__init__()
        self.event = event


class EximTop(App[int]):
    """The view. fleet: who is asked; it tells its events to `told`.

    names: the hosts that were found. actions: those that the agent has. typed: the first filter. interval: seconds. clock: a monotonic
    one, in seconds.
    """

    ENABLE_COMMAND_PALETTE = False
    INLINE_PADDING = 0
    CSS = """
    Screen { layout: vertical; overflow: hidden; background: ansi_default; color: ansi_default; }
    #head { text-style: bold; height: 1; width: 100%; text-wrap: nowrap; }
    #titles { text-style: underline; height: 1; width: 100%; text-wrap: nowrap; }
    #remark { height: auto; max-height: 6; width: 100%; }
    #keys { height: 1; width: 100%; text-wrap: nowrap; }
    FilterInput { height: 1; border: none; background: ansi_default; color: ansi_default; }
    """
    BINDINGS = bindings_of("everywhere")

    def __init__(
        self,
        fleet: Fleet,
        names: Collection[str],
        *,
        actions: Collection[str],
        typed: str = "",
        interval: float = 3.0,
        max_messages: int = 1000,
        noop: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.fleet, self.max_messages, self.noop, self.now = fleet, max_messages, noop, clock
        self.hosts = Hosts(interval)
        self.hosts.learn(names)
        self._actions = frozenset(actions)
        self.typed, self.select = typed, selection_of(typed)
        self._lost, self._said, self._said_at = "", "", 0.0
        self.fault: Exception | None = None
        self._asked: dict[int, tuple[Answered, Ended, tuple[str, ...]]] = {}
        self._last = 0
        self._looked = clock()

    # --- the fleet ----------------------------------------------------------------------------------------------------

    def told(self, event: FleetEvent) -> None:
        """Take an event, from any thread."""
        self.post_message(Told(event))

    def ask(self, action: str, inputs: Mapping[str, Any], hosts: tuple[str, ...], answered: Answered, ended: Ended, **more: Any) -> int:
        """Ask hosts; its number. ended: is told who was silent, and why it ended early, empty where it did not."""
        self._last += 1
        self._asked[self._last] = (answered, ended, hosts)
        self.fleet.ask(Question(self._last, action, inputs, hosts, **more))
        return self._last

    def drop(self, number: int) -> None:
        """Nobody waits for its answers any more."""
        if self._asked.pop(number, None) is not None:
            self.fleet.drop(number)

    def can(self, action: str) -> bool:
        """Whether the agent has an action."""
        return action in self._actions

    def on_told(self, told: Told) -> None:
        """An event of the fleet."""
        event = told.event
        if isinstance(event, Answer):
            if event.number in self._asked:
                self._asked[event.number][0](event.result)
        elif isinstance(event, End):
            if (asked := self._asked.pop(event.number, None)) is not None:
                asked[1](asked[2] if event.reason and not event.silent else event.silent, event.reason)
        elif isinstance(event, Found):
            self.hosts.learn(event.hosts)
        elif isinstance(event, Lost):
            self._lost = plain(f"no broker: {event.reason.partition(chr(10))[0]}")
            self.tell("")
        elif isinstance(event, Back):
            self._lost = ""
            self.hosts.hurry()
            self.tell("the broker is there again")
        elif isinstance(event, Broken):
            self.fault = event.fault
            self.exit(1)

    # --- the clock ----------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """See textual."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.exit, 128 + number)
        self.push_screen(HostScreen())
        self.ask_hosts()
        self.set_interval(0.5, self._tick)
        self.set_interval(max(self.hosts.interval, 3.0), self._again)

    def _tick(self) -> None:
        """Ask who is due; draw what has become older."""
        self.ask_hosts()
        if self.now() - self._looked >= _LOOK_EVERY:
            self._looked = self.now()
            self.fleet.look()
        if isinstance(self.screen, View):
            self.screen.draw()

    def _again(self) -> None:
        if isinstance(self.screen, View) and not self._lost:
            self.screen.again()

    def ask_hosts(self) -> None:
        """Ask for the numbers of all hosts that are due."""
        names = self.hosts.due(self.now())
        if not names or self._lost:
            return
        hosts, select = self.hosts, self.select

        def answered(result: RPCResult) -> None:
            if select != self.select:
                return
            if result.is_ok:
                hosts.answered(result.sender, result.data, self.now())
            else:
                hosts.failed(result.sender, result.statusmsg, self.now())
            if isinstance(self.screen, HostScreen):
                self.screen.draw_soon()

        def ended(silent: Sequence[str], reason: str) -> None:
            if select == self.select:
                hosts.unanswered(names, self.now())

        hosts.asked(names, self.now())
        self.ask("count", {"select": select} if select else {}, names, answered, ended, timeout=_ANSWER_WITHIN)

    # --- what screens share -------------------------------------------------------------------------------------------

    def tell(self, text: str) -> None:
        """Say something below the lines, for a while."""
        self._said, self._said_at = text, self.now()
        if isinstance(self.screen, View):
            self.screen.draw()

    @property
    def remark(self) -> str:
        """What is to be said on every screen."""
        said = self._said if self.now() - self._said_at < _SAID_FOR else ""
        return "\n".join(part for part in (self._lost, said) if part)

    def is_current(self, screen: View) -> bool:
        """Whether it is the one that is seen, and nobody is asked anything on it."""
        return self.screen is screen

    def use_filter(self, typed: str) -> None:
        """Mean other messages. Raises InvalidRPCData, and means the same as before then."""
        select = selection_of(typed)
        self.typed = typed
        if select != self.select:
            self.select, self._said = select, ""
            self.hosts.forget_numbers()
            self.ask_hosts()

    async def on_event(self, event: Event) -> None:
        """See textual, which hands keys on to the one who has the keyboard: characters that come fast would be overtaken there."""
        if isinstance(event, Key):
            is_typing = isinstance(self.screen, View) and self.screen.is_typing
            # Over a slow line an Escape comes together with the next key; textual calls them a key with Alt, or a ^ before it.
            if event.key.startswith("alt+"):
                await self.on_event(Key("escape", None))
                event = Key(event.key.removeprefix("alt+"), event.character)
            elif event.key == "circumflex_accent" and not is_typing:
                event = Key("escape", None)
        is_taken = isinstance(event, Key) and isinstance(self.screen, View) and self.screen.takes(event)
        if not is_taken:
            await super().on_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See textual: what is typed is for the filter, and a question is answered."""
        if action in ("leave", "help", "earlier"):
            return not (isinstance(self.screen, Really) or (isinstance(self.screen, View) and self.screen.is_typing))
        return True

    def _handle_exception(self, error: Exception) -> None:
        """See textual, which would print a page of everything that was known when a fault of ours came up."""
        self.fault = self.fault or error
        super()._handle_exception(error)
        self._exit_renderables.clear()

    def action_leave(self) -> None:
        """The end."""
        self.exit(0)

    def action_end(self) -> None:
        """The end, whatever has the keyboard."""
        self.exit(0)

    def action_earlier(self) -> None:
        """The screen before."""
        if len(self.screen_stack) > 2:
            self.pop_screen()

    def action_help(self) -> None:
        """All keys."""
        if not isinstance(self.screen, HelpScreen | Really):
            self.push_screen(HelpScreen())
