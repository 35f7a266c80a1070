from pathlib import Path

import pytest

from mcollective_py.broker.settings import BrokerSettings, BrokerTLSFiles, is_loopback
from mcollective_py.broker.users import new_user
from mcollective_py.errors import ConfigError

USERS = {"a": new_user("a", "node", "x")}
TLS = BrokerTLSFiles(Path("cert"), Path("key"), is_client_required=False)
MUTUAL = BrokerTLSFiles(Path("cert"), Path("key"), Path("ca"))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.5.5.5", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("", False),
        ("broker.example.com", False),
    ],
)
def test_loopback_is_known_without_a_look_up(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.0.2.1", "broker.example.com"])
def test_without_authentication_only_loopback_is_listened_on(host):
    with pytest.raises(ConfigError, match="without authentication"):
        BrokerSettings(host=host).check()
    with pytest.raises(ConfigError, match="without authentication"):
        BrokerSettings(host=host, tls=TLS).check()


@pytest.mark.parametrize("settings", [{}, {"host": "0.0.0.0", "users": USERS}, {"host": "0.0.0.0", "tls": MUTUAL}])
def test_loopback_or_authentication_will_do(settings):
    BrokerSettings(**settings).check()


def test_requiring_client_certificates_needs_a_ca():
    with pytest.raises(ConfigError, match="no CA"):
        BrokerSettings(tls=BrokerTLSFiles(Path("cert"), Path("key"))).check()


def test_a_port_is_a_port():
    with pytest.raises(ConfigError, match="no port 70000"):
        BrokerSettings(port=70000).check()
