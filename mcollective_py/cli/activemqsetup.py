"""activemq.xml for a fleet: STOMP and nothing else, three logins, and the rights that their work needs."""

from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from .brokerrights import ADMIN, NODE, OF_HOSTS, OPERATOR, Plan


@dataclass(frozen=True, slots=True)
class Listener:
    """Where STOMP is spoken. keystore: PKCS#12 with the broker's certificate; truststore: with the CA of the clients' certificates,
    which are asked for then. store_password: of both. Without a keystore there is no TLS."""

    host: str = "127.0.0.1"
    port: int = 61613
    keystore: str | None = None
    truststore: str | None = None
    store_password: str = ""


@dataclass(frozen=True, slots=True)
class _Right:
    """Who may read, write and create one kind of destination; every login is a group of its own. ActiveMQ calls the last admin."""

    kind: str  # topic or queue
    name: str
    read: tuple[str, ...]
    write: tuple[str, ...]
    admin: tuple[str, ...]

    def entry(self) -> str:
        rights = {"read": self.read, "write": self.write, "admin": self.admin}
        words = " ".join(f'{right}="{",".join(groups)}"' for right, groups in rights.items())
        return f'<authorizationEntry {self.kind}="{self.name}" {words}/>'


def activemq_xml(plan: Plan, listener: Listener) -> str:
    """The whole file."""
    users = "\n        ".join(
        f"<authenticationUser username={quoteattr(login)} password={quoteattr(password)} groups={quoteattr(login)}/>"
        for login, password in plan.passwords.items()
    )
    entries = "\n          ".join(right.entry() for right in _rights(plan))
    queues = "".join(f'<queue physicalName="{collective}.nodes"/>' for collective in plan.collectives)
    connector = _connector(listener)
    return _XML.format(users=users, entries=entries, queues=queues, admin=ADMIN, tls=_tls(listener), connector=connector)


def _rights(plan: Plan) -> list[_Right]:
    """Entries for one destination add up, so that what no entry names is the admin's alone.

    Those of a wildcard are the sum of all that it can match, and ActiveMQ attaches whoever subscribes later to a destination of such a
    name: a host that may write a reply queue could make `/queue/C.*`, and be heard by all that read `C.nodes`. Hosts make no queues,
    therefore: a reply queue is made by who reads it, and `C.nodes` is there from the start. Of topics they write none.
    """
    hosts, operators, nobody, both = (NODE, ADMIN), (OPERATOR, ADMIN), (ADMIN,), (NODE, OPERATOR, ADMIN)
    rights = [_Right("topic", ">", nobody, nobody, nobody), _Right("queue", ">", nobody, nobody, nobody)]
    for collective in plan.collectives:
        rights += [
            _Right("topic", f"{collective}.*.agent", hosts, operators, both),
            _Right("topic", f"{collective}.agents", hosts, operators, both),
            _Right("queue", f"{collective}.nodes", hosts, operators, nobody),
            _Right("queue", f"{collective}.reply.>", operators, hosts, operators),
        ]
        if plan.has_registration:
            rights += [_Right("topic", f"{collective}.{agent}.agent", hosts, hosts, both) for agent in OF_HOSTS]
    return rights


def _connector(listener: Listener) -> str:
    # Without tcpNoDelay each round takes 40 ms: Nagle's algorithm against delayed acknowledgements.
    options = {"transport.tcpNoDelay": "true", "wireFormat.maxFrameSize": str(8 * 1024 * 1024)}
    scheme = "stomp+nio"
    if listener.keystore is not None:
        scheme = "stomp+nio+ssl"
        options["transport.enabledProtocols"] = "TLSv1.2,TLSv1.3"
        if listener.truststore is not None:
            options["needClientAuth"] = "true"
    words = "&".join(f"{key}={value}" for key, value in options.items())
    host = f"[{listener.host}]" if ":" in listener.host else listener.host
    return f'<transportConnector name="{scheme}" uri={quoteattr(f"{scheme}://{host}:{listener.port}?{words}")}/>'


def _tls(listener: Listener) -> str:
    if listener.keystore is None:
        return ""
    stores = {"keyStore": listener.keystore} | ({"trustStore": listener.truststore} if listener.truststore else {})
    words = " ".join(
        f'{store}={quoteattr(f"file:{path}")} {store}Type="PKCS12" {store}Password={quoteattr(listener.store_password)}'
        for store, path in stores.items()
    )
    return f"\n    <sslContext><sslContext {words}/></sslContext>"


_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- ActiveMQ for MCollective, by `mco broker setup activemq`. It holds passwords: mode 0640, group of the broker. -->
<beans xmlns="http://www.springframework.org/schema/beans" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans.xsd
  http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>
  <!-- Nothing is kept on disk: a request that outlives its time is of no use to anybody. -->
  <!-- STOMP needs no advisory topics, and a right to those would be one to every pattern that matches them, too. -->
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="mcollective" persistent="false" useJmx="false"
          advisorySupport="false" useVirtualTopics="false"
          schedulePeriodForDestinationPurge="60000" dataDirectory="${{activemq.data}}">
    <destinationPolicy><policyMap><policyEntries>
      <!-- One slow host must not hold up a broadcast, and the reply queues of clients that have gone are cleared away. -->
      <policyEntry topic="&gt;" producerFlowControl="false"/>
      <policyEntry queue="*.reply.&gt;" gcInactiveDestinations="true" inactiveTimeoutBeforeGC="300000">
        <deadLetterStrategy><discarding/></deadLetterStrategy>
      </policyEntry>
    </policyEntries></policyMap></destinationPolicy>
    <!-- Hosts may make no queue: what they read is there from the start. -->
    <destinations>{queues}</destinations>{tls}
    <plugins>
      <!-- A message lives for its time from now, whatever the sender's clock says: hosts can tell an operator whose clock is slow. -->
      <timeStampingBrokerPlugin/>
      <simpleAuthenticationPlugin><users>
        {users}
      </users></simpleAuthenticationPlugin>
      <authorizationPlugin><map><authorizationMap><authorizationEntries>
          {entries}
        </authorizationEntries>
        <!-- Without this everybody could make temporary queues and send to those of others. -->
        <tempDestinationAuthorizationEntry>
          <tempDestinationAuthorizationEntry read="{admin}" write="{admin}" admin="{admin}"/>
        </tempDestinationAuthorizationEntry>
      </authorizationMap></map></authorizationPlugin>
    </plugins>
    <systemUsage><systemUsage>
      <memoryUsage><memoryUsage limit="256 mb"/></memoryUsage>
      <storeUsage><storeUsage limit="64 mb"/></storeUsage>
      <tempUsage><tempUsage limit="64 mb"/></tempUsage>
    </systemUsage></systemUsage>
    <!-- STOMP alone: no OpenWire, no web console, no JMX. -->
    <transportConnectors>
      {connector}
    </transportConnectors>
  </broker>
</beans>
"""
