"""A service has died on one of three web servers: found, started again there, and nowhere else."""

from pathlib import Path

from ..demosite import OPERATOR
from .lab import Lab
from .story import Step, Story, StoryHost

SHOP = """\
[Unit]
Description=The shop

[Service]
ExecStart=/usr/bin/python3 -m http.server 8080 --directory /usr/share
"""
# The operator may look anywhere, and restart what is on web servers.
_POLICY = f"""\
policy default deny
allow\tcert={OPERATOR}\tstatus is_active show list logs\t*\t*
allow\tcert={OPERATOR}\trestart start\t*\trole::web
deny\tcert={OPERATOR}\t*\t*\trole::database
"""
_HOSTS = (
    StoryHost("web1", "web", has_systemd=True),
    StoryHost("web2", "web", has_systemd=True),
    StoryHost("web3", "web", has_systemd=True),
    StoryHost("db1", "database", has_systemd=True),
)


def prepare(lab: Lab, _folder: Path) -> None:
    """The unit of the shop on every host, and running."""
    for host in _HOSTS:
        lab.write(host.name, "/etc/systemd/system/shop.service", SHOP)
        lab.run(host.name, "systemctl", "daemon-reload")
        lab.run(host.name, "systemctl", "start", "shop.service")


STORY = Story(
    title="A shop runs on three web servers. One of them is about to lose it.",
    hosts=_HOSTS,
    policies={"service": _POLICY},
    programs={"systemctl": "systemd"},
    prepare=prepare,
    steps=(
        Step(
            "Which hosts are the web servers? Puppet knows, by the class that it gave them.",
            "mco find -C role::web",
            (r"\Aweb1\nweb2\nweb3\n\Z",),
        ),
        Step(
            "Is the shop running on all of them?",
            "mco service status shop -C role::web",
            (r"web1: running", r"web2: running", r"web3: running", r"running = 3"),
        ),
        Step("Kill it on web2, as the kernel does when memory runs out.", "systemctl kill --signal=KILL shop.service", host="web2"),
        Step(
            "Does it still run everywhere?",
            "mco service status shop -C role::web",
            (r"web1: running", r"web2: stopped \(failed\)", r"running = 2", r"stopped = 1"),
        ),
        Step(
            "In a fleet of hundreds one asks for those alone.",
            """mco find -S "role::web and service('shop').status=stopped\"""",
            (r"\Aweb2\n\Z",),
        ),
        Step(
            "What would a restart do? Nothing is changed by asking.",
            "mco service restart shop -C role::web --noop",
            (r"web2: would restart shop\.service",),
        ),
        Step(
            "Restart it on the web servers. The answer comes when each has lived for a second.",
            "mco service restart shop -C role::web",
            (r"running = 3", r"3 / 3 hosts"),
        ),
        Step(
            "All are there again.",
            "mco service status shop -C role::web",
            (r"web2: running", r"running = 3"),
        ),
        Step(
            "The database has a shop as well, but its policy lets nobody restart that, and names the line.",
            "mco service restart shop -I db1",
            (r"may not call service restart on db1: .*service\.policy:4 ",),
            code=2,
        ),
    ),
)
