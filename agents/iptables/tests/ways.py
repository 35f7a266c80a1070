"""Every way in which an address can come to be blocked, each to be tried with one that must not be; here and on real hosts."""

import os
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import compress

from agents.iptables import keeper
from agents.iptables.changing import Place, boot_id
from agents.iptables.entry import Entry
from agents.iptables.state import DOWN, Pending, State
from mcollective_py.agent import RPCError
from mcollective_py.node.view import NodeView
from mcollective_py.testing import AgentHarness

FOLDER = Path(__file__).parents[1]
CONTROL, OTHER = "198.18.0.7", "198.18.0.8"  # that nobody protects
ID = "0123456789ab"


@dataclass
class Tried:
    """A host's agent with a store of its own. protect: what the operator asks to be spared, as `mco iptables` does."""

    folder: Path
    config: Mapping[str, str]
    brokers: Sequence[str] = ()
    protect: Sequence[str] = ()
    said: list[str] = field(default_factory=list)

    @property
    def agent(self) -> AgentHarness:
        """The agent as its daemon would load it."""
        return AgentHarness(FOLDER, node=NodeView("edge1.example.net", brokers=tuple(self.brokers)), config=self.all)

    @property
    def all(self) -> dict[str, str]:
        """Its settings."""
        return {
            "cut": "0",
            "logger": "/nosuch/logger",
            "list": str(self.folder / "own.list"),
            **self.config,
            "state_directory": self.state,
        }

    @property
    def state(self) -> str:
        """Its folder."""
        return str(self.folder / "state")

    @property
    def place(self) -> Place:
        """The same for the process that looks after deadlines."""
        return Place.of(self.all)

    def kept(self) -> set[str]:
        """The networks that are kept as blocked."""
        return {entry.network for entry in self.place.store.read().entries.values()}

    def keep(self, *entries: Entry, **more: Any) -> None:
        """What an earlier change left, of which the kernel has nothing."""
        Path(self.state).mkdir(exist_ok=True)
        values = {"installed": "nft", "boot": boot_id(), **more}
        self.place.store.write(State(entries={entry.key: entry for entry in entries}, **values))

    def call(self, action: str, **inputs: Any) -> None:
        """An action; whether it was refused is not asked, but what holds afterwards."""
        takes = self.agent.agent.ddl.actions[action].inputs  # type: ignore[union-attr]
        asked = {"protect": [*self.protect]} if self.protect and "protect" in takes else {}
        reply = self.agent.call(action, **inputs, **asked)
        self.said.append(f"{reply.statusmsg} {reply.body.get('output', '')} {reply.body.get('drift', '')}")


def _entry(network: str) -> Entry:
    return Entry(network, by="cert=colleague", at=1.0)


def _pending(*entries: Entry, deadline: float, installed: str | None = None) -> dict[str, Pending]:
    return {ID: Pending(ID, deadline, "cert=colleague", 1.0, "unblock", {entry.key: entry for entry in entries}, installed)}


def _far() -> float:
    return time.time() + 3600


def _own_file(tried: Tried, network: str) -> Path:
    file = tried.folder / "own.list"
    file.write_text(f"{network}\n{CONTROL}\n")
    file.chmod(0o600)
    os.chown(file, os.geteuid(), os.getegid())
    return file


def _restore(tried: Tried) -> None:
    try:
        keeper.restore(tried.place, tried.brokers)
    except RPCError as error:
        tried.said.append(str(error))


def block(tried: Tried, network: str) -> None:
    """An operator's word."""
    tried.call("block", ipaddr=network)
    tried.call("block", ipaddr=CONTROL)


def block_ports(tried: Tried, network: str) -> None:
    """Of some ports alone: that of SSH or of the broker may be among them."""
    tried.call("block", ipaddr=network, ports="22", protocol="tcp")
    tried.call("block", ipaddr=CONTROL, ports="22", protocol="tcp")


def extend(tried: Tried, network: str) -> None:
    """Another end for what was put there when it was no one's yet."""
    tried.keep(_entry(network), _entry(CONTROL))
    tried.call("extend", ipaddr=network, **{"for": 3600})
    tried.call("extend", ipaddr=CONTROL, **{"for": 3600})


def apply(tried: Tried, network: str) -> None:
    """A list, as of `import`."""
    tried.call("apply", list=[CONTROL, network])
    tried.call("apply", list=[CONTROL])


def apply_packed(tried: Tried, network: str) -> None:
    """As a long list travels."""
    for lines in ([CONTROL, network], [CONTROL]):
        tried.call("apply", list=[b64encode(compress("\n".join(lines).encode())).decode()], encoding="zlib")


def ban(tried: Tried, network: str) -> None:
    """Another host's ban."""
    tried.call("ban", list=[f"{network} for=10m"])
    tried.call("ban", list=[f"{CONTROL} for=10m"])


def reconcile(tried: Tried, network: str) -> None:
    """A desired list."""
    tried.call("reconcile", list=[CONTROL, network])
    tried.call("reconcile", list=[CONTROL])


def reconcile_own_file(tried: Tried, network: str) -> None:
    """The desired list of the host itself, asked for by a request."""
    file = _own_file(tried, network)
    tried.call("reconcile")
    file.write_text(f"{CONTROL}\n")
    tried.call("reconcile")


def start_with_own_file(tried: Tried, network: str) -> None:
    """The same at the daemon's start, as Puppet would have it."""
    file = _own_file(tried, network)
    _restore(tried)
    file.write_text(f"{CONTROL}\n")
    _restore(tried)


def start(tried: Tried, network: str) -> None:
    """What was kept, after a boot."""
    tried.keep(_entry(network), _entry(CONTROL), boot="another")
    _restore(tried)


def setup(tried: Tried, network: str) -> None:
    """What was taken down comes back."""
    tried.keep(_entry(network), _entry(CONTROL), installed=DOWN)
    tried.call("setup")


def drift(tried: Tried, network: str) -> None:
    """What hands took away is put right by the next change."""
    tried.keep(_entry(network), _entry(OTHER))
    tried.call("block", ipaddr=CONTROL)


def drift_at_confirm(tried: Tried, network: str) -> None:
    """The same by a confirmation."""
    tried.keep(_entry(network), _entry(CONTROL), pendings=_pending(deadline=_far()))
    tried.call("confirm", id=ID)


def undo_of_unblock(tried: Tried, network: str) -> None:
    """Who was let go for a trial, and has become somebody meanwhile."""
    tried.keep(pendings=_pending(_entry(network), _entry(CONTROL), deadline=_far()))
    tried.call("undo", id=ID)


def undo_of_teardown(tried: Tried, network: str) -> None:
    """All comes back at once."""
    tried.keep(_entry(network), _entry(CONTROL), installed=DOWN, pendings=_pending(deadline=_far(), installed="nft"))
    tried.call("undo", id=ID)


def deadline_of_unblock(tried: Tried, network: str) -> None:
    """The same when nobody confirmed: nobody calls, and nobody is asked."""
    tried.keep(pendings=_pending(_entry(network), _entry(CONTROL), deadline=1.0))
    keeper.settle(tried.place)


def deadline_of_teardown(tried: Tried, network: str) -> None:
    """All comes back by itself."""
    tried.keep(_entry(network), _entry(CONTROL), installed=DOWN, pendings=_pending(deadline=1.0, installed="nft"))
    keeper.settle(tried.place)


def deadline_at_a_change(tried: Tried, network: str) -> None:
    """A change comes before whoever looks after deadlines."""
    tried.keep(pendings=_pending(_entry(network), deadline=1.0))
    tried.call("block", ipaddr=CONTROL)


ASKED: tuple[Callable[[Tried, str], None], ...] = (block, block_ports, apply, apply_packed, ban, reconcile)
"""With the operator's own addresses in the request, and with words of the caller's."""

OF_LISTS: tuple[Callable[[Tried, str], None], ...] = (reconcile_own_file, start_with_own_file)
PUT_BACK: tuple[Callable[[Tried, str], None], ...] = (
    start, setup, drift, drift_at_confirm, undo_of_unblock, undo_of_teardown, deadline_of_unblock, deadline_of_teardown,
    deadline_at_a_change,
)  # fmt: skip
WAYS = (*ASKED, *OF_LISTS, extend, *PUT_BACK)
