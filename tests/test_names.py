"""The shapes of identifiers: what passes, and what never becomes a file name, a destination or a line of a log."""

import pytest

from mcollective_py import names

CHECKS = (
    names.is_identity,
    names.is_agent,
    names.is_action,
    names.is_collective,
    names.is_caller,
    names.is_certname,
    names.is_request_id,
    names.is_reply_destination,
)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (names.is_identity, "web1"),
        (names.is_identity, "Web_1.example-site.net"),
        (names.is_identity, "a" * 255),
        (names.is_agent, "rpcutil"),
        (names.is_agent, "mail_queue2"),
        (names.is_action, "runOnce"),
        (names.is_collective, "eu-west_1"),
        (names.is_caller, "cert=alice.mcollective"),
        (names.is_caller, "uid=500"),
        (names.is_certname, "alice.mcollective"),
        (names.is_request_id, "0123456789abcdef0123456789abcdef"),
        (names.is_reply_destination, "/queue/mcollective.reply.web1_7"),
        (names.is_reply_destination, "/temp-queue/mcollective_reply_echo"),
        (names.is_reply_destination, "/exchange/mcollective_reply/web1_7_1"),
    ],
)
def test_real_names_pass(check, text):
    assert check(text) is True


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "text",
    ["", " ", "../../etc/cron.d/x", "a\0b", ".", "..", "a b", "%2e%2e", "a․․b", "ünit", "a" * 900, "a;b", "$(id)", "-x", "x\u0000"],
)
def test_these_are_no_name_of_anything(check, text):
    assert check(text) is False


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (names.is_identity, "web1\n"),
        (names.is_agent, "echo\n"),
        (names.is_action, "status\n"),
        (names.is_collective, "eu\n"),
        (names.is_caller, "cert=alice\ncert=admin"),
        (names.is_certname, "alice.mcollective\n"),
        (names.is_request_id, "0123456789abcdef0123456789abcdef\n"),
        (names.is_reply_destination, "/queue/a\nselector:true"),
    ],
)
def test_a_newline_is_never_let_through(check, text):
    assert check(text) is False


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("value", [None, 7, b"web1", ["web1"], True])
def test_what_is_no_text_is_no_name(check, value):
    assert check(value) is False


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (names.is_identity, "a..b"),
        (names.is_identity, "a/b"),
        (names.is_identity, "a" * 256),
        (names.is_agent, "Echo"),
        (names.is_agent, "2fast"),
        (names.is_agent, "a" * 65),
        (names.is_agent, "_private"),
        (names.is_action, "__class__"),
        (names.is_action, "activate?"),
        (names.is_collective, "eu.west"),
        (names.is_caller, "cert="),
        (names.is_caller, "=alice"),
        (names.is_caller, "cert=alice=bob"),
        (names.is_certname, "Alice.mcollective"),
        (names.is_certname, "a..b"),
        (names.is_request_id, "0123456789ABCDEF0123456789ABCDEF"),
        (names.is_request_id, "0123456789abcdef"),
        (names.is_reply_destination, "queue/a"),
        (names.is_reply_destination, "/queue/"),
        (names.is_reply_destination, "/dsub/a"),
    ],
)
def test_each_kind_has_its_own_limits(check, text):
    assert check(text) is False


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("/queue/eu.reply.web1_7.abc", True),
        ("/queue/mcollective.custom.target", True),
        ("/queue/nodes", True),
        ("/topic/eu.results", True),
        ("/temp-queue/mcollective_reply_echo", True),
        ("/reply-queue/amq.gen-JzTY20BRgKO-HjmUJj0wLg", True),
        ("/reply-queue/stomp.gen-JzTY20BRgKO-HjmUJj0wLg", True),
        ("/amq/queue/results", True),
        ("/exchange/mcollective_reply/web1_7_1", True),
        ("/queue/eu.nodes", False),
        ("/queue/eu/x.nodes", False),
        ("/topic/eu.package.agent", False),
        ("/topic/eu.agents", False),
        ("/topic/a/b.agents", False),
        ("/exchange/eu_broadcast", False),
        ("/exchange/eu_broadcast/package", False),
        ("/exchange/eu_directed/web1", False),
        ("/exchange/_directed/web1/x", False),
        ("/queue/eu.reply.web1 x", False),
        ("/queue/eu.>", False),
        ("eu.reply", False),
        (None, False),
    ],
)
def test_replies_go_to_any_place_but_those_by_which_requests_travel(text, is_one):
    assert names.is_place_for_replies(text) is is_one
