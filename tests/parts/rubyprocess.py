"""One Ruby process with its own serializers, asked over a pipe; what it can be asked stands in serializers.rb."""

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.parts.require import require_programs

PROGRAM = Path(__file__).with_name("serializers.rb")


@dataclass(frozen=True, slots=True)
class Compared:
    """What Ruby made of one text.

    canonical: as rubyvalues.canonical() has it, or `!` and why it was not loaded. dumped: its own text of the value. varied: another of
    the same value, with links, other encodings and defaults (Marshal alone).
    """

    canonical: bytes
    dumped: bytes
    varied: bytes


class RubyProcess:
    """`with RubyProcess() as ruby:`; it ends with the block. A question may be asked ahead of the answer to read, one at a time."""

    def __init__(self) -> None:
        require_programs("ruby")

    def __enter__(self) -> "RubyProcess":
        command = ["ruby", "--encoding=UTF-8", str(PROGRAM)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def ask(self, command: str, *items: bytes | str) -> None:
        """Send a question."""
        assert self._process.stdin is not None
        encoded = [item.encode() if isinstance(item, str) else item for item in (command, *items)]
        message = b"".join([struct.pack(">I", len(item)) + item for item in encoded])
        self._process.stdin.write(struct.pack(">I", len(message)) + message)
        self._process.stdin.flush()

    def answer(self) -> list[bytes]:
        """Wait for the answer to the last question."""
        message = self._read(struct.unpack(">I", self._read(4))[0])
        items, at = [], 0
        while at < len(message):
            (size,) = struct.unpack_from(">I", message, at)
            items.append(message[at + 4 : at + 4 + size])
            at += 4 + size
        return items

    def compared(self) -> list[Compared]:
        """The answer to a question `compare`: one for each text."""
        items = self.answer()
        return [Compared(*items[at : at + 3]) for at in range(0, len(items), 3)]

    def compare(self, serializer: str, *texts: bytes) -> list[Compared]:
        """What Ruby makes of texts. serializer: `marshal` or `yaml`."""
        self.ask("compare", serializer, *texts)
        return self.compared()

    def objects(self) -> dict[str, bytes]:
        """Ruby's dumps of what is no plain data, by name."""
        self.ask("objects")
        items = iter(self.answer())
        return {name.decode(): next(items) for name in items}

    def load_times(self, serializer: str, count: int, *texts: bytes) -> list[float]:
        """Seconds that one load of each text takes, the mean of count."""
        self.ask("load times", serializer, str(count), *texts)
        return [float(item) / count for item in self.answer()]

    def psk_time(self, count: int, psk: str, payload: bytes) -> float:
        """Seconds for reading and checking one message of the psk plugin, the mean of count."""
        self.ask("psk time", str(count), psk, payload)
        return float(self.answer()[0]) / count

    def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None
        found = self._process.stdout.read(size)
        assert len(found) == size, "the Ruby process has ended; its words are above"
        return found
