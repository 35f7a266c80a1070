import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import ConfigError, KeyFileError, NotACaller, NotSigned
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security.load import security_plugin

NOW = 1_800_000_000.0
KEYS = Path(__file__).parents[1] / "wire/vectors/activemq-ssl-marshal/test-only-keys"
PSK = "securityprovider = psk\nplugin.psk = aiJah3ooquaiPh5aThoh5ohK\n"


def plugin(text, side="client", **environ):
    return security_plugin(Config.from_text(text, side=side, file=f"{side}.cfg"), side, lambda: NOW, environ)


def request(caller, **changes):
    asked = Request("0" * 32, caller, "desk", "mcollective", "rpcutil", "ping", {}, Filter(agents=("rpcutil",)), NOW, 60)
    return replace(asked, **changes)


# --- psk ---------------------------------------------------------------------------------------------------------------


def test_a_client_and_a_node_with_one_key_understand_each_other():
    client, node = plugin(PSK), plugin(PSK + "rpcauthorization = 0\n", "server")
    payload = client.seal_request(request(client.caller)).payload
    assert node.open_request(node.read(payload)).action == "ping"


def test_the_environments_key_wins():
    client, node = plugin(PSK, MCOLLECTIVE_PSK="another-key-for-this-shell"), plugin(PSK, "server")
    payload = client.seal_request(request(client.caller)).payload
    with pytest.raises(NotSigned):
        node.open_request(node.read(payload))
    other = plugin("securityprovider = psk\n", "server", MCOLLECTIVE_PSK="another-key-for-this-shell")
    assert other.open_request(other.read(payload)).caller == client.caller


@pytest.mark.parametrize("secret", ["unset", "changeme", "CHANGEME", "changemeplease", "marionette", "secret", ""])
def test_a_key_that_everybody_knows_is_refused(secret):
    """S-01"""
    with pytest.raises(ConfigError, match=r"client\.cfg:2: plugin\.psk: .*which everybody knows: write `plugin\.psk = "):
        plugin(f"securityprovider = psk\nplugin.psk = {secret}\n")
    with pytest.raises(ConfigError, match=r"MCOLLECTIVE_PSK \(environment\): .*which everybody knows"):
        plugin(PSK, MCOLLECTIVE_PSK=secret)


def test_a_missing_key_is_named_with_the_line_to_write():
    with pytest.raises(ConfigError, match=r"client\.cfg: plugin\.psk: psk needs the shared key: write `plugin\.psk = "):
        plugin("securityprovider = psk\n")


def test_a_short_key_is_warned_of(caplog):
    plugin("securityprovider = psk\nplugin.psk = j9q8kx7\n")
    assert "plugin.psk has 7 characters, which can be guessed" in caplog.text
    assert "j9q8kx7" not in caplog.text


def test_a_caller_is_named_after_what_the_setting_says():
    import grp
    import pwd

    callers = {
        kind: plugin(f"{PSK}plugin.psk.callertype = {kind}\nidentity = desk.example\n").caller
        for kind in ("uid", "gid", "group", "identity")
    }
    assert callers == {
        "uid": f"uid={os.getuid()}",
        "gid": f"gid={os.getgid()}",
        "group": f"group={grp.getgrgid(os.getgid()).gr_name}",
        "identity": "identity=desk.example",
    }
    assert plugin(PSK).caller == f"uid={os.getuid()}"
    assert plugin(f"{PSK}plugin.psk.callertype = user\n").caller.removeprefix("user=") in {entry.pw_name for entry in pwd.getpwall()}


def test_without_an_identity_a_caller_has_the_host_name(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "desk.example.com")
    assert plugin(f"{PSK}plugin.psk.callertype = identity\n").caller == "identity=desk.example.com"
    monkeypatch.setattr("socket.gethostname", lambda: "my desk")
    with pytest.raises(ConfigError, match=r"plugin\.psk\.callertype: 'identity=my desk' is no caller id"):
        plugin(f"{PSK}plugin.psk.callertype = identity\n")


def test_what_psk_does_not_protect_is_said_once_at_the_start_of_a_daemon(caplog):
    """S-22"""
    plugin(PSK + "rpcauthorization = 0\n", "server")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "psk protects the body of a message and nothing else" in record.message
    assert "x509 protects all of it" in record.message


def test_with_authorization_a_second_line_says_that_rules_by_caller_prove_nothing(caplog):
    """S-22"""
    plugin(PSK + "rpcauthorization = 1\n", "server")
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "rules by caller prove nothing" in caplog.records[1].message


def test_a_client_says_it_in_a_log_that_takes_it(caplog):
    plugin(PSK)
    assert caplog.records == []
    with caplog.at_level("INFO"):
        plugin(PSK)
    assert "psk protects the body" in caplog.text


def test_a_request_without_a_ttl_has_the_nodes_own():
    from mcollective_py.wire import marshal

    client, node = plugin(PSK), plugin(PSK + "ttl = 77\n", "server")
    fields = marshal.loads(client.seal_request(request(client.caller)).payload)
    del fields["ttl"]
    assert node.open_request(node.read(marshal.dumps(fields))).ttl == 77


def test_psk_costs_no_cryptography_and_no_yaml():
    code = (
        "import sys\nfrom mcollective_py.config import Config\nfrom mcollective_py.security.load import security_plugin\n"
        f"security_plugin(Config.from_text({PSK!r}, side='client'), 'client', lambda: 0.0)\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'cryptography', 'yaml'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


# --- ssl ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path):
    """The keys of a fleet: server-*.pem, and those of the user alice."""
    for name in ("server-private", "server-public"):
        shutil.copyfile(KEYS / f"{name}.pem", tmp_path / f"{name}.pem")
    shutil.copyfile(KEYS / "testuser-private.pem", tmp_path / "alice-private.pem")
    shutil.copyfile(KEYS / "testuser-public.pem", tmp_path / "alice.pem")
    (tmp_path / "clients").mkdir()
    shutil.copyfile(KEYS / "testuser-public.pem", tmp_path / "clients" / "alice.pem")
    for path in tmp_path.rglob("*.pem"):
        path.chmod(0o600 if "private" in path.name else 0o644)
    return tmp_path


def server(site, more=""):
    return (
        f"securityprovider = ssl\nplugin.ssl_server_private = {site}/server-private.pem\nplugin.ssl_client_cert_dir = {site}/clients\n"
        f"plugin.ssl_server_public = {site}/server-public.pem\n{more}"
    )


def client(site, more=""):
    return (
        f"securityprovider = ssl\nplugin.ssl_client_private = {site}/alice-private.pem\n"
        f"plugin.ssl_client_public = {site}/alice.pem\nplugin.ssl_server_public = {site}/server-public.pem\n{more}"
    )


@pytest.mark.parametrize("more", ["", "plugin.ssl_serializer = yaml\n"])
def test_a_client_and_a_node_of_one_fleet_understand_each_other(site, more):
    alice, node = plugin(client(site, more)), plugin(server(site, more), "server")
    assert (alice.caller, node.caller) == ("cert=alice", "cert=server-public")
    opened = node.open_request(node.read(alice.seal_request(request("cert=alice")).payload))
    assert (opened.caller, opened.action) == ("cert=alice", "ping")
    (payload,) = node.seal_reply(Reply(opened.id, "", "web1", "rpcutil", "ping", {"pong": 5}, NOW), opened)
    assert alice.open_reply(alice.read(payload)).body == {"pong": 5}


def test_the_environments_keys_win_for_a_client_and_mean_nothing_to_a_daemon(site):
    shutil.copyfile(site / "alice.pem", site / "bob.pem")
    broken = client(site).replace("alice-private", "nosuch").replace("alice.pem", "nosuch.pem")
    environ = {"MCOLLECTIVE_SSL_PRIVATE": f"{site}/alice-private.pem", "MCOLLECTIVE_SSL_PUBLIC": f"{site}/bob.pem"}
    assert plugin(broken, **environ).caller == "cert=bob"
    assert plugin(server(site), "server", MCOLLECTIVE_SSL_PRIVATE="/nosuch").caller == "cert=server-public"


def test_of_its_own_public_key_a_client_needs_the_name_alone(site):
    (site / "alice.pem").unlink()
    assert plugin(client(site)).caller == "cert=alice"


def test_a_public_key_that_is_another_ones_is_refused(site):
    shutil.copyfile(site / "server-public.pem", site / "alice.pem")
    with pytest.raises(KeyFileError, match=r"alice\.pem: plugin\.ssl_client_public: this is not the public key to the private one"):
        plugin(client(site))


def test_of_the_hosts_key_a_daemon_takes_registrations_and_nothing_else_though_it_lies_among_the_callers(site):
    for _ in range(2):
        first, second = plugin(server(site), "server"), plugin(server(site), "server")
        asks = request("cert=server-public")
        registers = replace(asks, agent="registration", action=None, body=[], filter=Filter(agents=("registration",)))
        assert second.open_request(second.read(first.seal_request(registers).payload)).agent == "registration"
        with pytest.raises(NotACaller):
            second.open_request(second.read(first.seal_request(asks).payload))
        shutil.copy(site / "server-public.pem", site / "clients")


@pytest.mark.parametrize("key", ["plugin.ssl_client_private", "plugin.ssl_client_public", "plugin.ssl_server_public"])
def test_a_client_names_the_setting_that_is_missing(site, key):
    without = "".join(line for line in client(site).splitlines(keepends=True) if not line.startswith(key))
    with pytest.raises(ConfigError, match=rf"client\.cfg: {key}: ssl needs this"):
        plugin(without)


@pytest.mark.parametrize("key", ["plugin.ssl_server_private", "plugin.ssl_server_public", "plugin.ssl_client_cert_dir"])
def test_a_daemon_names_the_setting_that_is_missing(site, key):
    without = "".join(line for line in server(site).splitlines(keepends=True) if not line.startswith(key))
    with pytest.raises(ConfigError, match=rf"server\.cfg: {key}: ssl needs this"):
        plugin(without, "server")


def test_a_public_key_whose_name_makes_no_caller_is_refused(site):
    (site / "alice.pem").rename(site / "al ice.pem")
    with pytest.raises(ConfigError, match=r"plugin\.ssl_client_public: the file name 'al ice\.pem' makes no caller id"):
        plugin(client(site).replace("alice.pem", "al ice.pem"))


def test_what_ssl_does_not_protect_is_said_once_at_the_start_of_a_daemon(site, caplog):
    plugin(server(site, "rpcauthorization = 1\n"), "server")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "ssl protects body, ttl and time of a request, and who called" in record.message


def test_enforcement_of_the_ttl_can_be_switched_off(site):
    from mcollective_py.wire import marshal

    alice = plugin(client(site))
    fields = marshal.loads(alice.seal_request(request("cert=alice")).payload) | {"ttl": 61}
    strict, lax = plugin(server(site), "server"), plugin(server(site, "plugin.ssl.enforce_ttl = 0\n"), "server")
    with pytest.raises(NotSigned):
        strict.open_request(strict.read(marshal.dumps(fields)))
    assert lax.open_request(lax.read(marshal.dumps(fields))).ttl == 60
