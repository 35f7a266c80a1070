"""A fixed fleet: literal replies of a status action, at fixed times, as the client would have them. Nothing else is substituted."""

from mcollective_py.client.collector import Collector
from mcollective_py.client.replies import Replies
from mcollective_py.client.results import RPCStats
from mcollective_py.client.rpcresults import RPCResults
from mcollective_py.ddl.model import DDL, ActionDDL, Aggregate, Metadata, Output
from mcollective_py.message import Reply

REQUEST = "0123456789abcdef0123456789abcdef"
STARTED = 1_760_000_000.0
OUTPUTS = {
    "status": Output("status", "Its state", "Service Status"),
    "version": Output("version", "Its version", "Version"),
    "config": Output("config", "Its configuration", "Configuration"),
    "pid": Output("pid", "Its process", "PID"),
}
ACTIONS = {
    "status": ActionDDL("status", "Is it running?", outputs=OUTPUTS, display="always", aggregates=(Aggregate("summary", "status"),)),
    "restart": ActionDDL("restart", "Restart it", outputs=OUTPUTS, display="failed"),
}
SERVICE = DDL(Metadata("service", "", "", "", "", "", 5.0), ACTIONS)

EVIL = "\x1b[2J\x1b]0;title\x07\x9b31m\u202egnp\u2066.exe\rOK\x00\udc80=cmd|' /C calc'!A0" + "\x7f"
LONG = "x" * 300


def good(sender, **data):
    outputs = {"status": "running", "version": "1.2", "config": "port = 25\ntls = yes", "pid": 1000 + sum(sender.encode()), **data}
    return sender, 0, "OK", outputs, None


def failed(sender, message="exim4 has no unit file"):
    return sender, 1, message, {"status": "unknown"}, None


def denied(sender):
    return sender, 1, "You are not authorized to call this agent or action.", {}, "denied"


CASES = {
    "ok": ((good("web1"), good("web2"), good("db1", status="stopped", pid=None)), ("web1", "web2", "db1")),
    "failed": ((failed("web2"), failed("web1"), ("db1", 4, "service: too long", {}, None)), ("web1", "web2", "db1")),
    "mixed": ((good("web2"), failed("db1"), good("web1"), denied("db2")), ("web1", "web2", "db1", "db2", "db3")),
    "silent": ((), ("web1", "web2")),
    "denied": ((denied("web1"), denied("web2")), ("web1", "web2")),
    "empty": ((), ()),
    "same": (
        (
            *(good(f"web{number:02}", pid=7) for number in range(1, 9)),
            good("web09", pid=7, version="1.3"),
            good("web10", pid=7, config="port = 25\ntls = no\nextra = 1", note="new"),
            denied("db1"),
            denied("db2"),
        ),
        (*(f"web{number:02}" for number in range(1, 11)), "db1", "db2"),
    ),
    "hostile": (
        (
            good("web1", status=EVIL, version=LONG, config=f"{EVIL}\n{EVIL}", pid=[EVIL, {EVIL: b"\x1b\xff"}], **{f"k{EVIL}": EVIL}),
            failed("web2", EVIL),
            ("web3", 1, EVIL, {}, EVIL),
        ),
        ("web1", "web2", "web3"),
    ),
}


def replies_of(case, action="status"):
    """The replies of one case, in the order of their arrival."""
    for sender, code, message, data, refusal in CASES[case][0]:
        yield Reply(REQUEST, "d", sender, "service", action, data, STARTED, code, message, refusal=refusal)


def results(case, action="status", pump=None, window=0.0):
    """The results of one case, as `show` takes them: the n-th reply came after n times 10 ms. pump: brings them, instead."""
    expected = CASES[case][1]
    collector = Collector("service", started=0.0, window=window, expected=expected)
    collector.sent("d")
    collector.published(0.0)
    stats = RPCStats(
        request_id=REQUEST, agent="service", action=action, discovered=tuple(sorted(expected)), did_discovery=True,
        discovery_time=0.25, discovery_method="mc", discovery_ended="window", started=STARTED,
    )  # fmt: skip
    now = [0.0]
    made = Replies(collector, stats, pump=pump or (lambda timeout: None), monotonic=lambda: now[0])
    if pump is None:
        for number, reply in enumerate(replies_of(case, action), 1):
            now[0] = number / 100
            made.deliver(reply)
    return RPCResults(made)
