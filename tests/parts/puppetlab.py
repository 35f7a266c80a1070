"""A real puppetserver and agents of it, in lab hosts with our daemons; asked by a real mco."""

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.parts.puppetdb import JAVA
from tests.parts.systemdlab import SystemdLab, systemd_lab
from tests.waiting import wait_until

SERVER = "puppet"  # the host of the server; its name is that which agents look for
MANIFEST = "modules/role/manifests/web.pp"
_START_LIMIT = 240.0  # s; JRuby on busy cores
_READY = "/run/puppetserver/restart"  # becomes 1 when it serves

# What each environment does to a host. The class stands in a module, so that messages have a file and a line of it.
ENVIRONMENTS = {
    "production": "file { '/etc/lab-web':\n    content => \"web\\n\",\n    mode    => '0644',\n  }",
    "failing": "file { '/etc/lab-web':\n    content => \"failing\\n\",\n  }\n  exec { '/bin/false': }",
    "broken": "include role::nosuch",
    "slow": "exec { '/usr/bin/mkfifo /tmp/gate && /bin/cat /tmp/gate':\n    provider => shell,\n  }",  # until somebody writes into it
}
_SETUP = """
{{ echo '[main]'; echo 'server = puppet.lab.test'; echo '[server]'
   echo 'dns_alt_names = puppet,puppet.lab.test'; echo 'autosign = true'; }} >> /etc/puppet/puppet.conf
mkdir -p /run/puppetserver && printf 0 > {ready} && chown -R puppet: /run/puppetserver
puppetserver ca setup
chmod -R a+rX /etc/puppet/code
exec setpriv --reuid puppet --regid puppet --clear-groups java -Xms400m -Xmx768m {java} \\
  -Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger -Djruby.lib=/usr/share/jruby/lib \\
  -jar /usr/share/puppetserver/puppetserver.jar --config /etc/puppet/puppetserver/conf.d \\
  --bootstrap-config /etc/puppet/puppetserver/services.d --restart-file {ready}
"""


@dataclass
class PuppetLab:
    """hosts: the agents, each with a daemon of ours and a certificate of its server."""

    made: SystemdLab
    hosts: tuple[str, ...]

    def mco(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call mco as the operator."""
        return self.made.mco(*words)

    def shell(self, host: str, text: str) -> str:
        """Run lines of shell in a host; what they print. They must succeed."""
        return self.made.shell(host, text)


@contextmanager
def puppet_lab(folder: Path, hosts: Sequence[str]) -> Iterator[PuppetLab]:
    """The server starts while the hosts do. folder: below /var/tmp. It ends with the lab."""
    settings = {"plugin.puppet.resource_type_whitelist": "file,user", "plugin.puppet.splay": "false"}
    with systemd_lab(folder, (), plain=hosts, settings=dict.fromkeys(hosts, settings)) as made:
        made.lab.up(SERVER)
        for name, body in ENVIRONMENTS.items():
            place = f"/etc/puppet/code/environments/{name}"
            made.lab.write(SERVER, f"{place}/manifests/site.pp", "node default { include role::web }\n")
            made.lab.write(SERVER, f"{place}/{MANIFEST}", f"class role::web {{\n  {body}\n}}\n")
        words = _SETUP.format(ready=_READY, java=" ".join(JAVA))
        server = threading.Thread(target=made.lab.run, args=(SERVER, "sh", "-ec", words), kwargs={"timeout": 900.0}, daemon=True)
        server.start()
        for host in hosts:  # without what a run on the machine below may have left
            made.shell(host, "rm -rf /var/cache/puppet/* /var/lib/puppet/*; puppet config set --section main server puppet.lab.test")
        serves = lambda: made.lab.run(SERVER, "cat", _READY).stdout.startswith("1")  # noqa: E731
        deadline = time.monotonic() + _START_LIMIT
        while not serves():
            log = made.lab.run(SERVER, "sh", "-c", "tail -n 40 /var/log/puppetserver/*.log").stdout
            assert server.is_alive() and time.monotonic() < deadline, f"the puppetserver did not start:\n{log}"
            time.sleep(0.2)
        yield PuppetLab(made, tuple(hosts))
    wait_until("the server has gone with its host", lambda: not server.is_alive(), 30)
