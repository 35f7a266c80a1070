from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from mcollective_py.errors import NotACaller, NotSigned
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.security.hostskey import HostsKey
from mcollective_py.security.keyring import FixedKeys

HOSTS, ALICE = (generate_private_key(65537, 2048).public_key() for _ in range(2))
KEY = HostsKey("cert=server-public", HOSTS)
CALL = Request("0" * 32, "cert=server-public", "web1", "mcollective", "rpcutil", "ping", {}, Filter(), 1.8e9, 60)
REGISTRATION = replace(CALL, agent="registration", action=None, body=["rpcutil"], filter=Filter(agents=("registration",)))


def test_the_hosts_need_no_file_among_the_callers_keys():
    assert KEY.key_of("cert=server-public", FixedKeys({"alice": ALICE})) is HOSTS
    assert KEY.key_of("cert=alice", FixedKeys({"alice": ALICE})) is ALICE


def test_a_caller_without_a_key_stays_one():
    with pytest.raises(NotSigned, match="there is no public key of cert=bob"):
        KEY.key_of("cert=bob", FixedKeys({}))


def test_a_registration_by_the_hosts_key_is_taken_and_never_answered():
    assert KEY.limited(REGISTRATION, HOSTS) == replace(REGISTRATION, wants_reply=False)


@pytest.mark.parametrize("name", ["cert=server-public", "cert=alice"])
def test_by_whatever_name_it_goes_nothing_else_is_taken_from_it(name):
    with pytest.raises(NotACaller, match="has the key of the hosts themselves"):
        KEY.limited(replace(CALL, caller=name), HOSTS)


def test_other_callers_are_not_limited():
    assert KEY.limited(CALL, ALICE) is CALL
