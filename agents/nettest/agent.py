"""Tests of the network as this host sees it. All of them only read, in a few seconds, and each has an end."""

from mcollective_py.agent import Agent, InvalidRPCData, RPCReply, RPCRequest, action

_MOST = 50.0  # seconds that all probes of one request may take together; the DDL allows 60


class Nettest(Agent):
    """Ping, TCP, DNS, TLS and HTTP. Everything is imported where it is used: a daemon that is never asked pays nothing."""

    @action
    def ping(self, request: RPCRequest, reply: RPCReply) -> None:
        """Round trip times of ICMP echo."""
        from .echo import in_ms, ping
        from .targets import reach_of, resolve

        count, seconds = int(request.between("count", 1, 20, 1)), request.between("timeout", 0.1, 10, 2)
        if count * seconds > _MOST:
            raise InvalidRPCData(f"count times timeout must be at most {_MOST:g} s")
        target = resolve(request["fqdn"], 0, request.get("family", "any"), max(seconds, 2.0), reach_of(self.config))[0]
        found, reason = ping(target, count, seconds)
        times = in_ms(found)
        reply["sent"], reply["received"], reply["address"] = count, len(times), target.address
        reply["loss"] = round(100 * (count - len(times)) / count, 1)
        if not times:
            reply.abort(f"Cannot reach host: {target.address}: {reason}")
        reply["rtt"], reply["rtt_min"], reply["rtt_max"] = round(sum(times) / len(times), 3), min(times), max(times)

    @action
    def connect(self, request: RPCRequest, reply: RPCReply) -> None:
        """Whether a TCP port can be connected to; that it cannot is an answer, and no failure, as it always has been."""
        from .connecting import connect
        from .targets import port_of, reach_of, resolve

        port, seconds = port_of(request.data, 0), request.between("timeout", 0.1, 10, 2)
        attempt = connect(resolve(request["fqdn"], port, request.get("family", "any"), seconds, reach_of(self.config)), seconds)
        if attempt.connection is not None:
            attempt.connection.close()
        reply["connect"], reply["connect_status"] = attempt.connection is not None, attempt.status
        reply["connect_time"], reply["address"], reply["error"] = attempt.seconds, attempt.address, attempt.error

    @action
    def dns(self, request: RPCRequest, reply: RPCReply) -> None:
        """Records of a name."""
        from time import monotonic

        from .dnsmessage import question, question_name
        from .lookup import ask, configured_servers
        from .targets import Reach, port_of, reach_of, resolve

        kind, seconds, port = request.get("type", "A"), request.between("timeout", 0.1, 20, 4), port_of(request.data, 53)
        try:
            name = question_name(request["fqdn"], kind)
            question(0, name, kind)
        except ValueError as error:
            raise InvalidRPCData(f"fqdn: {error}") from error
        started = monotonic()
        if "server" not in request and kind in ("A", "AAAA"):
            family = "ipv4" if kind == "A" else "ipv6"
            answers = tuple(target.address for target in resolve(name, 0, family, seconds, Reach()))
            reply["resolver"], reply["rcode"] = "system", "NOERROR"
        else:
            # The host's own servers are asked by every program of it: only one that a caller names is looked at by allow and deny.
            reach = reach_of(self.config) if "server" in request else Reach()
            named = [request["server"]] if "server" in request else configured_servers()
            targets = [target for server in named for target in resolve(server, port, "any", seconds, reach)]
            answer, reply["resolver"] = ask(targets, name, kind, max(0.1, seconds - (monotonic() - started)))
            answers, reply["rcode"], reply["ttl"] = answer.records, answer.rcode, answer.ttl
        reply["answers"], reply["time"] = sorted(set(answers)), round((monotonic() - started) * 1000, 3)
        if reply["rcode"] != "NOERROR":
            reply.fail(f"{reply['rcode']}: {request['fqdn']} {kind}, says {reply['resolver']}")
        elif (expected := request.get("expect")) is not None and expected not in answers:
            reply.fail(f"{expected} is not among the answers: {', '.join(reply['answers'][:5]) or 'there are none'}")

    @action
    def tls(self, request: RPCRequest, reply: RPCReply) -> None:
        """A handshake and the certificate. No handshake at all is a failure; a bad certificate is a state."""
        from time import time

        from .certificate import describe, state_of
        from .handshake import VERSIONS, Endpoint, accepted_versions, look, problem_of
        from .targets import port_of, reach_of, resolve

        seconds, port = request.between("timeout", 0.1, 8, 4), port_of(request.data, 443)
        crit = int(request.between("crit", 0, 3650, 7))
        warn = int(request.between("warn", crit, 3650, max(30, crit)))
        targets = resolve(request["fqdn"], port, request.get("family", "any"), seconds, reach_of(self.config))
        endpoint = Endpoint(targets, request.get("servername", request["fqdn"]).rstrip("."), seconds, request.get("starttls", "none"))
        seen = look(endpoint)
        try:
            reply.update(describe(seen.der, time()))
        except ValueError as error:
            reply.abort(f"the certificate cannot be read: {error}")
        problem = problem_of(endpoint, self.config.get("ca"))
        reply["verified"], reply["verify_error"] = problem is None, problem
        reply["version"], reply["cipher"], reply["address"], reply["time"] = (
            seen.version,
            seen.cipher,
            seen.address,
            round(seen.seconds * 1000, 3),
        )
        if request.get("versions"):
            reply["versions"] = accepted_versions(endpoint)
        reply["state"], reply["reason"] = state_of(reply, warn, crit, problem if request.get("verify", True) else None)
        order, least = [*VERSIONS], request.get("min_version")
        if least is not None and (seen.version not in order or order.index(seen.version) < order.index(least)):
            reply["state"], reply["reason"] = "CRITICAL", f"the handshake came to {seen.version}, {least} is the least"

    @action
    def http(self, request: RPCRequest, reply: RPCReply) -> None:
        """A request; a status from 400 on is a failure, or any but the wanted one."""
        from mcollective_py.agent.pattern import Pattern

        from .fetch import Wanted, fetch, split_url
        from .targets import Target, reach_of, resolve

        split_url(request["url"])
        reach, family, instead = reach_of(self.config), request.get("family", "any"), request.get("connect_to")
        pattern = Pattern(request["pattern"]) if "pattern" in request else None
        status = int(request.between("status", 100, 599, 0)) if "status" in request else None

        def addresses(host: str, port: int, left: float) -> list[Target]:
            return resolve(instead or host, port, family, max(left, 0.1), reach)

        fetched = fetch(
            Wanted(
                url=request["url"],
                method=request.get("method", "GET"),
                seconds=request.between("timeout", 0.1, 30, 10),
                max_bytes=int(request.between("max_bytes", 0, 10 << 20, 1 << 20)),
                resolve=addresses,
                redirects=int(request.between("redirects", 0, 5, 0)),
                elsewhere=request.get("elsewhere", False) and instead is None,
                verify=request.get("verify", True),
                ca=self.config.get("ca"),
            )
        )
        reply["status"], reply["reason"], reply["bytes"], reply["truncated"] = (
            fetched.status,
            fetched.reason,
            len(fetched.body),
            fetched.is_cut,
        )
        reply["connect_time"], reply["first_byte"], reply["time"] = (
            round(seconds * 1000, 3) for seconds in (fetched.connected, fetched.first_byte, fetched.total)
        )
        reply["content_type"], reply["location"] = fetched.headers.get("content-type"), fetched.headers.get("location")
        reply["url"], reply["redirects"], reply["address"] = fetched.url, fetched.path, fetched.address
        if pattern is not None:
            reply["matched"] = pattern.is_in(fetched.body[:65536].decode("utf-8", "replace"))
        if (fetched.status >= 400) if status is None else (fetched.status != status):
            reply.fail(f"HTTP {fetched.status} {fetched.reason}".rstrip() + ("" if status is None else f", {status} is wanted"))
        elif status is None and fetched.status >= 300 and request.get("redirects") and reply["location"]:
            reply.fail(f"redirected more than {int(request['redirects'])} times, to {reply['location']}")
        elif reply.get("matched") is False:
            reply.fail("the pattern is not in the answer")
