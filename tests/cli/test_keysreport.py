import pytest

from mcollective_py.cli.keysreport import ending_lines, fleet_lines, own_lines, rule_lines, trust_groups, trust_lines
from mcollective_py.client.results import RPCResult

NOW = 1_800_000_000.0  # 2027-01-15 08:00 UTC
DAY = 86400


def said(crl="c" * 64, **changes):
    authority = {
        "name": "CN=Puppet CA",
        "root": True,
        "fingerprint": "f" * 64,
        "not_after": NOW + 1000 * DAY,
        "crl": {
            "fingerprint": crl,
            "number": 17,
            "last_update": NOW - 7200,
            "next_update": NOW + DAY,
            "revoked": 3,
            "stale": False,
        },
    }
    plain = {
        "provider": "x509",
        "certificate": {"name": "web1", "not_after": NOW + 900 * DAY},
        "refused": "",
        "ca": "a" * 64,
        "crl": crl,
        "authorities": [authority],
        "revocation": "chain",
        "callers": ["*.mcollective"],
        "privileged": [],
        "wanted": [],
        "trouble": "",
        "warnings": [],
    }
    return {**plain, **changes}


def result(sender, data, statuscode=0, statusmsg="OK"):
    return RPCResult(sender, "rpcutil", "trusted", statuscode, statusmsg, data)


HERE = said()


def test_hosts_that_trust_the_same_stand_together_the_most_first():
    old = said("d" * 64)
    results = [result("db1", old), *(result(f"web{number}", said(certificate={"name": f"web{number}"})) for number in (10, 9, 8))]
    groups = trust_groups([*results, result("mq", {}, 1, "denied")])
    assert [group.hosts for group in groups] == [("web8", "web9", "web10"), ("db1",)]
    assert fleet_lines(groups, HERE, NOW) == [
        "3 hosts: CA aaaaaaaaaaaa, as here; CRL cccccccccccc, as here",
        "   web[8-10]",
        "   CN=Puppet CA: root ffffffffffff, valid to 2029-10-11 08:00 UTC",
        "      CRL 17 cccccccccccc of 2027-01-15 06:00 UTC (2 hours old): 3 revoked, next by 2027-01-16 08:00 UTC",
        "   callers: *.mcollective",
        "",
        "1 host: CA aaaaaaaaaaaa, as here; CRL dddddddddddd, ANOTHER THAN HERE",
        "   db1",
        "   CN=Puppet CA: root ffffffffffff, valid to 2029-10-11 08:00 UTC",
        "      CRL 17 dddddddddddd of 2027-01-15 06:00 UTC (2 hours old): 3 revoked, next by 2027-01-16 08:00 UTC",
        "   callers: *.mcollective",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"callers": ["*"]},
        {"privileged": ["p.mcollective"]},
        {"wanted": ["pp_role"]},
        {"revocation": "leaf"},
        {"trouble": "x"},
        {"ca": "b"},
    ],
)
def test_another_rule_is_another_group(changes):
    assert len(trust_groups([result("web1", said()), result("web2", said(**changes))])) == 2


def test_a_host_that_trusts_nobody_or_has_no_certificates_says_so():
    groups = trust_groups([result("web1", said(trouble="/crl.pem: CRL 1 is cut short")), result("old1", {"provider": "psk"})])
    text = "\n".join(fleet_lines(groups, HERE, NOW))
    assert "1 host: they trust nobody now\n   web1\n   nobody is trusted: /crl.pem: CRL 1 is cut short" in text
    assert "1 host: no certificates, securityprovider = psk\n   old1" in text


def test_lists_that_are_missing_overdue_or_not_asked_stand_out():
    authority = said()["authorities"][0]
    overdue = {**authority["crl"], "stale": True, "number": None}
    for crl, revocation, says in (
        (None, "chain", "NO REVOCATION LIST"),
        (overdue, "leaf", "CRL cccccccccccc of 2027-01-15 06:00 UTC (2 hours old): 3 revoked, next by 2027-01-16 08:00 UTC: OVERDUE"),
        (None, "off", "no revocation list is asked (plugin.x509.revocation = off)"),
    ):
        assert trust_lines(said(authorities=[{**authority, "crl": crl}], revocation=revocation), NOW)[1] == f"   {says}"


def test_certificates_that_end_soon_or_are_refused_are_named_the_first_first():
    results = [
        result("web1", said(certificate={"not_after": NOW + 29 * DAY})),
        result("web2", said(certificate={"not_after": NOW + 31 * DAY})),
        result("web3", said(certificate={"not_after": NOW - DAY}, refused="the certificate of web3 expired 1 days ago")),
        result("web4", said(certificate={"not_after": NOW + 2 * DAY})),
    ]
    assert ending_lines(results, NOW) == [
        "web3: others refuse what it signs: the certificate of web3 expired 1 days ago",
        "web4: its certificate ends 2027-01-17 08:00 UTC, in 2 days",
        "web1: its certificate ends 2027-02-13 08:00 UTC, in 29 days",
    ]


def test_the_rules_are_told_only_where_there_are_any():
    assert rule_lines(said(callers=[])) == ["callers: nobody"]
    assert rule_lines(said(privileged=["portal.mcollective:sso=*"], wanted=["pp_auth_role=ops"])) == [
        "callers: *.mcollective",
        "on behalf of others: portal.mcollective:sso=*",
        "certificates must say: pp_auth_role=ops",
    ]


def test_the_own_certificate_is_shown_with_where_it_is_and_how_long_it_is_good():
    own = {
        "name": "alice.mcollective",
        "names": ["alice", "alice.mcollective"],
        "issuer": "CN=Puppet CA",
        "key": "P-256",
        "fingerprint": "e" * 64,
        "not_before": NOW - DAY,
        "not_after": NOW + 10 * DAY,
        "extensions": {"pp_auth_role": "ops"},
    }
    lines = own_lines(said(certificate=own), NOW, certificate="/a.pem", key="in ssh-agent")
    assert lines == [
        "name          alice.mcollective (P-256), signed by CN=Puppet CA",
        "also          alice",
        "file          /a.pem",
        "key           in ssh-agent",
        f"fingerprint   {'e' * 64}",
        "valid         2027-01-14 08:00 UTC to 2027-01-25 08:00 UTC, 10 more days",
        "extensions    pp_auth_role=ops",
    ]
    over = own_lines(said(certificate={**own, "not_after": NOW - 1}, refused="it expired"), NOW, certificate="", key="")
    assert over[-3:] == [
        f"valid         {'2027-01-14 08:00 UTC'} to 2027-01-15 07:59 UTC, it is over",
        over[-2],
        "refused       it expired",
    ]


@pytest.mark.parametrize("value", [None, True, 5, -1, 1e300, 2**2000, float("nan"), "x\x1b[2J", [], [[]], {}, {"x": []}, ["\x1b[2J"]])
def test_whatever_a_host_says_is_shown_inert(value):
    """S-54: a hostile host may answer with anything in any place."""
    authority = said()["authorities"][0]
    for name in said():
        check_inert(said(**{name: value}))
    for name in authority:
        check_inert(said(authorities=[{**authority, name: value}]))
    for name in authority["crl"]:
        check_inert(said(authorities=[{**authority, "crl": {**authority["crl"], name: value}}]))
    check_inert(said(certificate={"not_after": value}))


def check_inert(data):
    results = [result("web1", data)]
    for line in (*fleet_lines(trust_groups(results), HERE, NOW), *ending_lines(results, NOW)):
        assert line.isprintable() or not line, line
