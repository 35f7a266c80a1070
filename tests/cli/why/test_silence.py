import pytest

from mcollective_py.cli.why.silence import Surroundings, reasons

NOW = 1_700_000_000.0
OTHERS = frozenset({"web1", "web2"})


@pytest.mark.parametrize(
    ("seen", "first"),
    [
        (Surroundings("mcollective", {"mcollective": OTHERS | {"web9"}}), "it answers a ping that goes to everybody, and nothing"),
        (
            Surroundings("mcollective", {"mcollective": OTHERS, "dmz": frozenset({"web9"})}),
            "it is not in the collective mcollective: it answers in dmz: add -T dmz",
        ),
        (
            Surroundings("mcollective", {"mcollective": frozenset()}),
            "nobody answers at all, so that it is hardly this host's fault: `mco doctor`",
        ),
        (Surroundings("mcollective", {"mcollective": OTHERS}, unverified=1), "1 answer came that nobody vouches for"),
        (
            Surroundings("mcollective", {"mcollective": OTHERS}, {"web9": NOW - 7200}),
            "it is down, cut off, or its daemon has stopped: it was last heard 2 hours ago",
        ),
        (Surroundings("mcollective", {"mcollective": OTHERS}), "it was never heard by this user in mcollective"),
    ],
)  # fmt: skip
def test_the_likeliest_reason_comes_first(seen, first):
    assert reasons("web9", seen, NOW)[0].startswith(first)


def test_a_name_without_its_domain_is_known_by_its_first_word():
    seen = Surroundings("mcollective", {"mcollective": frozenset({"db1.example.com"})})
    assert reasons("db1", seen, NOW)[0] == "the name: this host was never heard; did you mean db1.example.com?"


def test_clocks_that_are_off_are_told_with_the_number():
    seen = Surroundings("mcollective", {"mcollective": OTHERS}, ahead=-90.0)
    assert reasons("mail7", seen, NOW)[-1] == "the clocks: this one is 90 s behind those of the hosts that answer: `timedatectl` here"


def test_a_host_heard_before_may_also_refuse_this_caller():
    seen = Surroundings("mcollective", {"mcollective": OTHERS}, {"web9": NOW - 86400 * 3})
    first, second = reasons("web9", seen, NOW)
    assert "3 days ago" in first and "`systemctl status mcollectived`" in first
    assert "`refused a message`" in second
