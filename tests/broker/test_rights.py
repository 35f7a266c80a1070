import itertools

import pytest

from mcollective_py.broker.destinations import parse_destination
from mcollective_py.broker.frames import RefusedFrame
from mcollective_py.broker.rights import ADMIN, NODE, OPERATOR, CertificateRoles, Member, check_read, check_reply_to, check_write
from mcollective_py.broker.selector import parse_selector
from mcollective_py.errors import ConfigError

NODE_CERT = Member("web1.example.com", NODE, "web1.example.com")
NODE_PASSWORD = Member("mcollective", NODE)
OPERATOR_MEMBER = Member("alice.mcollective", OPERATOR, "alice.mcollective")
ADMIN_MEMBER = Member("root", ADMIN)


def is_allowed(check, *arguments):
    try:
        check(*arguments)
    except RefusedFrame:
        return False
    return True


OPEN_TO_HOSTS = ("registration", "auditcollector")  # of all topics that requests come by, these

# destination: may (node, operator, admin) subscribe, may they send
TABLE = {
    "/topic/mcollective.discovery.agent": ((True, False, True), (False, True, True)),
    "/topic/mcollective.registration.agent": ((True, False, True), (True, True, True)),
    "/topic/mcollective.auditcollector.agent": ((True, False, True), (True, True, True)),
    "/topic/mcollective.agents": ((True, False, True), (False, True, True)),
    "/topic/other": ((False, False, True), (False, False, True)),
    "/queue/mcollective.nodes": ((False, False, True), (False, True, True)),
    "/queue/mcollective.reply.alice_1.1": ((False, True, True), (True, False, True)),
    "/queue/other": ((False, False, True), (False, False, True)),
    "/temp-queue/replies": ((False, True, True), (False, False, False)),
    "/reply-queue/0123": ((False, False, False), (True, False, True)),
    "/topic/>": ((False, False, True), (False, False, False)),
    "/queue/mcollective.reply.>": ((False, False, False), (False, False, False)),
}


@pytest.mark.parametrize("destination", TABLE)
def test_each_role_reads_and_writes_what_the_table_says(destination):
    address = parse_destination(destination)
    members = (NODE_CERT, OPERATOR_MEMBER, ADMIN_MEMBER)
    reads, writes = TABLE[destination]
    assert tuple(is_allowed(check_read, member, address, None) for member in members) == reads
    assert tuple(is_allowed(check_write, member, address) for member in members) == writes


def test_a_node_reaches_no_other_by_a_pattern_or_a_list_of_destinations():
    words = (
        "*",
        ">",
        "mcollective",
        "agent",
        "nodes",
        "reply",
        "registration",
        "auditcollector",
        "mcollective,x",
        "x,/topic/mcollective",
    )
    names = [".".join(name) for count in (1, 2, 3, 4) for name in itertools.product(words, repeat=count)]
    taken = set()
    for kind, name in itertools.product(("topic", "queue", "temp-queue", "reply-queue"), names):
        try:
            address = parse_destination(f"/{kind}/{name}")
            check_write(NODE_CERT, address)
        except RefusedFrame:
            continue
        assert not address.has_wildcard
        taken.add(str(address))
    heard = ("/topic/mcollective.rpcutil.agent", "/topic/mcollective.agents", "/queue/mcollective.nodes")
    assert {f"/topic/mcollective.{agent}.agent" for agent in OPEN_TO_HOSTS} <= taken
    assert not taken & set(heard)
    ends = tuple(f".{agent}.agent" for agent in OPEN_TO_HOSTS)
    assert all(name.endswith(ends) for name in taken if name.startswith("/topic/"))
    assert all(".reply." in name for name in taken if name.startswith("/queue/"))


@pytest.mark.parametrize(
    ("member", "selector", "expected"),
    [
        (NODE_CERT, "mc_identity = 'web1.example.com'", True),
        (NODE_CERT, "mc_identity = 'web1.example.com' AND colour = 'blue'", True),
        (NODE_CERT, "mc_identity = 'web2.example.com'", False),
        (NODE_CERT, "mc_identity = 'web1.example.com' OR mc_identity = 'web2.example.com'", False),
        (NODE_CERT, "mc_identity <> 'x'", False),
        (NODE_PASSWORD, "mc_identity = 'web2.example.com'", True),
        (NODE_PASSWORD, "mc_identity <> 'x'", False),
        (OPERATOR_MEMBER, "mc_identity = 'alice.mcollective'", False),
    ],
)
def test_a_node_reads_the_nodes_queue_for_its_own_identity(member, selector, expected):
    assert is_allowed(check_read, member, parse_destination("/queue/mcollective.nodes"), parse_selector(selector)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/queue/mcollective.reply.a_1.1", True),
        ("/queue/mcollective.nodes", False),
        ("/topic/mcollective.discovery.agent", False),
        ("/queue/mcollective.reply.>", False),
    ],
)
def test_replies_can_be_asked_for_only_where_replies_go(text, expected):
    assert is_allowed(check_reply_to, OPERATOR_MEMBER, parse_destination(text)) is expected
    assert is_allowed(check_reply_to, NODE_CERT, parse_destination(text)) is expected


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("web1.example.com", NODE),
        ("alice.mcollective", OPERATOR),
        ("evil.mcollective.attacker.net", NODE),
        ("alicexmcollective", NODE),
        (".mcollective", None),
        ("a.mcollective\n", None),
        ("../x", None),
        ("", None),
    ],
)
def test_a_certificates_name_gives_the_role(name, role):
    assert CertificateRoles().role_of(name) is role


def test_admins_come_before_operators_before_nodes():
    roles = CertificateRoles(admins=("root.*",), operators=("*.ops",), nodes=("*.example.com",))
    assert roles.role_of("root.ops") is ADMIN
    assert roles.role_of("bob.ops") is OPERATOR
    assert roles.role_of("web1.example.com") is NODE
    assert roles.role_of("web1.example.net") is None


@pytest.mark.parametrize("pattern", ["web[0-9].example.com", "Web1.example.com", "", "a b"])
def test_a_pattern_that_means_nothing_to_nodes_means_nothing_here(pattern):
    with pytest.raises(ConfigError, match="is no pattern of certificate names"):
        CertificateRoles(admins=(pattern,))
