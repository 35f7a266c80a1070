import pytest

from mcollective_py.security.callers import CallerPatterns, Delegations


@pytest.mark.parametrize("name", ["alice.mcollective", "a.b.mcollective", "9-x_y.mcollective"])
def test_a_star_takes_whatever_stands_there(name):
    assert CallerPatterns(["*.mcollective"]).match(name)


@pytest.mark.parametrize(
    "name",
    [
        "web1.example.com",
        ".mcollective",
        "mcollective",
        "alicemcollective",
        "alice.mcollectivex",
        "evil.mcollective.attacker.net",
        "x.privilegedXmcollective",
        "alice.mcollective\n",
        "alice\n.mcollective",
        "alice.mcollective\x00",
        "älice.mcollective",
        "Alice.mcollective",
        "a/b.mcollective",
        "",
    ],
)
def test_a_name_that_is_not_the_pattern_whole_is_no_caller(name):
    assert not CallerPatterns(["*.mcollective"]).match(name)


def test_one_of_several_patterns_is_enough_and_none_takes_nobody():
    patterns = CallerPatterns(["*.mcollective", "ops-??.example.com", "carol"])
    assert patterns.match("ops-01.example.com")
    assert patterns.match("carol")
    assert not patterns.match("ops-001.example.com")
    assert not patterns.match("carols")
    assert not CallerPatterns([]).match("alice.mcollective")


@pytest.mark.parametrize("pattern", ["*", "**", "*.*", "?", "", "Alice", "a b", "(a|b)", "[ab]", "/x/", "a\n", ".mcollective"])
def test_a_pattern_that_is_none_or_takes_everybody_is_refused(pattern):
    with pytest.raises(ValueError, match=r"no pattern|every host"):
        CallerPatterns([pattern])


CALLERS = CallerPatterns(["*.mcollective"])


def test_nobody_asks_on_behalf_of_others_by_default():
    assert Delegations((), CALLERS).refusal("portal.mcollective", "sso=alice") == (
        "portal.mcollective may not ask on behalf of others (plugin.x509.privileged_certnames)"
    )


@pytest.mark.parametrize(
    "name",
    [
        "x.privilegedXmcollective",
        "evil.privileged.mcollective.attacker.net",
        "privileged.mcollective",
        "a.privileged.mcollective\n",
        "",
    ],
)
def test_a_privileged_name_is_matched_whole(name):
    """S-31."""
    delegations = Delegations(["*.privileged.mcollective"], CALLERS)
    assert delegations.refusal("a.privileged.mcollective", "sso=alice") is None
    assert "may not ask on behalf of others" in delegations.refusal(name, "sso=alice")


def test_a_delegation_may_be_bound_to_some_callers():
    delegations = Delegations(["portal.mcollective:sso=*", "night.mcollective:cert=ops-?.mcollective"], CALLERS)
    assert delegations.refusal("portal.mcollective", "sso=Alice.B") is None
    assert delegations.refusal("night.mcollective", "cert=ops-1.mcollective") is None
    for certname, caller in (
        ("portal.mcollective", "cert=ops-1.mcollective"),
        ("portal.mcollective", "sso=alice\n"),
        ("night.mcollective", "cert=ops-12.mcollective"),
        ("night.mcollective", "sso=alice"),
    ):
        assert delegations.refusal(certname, caller).startswith(f"{certname} may not ask on behalf of {caller}")


def test_nobody_asks_as_a_certificate_that_is_no_caller():
    """So a portal cannot ask as one of the hosts, or as a name that no certificate can have."""
    delegations = Delegations(["portal.mcollective"], CALLERS)
    assert delegations.refusal("portal.mcollective", "cert=alice.mcollective") is None
    for caller in ("cert=web1.example.com", "cert=Alice.mcollective", "cert=a..mcollective"):
        assert "which is no caller here" in delegations.refusal("portal.mcollective", caller)


@pytest.mark.parametrize(
    "word", ["*", "*:sso=*", "?.-", "portal.mcollective:", "portal.mcollective:alice", "a b", "Portal", ":sso=*", "a:b=c:d"]
)
def test_a_word_that_is_no_delegation_is_refused(word):
    with pytest.raises(ValueError):
        Delegations([word], CALLERS)
