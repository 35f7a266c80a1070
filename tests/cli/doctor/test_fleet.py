"""What hosts and broker say, on the real small site: wrong clock, wrong collective, forbidden topics, a policy, nobody there."""

import time

import pytest

from mcollective_py.cli.applications import doctor
from mcollective_py.cli.demosite import SiteBroker
from tests.cli.doctor.usersbroker import users_broker


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def changed(desk, tmp_path, *lines):
    path = tmp_path / "client.cfg"
    path.write_text("\n".join([desk.config.read_text(), *lines, ""]))
    path.chmod(0o600)
    return str(path)


def checked(config, window=1.0, **fields):
    return list(doctor.client(config, 5.0, window, **fields))


def bad(found):
    return [check for check in found if check.outcome in ("fail", "skip")]


def test_a_site_that_works_has_no_failure(desk):
    found = checked(str(desk.config))
    assert bad(found) == []
    told = {check.name: check.seen for check in found}
    assert told["hosts in mcollective"] == "3 answer: db1,web[1-2]"
    assert told["by name"] == "requests to single hosts arrive"
    assert "policy" in told and "versions" in told


def test_a_clock_that_is_ahead_is_told_with_the_number_and_the_hosts_words(desk):
    (check,) = [check for check in bad(checked(str(desk.config), now=lambda: time.time() + 100)) if check.outcome == "fail"]
    assert check.name == "clock"
    assert "3 hosts refuse requests for it" in check.seen and "from the future" in check.seen
    assert "this clock is 100." in check.seen.replace("99.9", "100.") and "ahead of those of 3 hosts" in check.seen
    assert check.fix.startswith("set it by NTP: `timedatectl set-ntp true`")


def test_a_collective_that_nobody_is_in(desk, tmp_path):
    config = changed(desk, tmp_path, "collectives = mcollective, nosuch", "main_collective = mcollective")
    (check,) = bad(checked(config))
    assert (check.name, check.outcome) == ("hosts in nosuch", "fail")
    assert check.seen == "nobody answers, and in mcollective 3 hosts do"
    assert f"take nosuch out of collectives in {config}" in check.fix


def test_a_policy_that_denies_rpcutil_is_named_with_the_line_to_write(desk):
    policy = desk.running.site.folder / "hosts" / "web2" / "policies" / "rpcutil.policy"
    policy.write_text("policy default deny\n")
    try:
        (check,) = bad(checked(str(desk.config)))
    finally:
        policy.unlink()
    assert (check.name, check.outcome) == ("policy", "fail")
    assert f"1 of 3 hosts deny rpcutil, web2: cert=demo.mcollective may not call rpcutil daemon_stats on web2: {policy}:1" in check.seen
    assert check.fix.endswith("with TABs between: allow cert=demo.mcollective * * *")


def test_answers_that_nobody_vouches_for(desk, tmp_path):
    other = doctor_ca(tmp_path)
    ca = desk.running.site.folder / "ca" / "ca.pem"
    config = changed(
        desk, tmp_path, f"plugin.x509.ca = {other}", "plugin.x509.revocation = off", f"plugin.stomp.pool.1.ssl.ca = {ca}",
        f"plugin.stomp.pool.1.ssl.cert = {desk.running.site.certificate('demo.mcollective')}",
        f"plugin.stomp.pool.1.ssl.key = {desk.running.site.key('demo.mcollective')}",
    )  # fmt: skip
    told = {check.name: check for check in bad(checked(config))}
    assert told["answers"].seen == "3 came that nobody vouches for"
    assert "`mco ping -vv` names the reason" in told["answers"].fix
    assert told["certificate"].outcome == "fail"


def doctor_ca(tmp_path):
    from mcollective_py.security.ca import CertificateAuthority

    CertificateAuthority.create(tmp_path / "other", "Other CA")
    return tmp_path / "other" / "ca.pem"


def test_nobody_there_and_a_login_without_rights(desk, tmp_path):
    with users_broker(tmp_path) as port:
        site = desk.running.site
        for user, name in (("ops", "hosts in mcollective"), ("hosts", "rights in mcollective")):
            before = desk.config.read_text()
            try:
                text = site.write_client(
                    SiteBroker(port, user=user, password="correct horse"), {"discovery_timeout": "0.5"}
                ).read_text()
            finally:
                desk.config.write_text(before)
            path = tmp_path / f"{user}.cfg"
            path.write_text(text)
            path.chmod(0o600)
            check = bad(checked(str(path), 0.5))[0]
            assert (check.name, check.outcome) == (name, "fail")
            if user == "ops":
                assert check.seen == "nobody answers"
                assert check.fix.startswith(
                    "on a host run `mco doctor --server`: does mcollectived run there, on these brokers, with mcollective"
                )
            else:
                assert "may not" in check.seen
                assert "`mco broker adduser NAME --role operator`" in check.fix and "/topic/mcollective.*.agent" in check.fix
                assert check.strict == 69
