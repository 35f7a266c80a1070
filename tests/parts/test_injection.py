"""S-26, S-38, S-43: hostile inputs through every action of every agent as root, with canaries on the path and in files."""

import json
import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.parts.lab import Lab
from tests.parts.require import require_lab, require_programs
from tests.trust.hostile import CANARY

pytestmark = pytest.mark.parts

CHECKOUT = Path(__file__).parents[2]
SECONDS = float(os.environ.get("INJECTION_SECONDS", "0.02"))  # for each input; 1000 for all of the corpus
# Every place where a program might be looked for has the canary. Puppet takes a second to start: here it is one that does nothing.
SET_UP = f"""
for folder in /usr/local/sbin /usr/local/bin /usr/bin /srv /tmp; do
    printf '#!/bin/sh\\ntouch /run/canaries/$$\\n' >$folder/{CANARY}
    chmod 755 $folder/{CANARY}
done
cp /bin/true /usr/bin/puppet.true; mv /usr/bin/puppet.true /usr/bin/puppet
mkdir -p /srv/files /srv/nrpe
echo line >/srv/files/file
echo 'command[show]=/bin/echo $ARG1$' >/srv/nrpe/show.cfg
printf '/bin/echo ...\\n/bin/true\\n' >/srv/shell.allow
mkdir -p /run/exim/spool/input
printf '#!/bin/sh\nexit 0\n' >/run/exim/exim; chmod 755 /run/exim/exim
cp {CHECKOUT}/agents/exim/tests/cases/spool-1xVWj6-00000i-1z.txt /run/exim/spool/input/1xVWj6-00000i-1z-H
printf '1xVWj6-00000i-1z-D\ntext\n' >/run/exim/spool/input/1xVWj6-00000i-1z-D
cp {CHECKOUT}/agents/exim/tests/cases/mainlog-deliveries.txt /run/exim/mainlog; : >/run/exim/paniclog; : >/run/exim/blocklist
rm -f /etc/apt/sources.list.d/*; : >/etc/apt/sources.list
"""
# What no hostile text may change.
STATE = "sha256sum /var/lib/dpkg/status /etc/passwd /etc/shadow; find /etc/systemd /srv -newer /run/began -not -path '/srv/files*'"


def test_no_text_is_run_or_taken_for_an_option_and_none_breaks_an_action() -> None:
    require_lab()
    require_programs("systemctl", "apt-get")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as folder, Lab(Path(folder)) as lab:
        lab.up("victim", systemd=True)
        made = lab.run("victim", "sh", "-ec", f"{SET_UP}sleep 0.01; touch /run/began")
        assert made.returncode == 0, made.stderr
        before = lab.run("victim", "sh", "-c", STATE).stdout
        ended = lab.run(
            "victim",
            "env",
            f"PYTHONPATH={CHECKOUT}",
            "HOME=/root",
            sys.executable,
            "-m",
            "tests.parts.injected",
            str(SECONDS),
            timeout=540,
        )
        assert ended.returncode == 0, ended.stderr[-3000:]
        after = lab.run("victim", "sh", "-c", STATE).stdout
    told = json.loads(ended.stdout)
    print({key: told[key] for key in told if key != "problems"})
    assert not told["problems"], f"{len(told['problems'])}:\n" + "\n".join(told["problems"][:40])
    assert "Traceback" not in ended.stderr, ended.stderr[-3000:]
    assert before == after
    assert told["inputs"] > 150 and told["calls"] > 300 and told["started"] > 100, told
