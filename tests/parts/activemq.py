"""A real ActiveMQ of our own: in the foreground, on a free loopback port, in a temporary folder, ended by its pid."""

import os
import re
import secrets
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from tests.parts.brokerprocess import BrokerProcess, free_port

HOME = Path("/usr/share/activemq")
_START_LIMIT = 60.0  # s; a cold JVM on two busy cores

_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<beans xmlns="http://www.springframework.org/schema/beans" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
       xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans-2.0.xsd
       http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="tests" persistent="false" useJmx="false"
          schedulePeriodForDestinationPurge="60000" dataDirectory="{folder}/data" useShutdownHook="false">
    <destinationPolicy><policyMap><policyEntries>
      <policyEntry topic=">" producerFlowControl="false"/>
      <policyEntry queue="*.reply.>" gcInactiveDestinations="true" inactiveTimeoutBeforeGC="300000"/>
    </policyEntries></policyMap></destinationPolicy>
    {tls}
    <plugins>
      <simpleAuthenticationPlugin><users>
        <authenticationUser username="{user}" password="{password}" groups="members,everyone"/>
        <authenticationUser username="reader" password="{password}" groups="everyone"/>
      </users></simpleAuthenticationPlugin>
      <authorizationPlugin><map><authorizationMap><authorizationEntries>
        <authorizationEntry queue=">" read="everyone" write="members" admin="everyone"/>
        <authorizationEntry topic=">" read="everyone" write="members" admin="everyone"/>
        <authorizationEntry topic="private.>" read="members" write="members" admin="members"/>
        <authorizationEntry topic="ActiveMQ.Advisory.>" read="everyone" write="everyone" admin="everyone"/>
      </authorizationEntries></authorizationMap></map></authorizationPlugin>
    </plugins>
    <systemUsage><systemUsage>
      <memoryUsage><memoryUsage limit="256 mb"/></memoryUsage>
      <storeUsage><storeUsage limit="64 mb"/></storeUsage>
      <tempUsage><tempUsage limit="64 mb"/></tempUsage>
    </systemUsage></systemUsage>
    <transportConnectors>{connectors}</transportConnectors>
  </broker>
</beans>
"""
_TLS = """<sslContext><sslContext keyStore="file:{store}" keyStorePassword="{password}" keyStoreType="PKCS12"
     trustStore="file:{trust}" trustStorePassword="{password}" trustStoreType="PKCS12"/></sslContext>"""
# Debian's package logs by log4j 1.2, whatever the file it ships is called.
_LOG = """log4j.rootLogger=INFO, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%5p | %m%n
"""
_SHORT_LIFE = ("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote")
_READY = re.compile(r"Apache ActiveMQ .* started")
_OPENED = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.security", "java.net", "java.lang", "java.util")]


class ActiveMQ(BrokerProcess):
    """Debian's ActiveMQ with STOMP and simple users; `with ActiveMQ(folder) as broker` gives it ready to take connections.

    folder: made if it is not there. host: address to listen on. outside: wraps the command line, for a broker in another network
    namespace. environ: of the process. keystore, truststore: PKCS#12 files with store_password, for a second port with TLS that asks
    for a client certificate. heap: megabytes. is_short_lived: it starts in half the time and never gets as quick as one to be measured.
    port stays the same over stop and start; tls_port is None without keystore.
    user: may do everything below `mcollective`; `reader` (same password) may only read, and nothing below `private`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        outside: Callable[[list[str]], list[str]] = list,
        environ: Mapping[str, str] | None = None,
        keystore: Path | None = None,
        truststore: Path | None = None,
        store_password: str = "",
        heap: int = 512,
        is_short_lived: bool = True,
    ) -> None:
        super().__init__(folder / "activemq.log")
        self.folder, self.host, self._outside, self._environ, self._heap = folder, host, outside, environ, heap
        self._compiler = _SHORT_LIFE if is_short_lived else ()
        self.user, self.password = "mcollective", secrets.token_hex(8)
        self.port = free_port()
        self.tls_port = free_port() if keystore is not None else None
        self._tls = ""
        if keystore is not None:
            self._tls = _TLS.format(store=keystore, trust=truststore or keystore, password=store_password)

    def __enter__(self) -> "ActiveMQ":
        self._write_config()
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Start it on the same ports as before, and wait until it takes connections."""
        command = [
            "java", *self._compiler, f"-Xms{min(64, self._heap)}m", f"-Xmx{self._heap}m", "-XX:+UseSerialGC",
            "-Djava.awt.headless=true", *_OPENED,
            f"-Dactivemq.home={HOME}", f"-Dactivemq.base={self.folder}", f"-Dactivemq.conf={self.folder}",
            f"-Dactivemq.data={self.folder}/data", f"-Dlog4j.configuration=file:{self.folder}/log4j.properties",
            f"-Djava.io.tmpdir={self.folder}/tmp", "-jar", str(HOME / "bin" / "activemq.jar"), "start",
            f"xbean:file:{self.folder}/activemq.xml",
        ]  # fmt: skip
        said = len(self.log)
        with (self.folder / "activemq.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._outside(command), cwd=self.folder, env=dict(self._environ) if self._environ is not None else None,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._wait_ready(said, _READY, _START_LIMIT)

    def kill(self) -> None:
        """kill -9, as a crash would; waits until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def _write_config(self) -> None:
        for folder in (self.folder, self.folder / "tmp", self.folder / "data"):
            folder.mkdir(parents=True, exist_ok=True)
        # Without tcpNoDelay each round takes 40 ms: Nagle against delayed ACK.
        options = "transport.tcpNoDelay=true"
        connectors = f'<transportConnector name="stomp" uri="stomp+nio://{self.host}:{self.port}?{options}"/>'
        if self.tls_port is not None:
            secure = f"{options}&amp;needClientAuth=true&amp;transport.enabledProtocols=TLSv1.2,TLSv1.3"
            connectors += f'<transportConnector name="stomps" uri="stomp+ssl://{self.host}:{self.tls_port}?{secure}"/>'
        text = _CONFIG.format(folder=self.folder, tls=self._tls, user=self.user, password=self.password, connectors=connectors)
        (self.folder / "activemq.xml").write_text(text)
        (self.folder / "log4j.properties").write_text(_LOG)
