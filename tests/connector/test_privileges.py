"""Who the front may run as, and what it can do no more; the latter in processes of their own."""

import os
import pwd
import subprocess
import sys

import pytest

from mcollective_py.connector.privileges import Account, account_of
from mcollective_py.errors import ConfigError

OWN = pwd.getpwuid(os.geteuid()).pw_name
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")

CONFINED = """
import os, resource, sys
from pathlib import Path
from mcollective_py.connector.privileges import Account, confine
confine(Account("nobody", 65534, 65534, True))
status = dict(line.split(":\\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\\t" in line)
print(status["Uid"].split(), status["Gid"].split(), status["Groups"].split(), status["NoNewPrivs"])
print({status[name].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")})
print(resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_NOFILE)[1], os.getcwd())
for path in ("/etc/shadow", "/proc/1/environ"):
    try:
        open(path)
    except PermissionError:
        print("refused")
try:
    os.setuid(0)
except PermissionError:
    print("no way back")
"""


def test_nobody_root_and_a_name_that_is_none_are_refused_by_name():
    with pytest.raises(ConfigError, match=r"plugin\.front\.user.*there is no user nosuchuser"):
        account_of("nosuchuser")
    with pytest.raises(ConfigError, match="is root"):
        account_of("root")
    with pytest.raises(ConfigError, match="there is no user"):
        account_of("a\0b")


@needs_root
def test_root_can_be_another():
    assert account_of("nobody") == Account("nobody", 65534, pwd.getpwnam("nobody").pw_gid, switches=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can be anybody")
def test_a_user_can_be_itself_alone():
    assert account_of(OWN).switches is False
    with pytest.raises(ConfigError, match="only root"):
        account_of("nobody")


@needs_root
def test_what_was_root_is_so_no_more():
    done = subprocess.run([sys.executable, "-c", CONFINED], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0] == f"{['65534'] * 4} {['65534'] * 4} [] 1"
    assert lines[1] == "{''}"
    assert lines[2] == "(0, 0) 128 /"
    assert lines[3:] == ["refused", "refused", "no way back"]


@needs_root
def test_root_is_refused_where_it_did_not_become_another():
    words = "from mcollective_py.connector.privileges import Account, confine; confine(Account('root', 0, 0, False))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "must not run as root" in done.stderr
