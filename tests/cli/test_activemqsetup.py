import xml.etree.ElementTree as ElementTree

from mcollective_py.cli.activemqsetup import Listener, activemq_xml
from mcollective_py.cli.brokerrights import ADMIN, NODE, OPERATOR, Plan

PLAN = Plan(("mcollective", "eu"), {NODE: "n" * 20, OPERATOR: "o" * 20, ADMIN: "a" * 20})
CORE = "{http://activemq.apache.org/schema/core}"


def entries(text):
    found = ElementTree.fromstring(text).iter(f"{CORE}authorizationEntry")
    return {entry.get("topic") or entry.get("queue"): (entry.get("read"), entry.get("write"), entry.get("admin")) for entry in found}


def test_hosts_read_requests_and_operators_send_them():
    rights = entries(activemq_xml(PLAN, Listener()))
    assert rights["eu.*.agent"][:2] == ("mcollective-node,mcollective-admin", "mcollective-operator,mcollective-admin")
    assert rights["eu.nodes"][:2] == ("mcollective-node,mcollective-admin", "mcollective-operator,mcollective-admin")


def test_hosts_send_replies_alone_and_registrations_where_that_is_asked_for():
    with_it = Plan(PLAN.collectives, PLAN.passwords, has_registration=True)
    sent = [
        sorted(name for name, (_, write, _) in entries(activemq_xml(plan, Listener())).items() if NODE in write)
        for plan in (PLAN, with_it)
    ]
    assert sent == [
        ["eu.reply.>", "mcollective.reply.>"],
        [
            *("eu.auditcollector.agent", "eu.registration.agent", "eu.reply.>"),
            *("mcollective.auditcollector.agent", "mcollective.registration.agent", "mcollective.reply.>"),
        ],
    ]


def test_what_is_not_named_is_the_admins():
    assert entries(activemq_xml(PLAN, Listener()))[">"] == (ADMIN, ADMIN, ADMIN)


def test_hosts_make_no_queue_and_their_own_is_there_from_the_start():
    text = activemq_xml(PLAN, Listener())
    rights = entries(text)
    assert sorted(name for name, (_, _, admin) in rights.items() if NODE in admin) == [
        "eu.*.agent",
        "eu.agents",
        "mcollective.*.agent",
        "mcollective.agents",
    ]
    queues = [queue.get("physicalName") for queue in ElementTree.fromstring(text).iter(f"{CORE}queue")]
    assert queues == ["mcollective.nodes", "eu.nodes"]


def test_whoever_reads_replies_makes_their_queue():
    assert entries(activemq_xml(PLAN, Listener()))["eu.reply.>"][2] == f"{OPERATOR},{ADMIN}"


def test_stomp_alone_is_spoken_and_on_loopback_without_tls():
    (connector,) = ElementTree.fromstring(activemq_xml(PLAN, Listener())).iter(f"{CORE}transportConnector")
    assert connector.get("uri") == "stomp+nio://127.0.0.1:61613?transport.tcpNoDelay=true&wireFormat.maxFrameSize=8388608"


def test_with_stores_tls_asks_for_client_certificates():
    listener = Listener(host="::", port=61614, keystore="/k&y.p12", truststore="/ca.p12", store_password="it's")
    root = ElementTree.fromstring(activemq_xml(PLAN, listener))
    (connector,) = root.iter(f"{CORE}transportConnector")
    assert connector.get("uri").startswith("stomp+nio+ssl://[::]:61614?")
    assert "needClientAuth=true" in connector.get("uri")
    stores = [found.attrib for found in root.iter(f"{CORE}sslContext") if found.attrib]
    assert stores == [
        {
            "keyStore": "file:/k&y.p12",
            "keyStoreType": "PKCS12",
            "keyStorePassword": "it's",
            "trustStore": "file:/ca.p12",
            "trustStoreType": "PKCS12",
            "trustStorePassword": "it's",
        }
    ]
