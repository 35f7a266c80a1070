"""The files of Debian's package with a secret and a broker put in: a host that stays with Ruby, beside one that has moved."""

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest

from mcollective_py.cli.demosite import SiteHost
from tests.parts.activemq import ActiveMQ
from tests.parts.historic import HistoricSite, Listening
from tests.parts.mixed import MixedFleet
from tests.parts.require import require_programs
from tests.parts.ruby import RUBY_DAEMON, RUBY_MCO

pytestmark = pytest.mark.parts

SERVER, CLIENT = Path("/usr/share/mcollective/server.cfg"), Path("/usr/share/mcollective-client/client.cfg")


class DebianSite(HistoricSite):
    """Daemons and clients with the package's own files; what an operator must fill in is all that is changed, and the hosts' names."""

    def __init__(self, folder: Path, broker: Listening) -> None:
        super().__init__(folder, connector="activemq", security="psk", brokers=[broker])
        self._filled_in = {
            "plugin.psk": secrets.token_hex(16),
            "plugin.activemq.pool.1.host": "127.0.0.1",
            "plugin.activemq.pool.1.port": str(broker.port),
            "plugin.activemq.pool.1.user": broker.user,
            "plugin.activemq.pool.1.password": broker.password,
        }

    def write_server(self, host: SiteHost) -> Path:
        home = self.folder / "hosts" / host.name
        home.mkdir(parents=True, exist_ok=True)
        (home / "facts.yaml").write_text("---\ncountry: uk\n")
        own = {"logfile": str(self.log(host.name)), "plugin.yaml": str(home / "facts.yaml")}
        text = filled_in(SERVER.read_text(), self._filled_in | own) + f"identity = {host.name}\n"
        (home / "server.cfg").write_text(text)
        return home / "server.cfg"

    def write_client(self, name: str = "client", settings: Mapping[str, str] | None = None) -> Path:
        path = self.folder / f"{name}.cfg"
        path.write_text(filled_in(CLIENT.read_text(), self._filled_in))
        return path


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """A configuration file with other values of lines that it has."""
    for key, value in values.items():
        text, count = re.subn(rf"^{re.escape(key)} *=.*$", f"{key} = {value}", text, flags=re.M)
        assert count == 1, f"{key}: {count} lines"
    return text


def test_a_moved_host_and_one_that_stays_are_one_fleet_to_both_clients(activemq: ActiveMQ, tmp_path: Path) -> None:
    require_programs("ruby", RUBY_MCO, RUBY_DAEMON)
    site = DebianSite(tmp_path / "site", Listening(activemq.port, activemq.user, activemq.password))
    with MixedFleet(site, ruby=[SiteHost("stays")], python=[SiteHost("moved")]) as fleet:
        runs = {
            "find --dt 1": "moved\nstays\n",
            "find -F country=uk --dt 1": "moved\nstays\n",
            "facts country --dt 1": "found 2 times",
            "inventory moved": "country => uk",
            "inventory stays": "country => uk",
            "rpc rpcutil ping --dt 1": "2 / 2",
        }
        ended = {words: fleet.both(*words.split()) for words in runs}
        for words, said in runs.items():
            for process in (ended[words].ruby, ended[words].python):
                plain = re.sub("\x1b\\[[0-9;]*m", "", process.stdout)
                lines = "".join(sorted(plain.splitlines(keepends=True))) if words.startswith("find") else plain
                assert said in lines and process.returncode == 0, process
