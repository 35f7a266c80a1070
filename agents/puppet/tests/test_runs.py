"""The words of a run, and what may be touched."""

import pytest

from agents.puppet.resources import refusal
from agents.puppet.runs import RunOptions, options_of, outcome_of, run_words, split_server
from mcollective_py.errors import InvalidRPCData

AGENT = ["/usr/bin/puppet", "agent"]
ONCE = ["--onetime", "--no-daemonize", "--color=false", "--show_diff", "--verbose", "--detailed-exitcodes"]


def test_a_run_without_options_waits_as_the_host_says():
    options = options_of({}, is_signalled=False, splay=True, splaylimit=30)
    assert run_words(AGENT, options) == [*AGENT, *ONCE, "--splay", "--splaylimit=30"]


def test_force_is_at_once():
    options = options_of({"force": True, "splay": True}, is_signalled=False, splay=True, splaylimit=30)
    assert run_words(AGENT, options)[len(AGENT) + len(ONCE) :] == ["--no-splay"]


def test_every_option_is_one_word_with_its_value():
    request = {
        "noop": True, "environment": "test", "server": "puppet.example.net:8141", "tags": "a, b::c", "skip_tags": "d", "splay": False,
        "use_cached_catalog": False, "ignoreschedules": True,
    }  # fmt: skip
    options = options_of(request, is_signalled=False, splay=True, splaylimit=30)
    assert run_words(AGENT, options, config="/etc/p.conf")[len(AGENT) + len(ONCE) :] == [
        "--config=/etc/p.conf", "--tags=a,b::c", "--skip_tags=d", "--no-splay", "--noop", "--no-use_cached_catalog",
        "--environment=test",
        "--server=puppet.example.net", "--serverport=8141", "--ignoreschedules",
    ]  # fmt: skip


def test_an_old_puppet_has_another_name_for_the_port():
    assert run_words(AGENT, RunOptions(server="a:1"), has_serverport=False)[-1] == "--masterport=1"


def test_a_daemon_is_told_of_no_splay_so_that_it_can_be_signalled():
    assert not options_of({"splay": True}, is_signalled=True, splay=True, splaylimit=30).are_custom
    assert not options_of({"force": True}, is_signalled=True, splay=True, splaylimit=30).are_custom
    assert options_of({"noop": False}, is_signalled=True, splay=True, splaylimit=30).are_custom


@pytest.mark.parametrize("limit", [-1, 86401, 1e9])
def test_a_wait_has_a_bound(limit):
    with pytest.raises(InvalidRPCData, match="splaylimit"):
        options_of({"splaylimit": limit}, is_signalled=False, splay=True, splaylimit=30)


@pytest.mark.parametrize(
    ("address", "parts"),
    [("puppet", ("puppet", "")), ("a:8140", ("a", "8140")), ("[::1]:8140", ("::1", "8140")), ("::1", ("::1", ""))],
)
def test_a_server_is_a_host_and_a_port(address, parts):
    assert split_server(address) == parts


@pytest.mark.parametrize(
    ("code", "word"), [(0, "unchanged"), (1, "failed"), (2, "changed"), (4, "failed"), (6, "failed"), (-15, "failed"), (127, "failed")]
)
def test_an_exit_code_has_a_word(code, word):
    assert outcome_of(code) == word


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "The service type is not listed in the type whitelist"),
        ({"resource_type_whitelist": "none"}, "The service type is not listed in the type whitelist"),
        ({"resource_type_whitelist": "package, service"}, None),
        ({"resource_type_blacklist": "service"}, "The service type is listed in the type blacklist"),
        ({"resource_type_blacklist": "package"}, None),
        (
            {"resource_type_whitelist": "a", "resource_type_blacklist": "b"},
            "You cannot specify both puppet.resource_type_whitelist and puppet.resource_type_blacklist in the config file",
        ),
        (
            {"resource_type_whitelist": "service", "resource_name_whitelist.service": "ntp"},
            "The exim4 name is not listed in the name whitelist",
        ),
        ({"resource_type_whitelist": "service", "resource_name_whitelist.service": "ntp,exim4"}, None),
        (
            {"resource_type_whitelist": "service", "resource_name_blacklist.service": "exim4"},
            "The exim4 name is listed in the name blacklist",
        ),
    ],
)
def test_only_what_the_host_allows_is_touched(config, reason):
    assert refusal(config, "service", "exim4") == reason
