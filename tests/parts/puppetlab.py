"""A real puppetserver and agents of it, in lab hosts with our daemons; asked by a real mco."""

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.parts.lab import Lab
from tests.parts.puppetdb import JAVA
from tests.parts.systemdlab import SystemdLab, systemd_lab
from tests.waiting import wait_until

SERVER = "puppet"  # the host of the server; its name is that which agents look for
MANIFEST = "modules/role/manifests/web.pp"
_START_LIMIT = 600.0  # s; JRuby, which takes ten times as long where others want the processors too
_READY = "/run/puppetserver/restart"  # becomes 1 when it serves

# What each environment does to a host. The class stands in a module, so that messages have a file and a line of it.
ENVIRONMENTS = {
    "production": "file { '/etc/lab-web':\n    content => \"web\\n\",\n    mode    => '0644',\n  }",
    "failing": "file { '/etc/lab-web':\n    content => \"failing\\n\",\n  }\n  exec { '/bin/false': }",
    "broken": "include role::nosuch",
    "slow": "exec { '/usr/bin/mkfifo /tmp/gate && /bin/cat /tmp/gate':\n    provider => shell,\n  }",  # until somebody writes into it
}
# Keys of 4096 bits cost each host seconds. A connection that is used again after the request for a certificate may stand still until
# the server's idle timeout, 30 s.
_CONF = "[main]\nserver = puppet.lab.test\nkeylength = 2048\nhttp_keepalive_timeout = 0\n"
_SERVER_CONF = "[server]\ndns_alt_names = puppet,puppet.lab.test\nautosign = true\n"
# Clojure compiles its programs as they start; nobody need look for mistakes in them.
_JAVA = ("-Dclojure.spec.skip-macros=true",)
_SETUP = """
printf %s '{conf}' >>/etc/puppet/puppet.conf
cp -r {folder}/environments /etc/puppet/code/
chmod -R a+rX /etc/puppet/code
mkdir -p /run/puppetserver && printf 0 > {ready} && chown -R puppet: /run/puppetserver
puppetserver ca setup
exec setpriv --reuid puppet --regid puppet --clear-groups java {java} \\
  -Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger -Djruby.lib=/usr/share/jruby/lib \\
  -jar /usr/share/puppetserver/puppetserver.jar --config /etc/puppet/puppetserver/conf.d \\
  --bootstrap-config /etc/puppet/puppetserver/services.d --restart-file {ready}
"""


class Server:
    """A puppetserver that starts while other things are done. folder: below /var/tmp, seen by its host at the same path."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._lab = lab
        for name, body in ENVIRONMENTS.items():
            site, manifest = folder / "environments" / name / "manifests" / "site.pp", folder / "environments" / name / MANIFEST
            for file, text in ((site, "node default { include role::web }\n"), (manifest, f"class role::web {{\n  {body}\n}}\n")):
                file.parent.mkdir(parents=True)
                file.write_text(text)
        lab.up(SERVER)
        words = _SETUP.format(conf=_CONF + _SERVER_CONF, folder=folder, ready=_READY, java=" ".join((*JAVA, *_JAVA)))
        self._thread = threading.Thread(target=lab.run, args=(SERVER, "sh", "-ec", words), kwargs={"timeout": 900.0}, daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self._thread.is_alive()

    def wait(self) -> None:
        """Until it serves."""
        deadline = time.monotonic() + _START_LIMIT
        while not self._lab.run(SERVER, "cat", _READY).stdout.startswith("1"):
            log = self._lab.run(SERVER, "sh", "-c", "tail -n 40 /var/log/puppetserver/*.log").stdout
            assert self.is_running and time.monotonic() < deadline, f"the puppetserver did not start:\n{log}"
            time.sleep(0.5)


@dataclass
class PuppetLab:
    """hosts: the agents, each with a daemon of ours. server: to be waited for before the first run."""

    made: SystemdLab
    hosts: tuple[str, ...]
    server: Server
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def mco(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call mco as the operator."""
        return self.made.mco(*words)

    def ask(self, host: str, action: str, *inputs: str) -> dict[str, Any]:
        """One action of one host, by a client that stays: `statuscode`, `statusmsg` and `data` of its reply."""
        with self._asking:
            return self.made.rpc(host, "puppet", action, *inputs)

    def shell(self, host: str, text: str) -> str:
        """Run lines of shell in a host; what they print. They must succeed."""
        return self.made.shell(host, text)


@contextmanager
def puppet_lab(folder: Path, hosts: Sequence[str]) -> Iterator[PuppetLab]:
    """The server still starts when this is entered. folder: below /var/tmp. It ends with the lab."""
    settings = {"plugin.puppet.resource_type_whitelist": "file,user", "plugin.puppet.splay": "false"}
    servers: list[Server] = []
    with systemd_lab(
        folder, (), plain=hosts, settings=dict.fromkeys(hosts, settings), first=lambda lab: servers.append(Server(lab, folder))
    ) as made:
        for host in hosts:  # without what a run on the machine below may have left
            made.shell(host, f"rm -rf /var/cache/puppet/* /var/lib/puppet/*; printf %s '{_CONF}' >>/etc/puppet/puppet.conf")
        yield PuppetLab(made, tuple(hosts), servers[0])
    wait_until("the server has gone with its host", lambda: not servers[0].is_running, 30)
