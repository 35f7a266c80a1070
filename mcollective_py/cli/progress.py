"""The progress bar: on a terminal's stderr only, gone before every line of results and when the work is done."""

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

INTERVAL = 0.1  # seconds between drawings; what is over sooner is never drawn, and rich not even imported


class Progress:
    """`with Progress(sys.stderr, 25) as progress:` draws by itself; `advance()` counts, lines are printed within `aside()`.

    A thread draws, so that many results cost one drawing, and the clock goes on while nobody answers. beside: where the results
    go. Into a pipe they may come out on this very terminal at any moment, so then there is no bar; nor where rich is missing.
    """

    def __init__(self, stream: TextIO, total: int, *, beside: TextIO, is_wanted: bool = True, color: bool = True) -> None:
        self._stream, self._total, self._color = stream, total, color
        self._is_on = is_wanted and total > 0 and _is_canvas(stream) and not _is_pipe(beside)
        self._done = 0
        self._lock = threading.Lock()  # held while anything is written to the terminal
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._bar: Bar | None = None  # while it is to be seen

    def __enter__(self) -> Self:
        if self._is_on:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        with self._lock:
            self._clear()
        if self._is_on:
            self._thread.join()

    def advance(self) -> None:
        """One more is done."""
        self._done += 1

    @contextmanager
    def aside(self) -> Iterator[None]:
        """No bar is to be seen within, and none is drawn."""
        with self._lock:
            self._clear()
            yield

    def _run(self) -> None:
        if self._over.wait(INTERVAL):
            return
        try:
            bar = self._new_bar()
        except ImportError:
            return
        task = bar.add_task("", total=self._total)
        while not self._over.wait(INTERVAL):
            with self._lock:
                if self._over.is_set():
                    return
                self._bar = bar
                bar.start()
                bar.update(task, completed=self._done)
                bar.refresh()

    def _new_bar(self) -> "Bar":
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        console = Console(file=self._stream, force_terminal=True, no_color=not self._color)
        return Bar(
            SpinnerColumn("line"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _is_canvas(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")


def _is_pipe(stream: TextIO) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):  # a stream without a file
        return False
