import time

import pytest

from mcollective_py.cli.demosite import Site, SiteBroker, SiteHost
from mcollective_py.cli.keyscheck import Taken, judged, read_der
from mcollective_py.config import Config
from mcollective_py.errors import KeyFileError


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site"), settings={"plugin.x509.privileged_certnames": "portal.mcollective:sso=*"})
    made.write_client(SiteBroker(1))
    made.write_host(SiteHost("web1"), SiteBroker(1))
    return made


def verdicts(site, name, *, now=0.0, **settings):
    text = (site.folder / "hosts" / "web1" / "server.cfg").read_text()
    text += "".join(f"plugin.x509.{key} = {value}\n" for key, value in settings.items())
    return judged(Config.from_text(text, "server"), "server", read_der(site.certificate(name)), now or time.time())


def test_a_callers_certificate_is_taken_as_one_with_its_caller_id(site):
    caller, host = verdicts(site, "demo.mcollective")
    assert caller == Taken("caller", "", ("its caller id is cert=demo.mcollective",))
    assert host.remarks[1] == "its name is a caller's: mcollectived does not start with it"


def test_a_hosts_certificate_answers_and_does_not_ask(site):
    caller, host = verdicts(site, "web1")
    assert caller.refusal == "'web1' is no caller here (plugin.x509.caller_certnames)"
    assert host == Taken("host", "", ("it answers as web1",))


def test_a_brokers_certificate_does_not_ask_either(site):
    caller, _ = verdicts(site, "broker")
    assert "is no caller here" in caller.refusal


def test_who_may_ask_on_behalf_of_others_is_told(site):
    site.issue("portal.mcollective", "caller")
    caller, _ = verdicts(site, "portal.mcollective")
    assert caller.remarks == ("its caller id is cert=portal.mcollective", "it may ask on behalf of sso=*")
    caller, _ = verdicts(site, "portal.mcollective", privileged_certnames="*.mcollective")
    assert caller.remarks[1] == "it may ask on behalf of everybody"


def test_the_reason_of_a_refusal_is_the_hosts_own(site, tmp_path):
    site.issue("leaver.mcollective", "caller")
    site.authority.revoke("leaver.mcollective")
    assert [taken.refusal for taken in verdicts(site, "leaver.mcollective")] == [
        "the certificate of leaver.mcollective has been revoked by CN=Demo CA"
    ] * 2
    assert "expired" in verdicts(site, "demo.mcollective", now=time.time() + 3000 * 86400)[0].refusal
    assert "lacks pp_auth_role=ops" in verdicts(site, "demo.mcollective", caller_extensions="pp_auth_role=ops")[0].refusal
    stranger = Site(tmp_path)
    assert "no CA that is trusted here" in verdicts(stranger_of(site, stranger), "demo.mcollective")[0].refusal


def stranger_of(site, stranger):
    class Mixed:
        folder = site.folder
        certificate = stranger.certificate

    return Mixed


@pytest.mark.parametrize("content", [b"", b"words", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"x" * 70_000])
def test_a_file_that_holds_no_certificate_is_named(tmp_path, content):
    file = tmp_path / "cert.pem"
    file.write_bytes(content)
    with pytest.raises(KeyFileError, match=f"{file}"):
        read_der(file)
    with pytest.raises(KeyFileError, match="cannot be read: No such file"):
        read_der(tmp_path / "none.pem")
