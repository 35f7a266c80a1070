import json
import re
import signal
import threading
import time
from dataclasses import replace

import pytest

from mcollective_py.cli.applications.rpc import Rpc, addressed
from mcollective_py.cli.demosite import OPERATOR, SiteHost
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.config import Config
from mcollective_py.connector.factory import open_connector
from mcollective_py.errors import ConnectorClosed, UsageError
from mcollective_py.message import Destination, Kind, Publication, Reply
from mcollective_py.security.envelope import REPLY, read_envelope
from mcollective_py.security.load import security_plugin


def words(*words):
    return addressed(parse(parser_for("rpc", Rpc()), words))


def test_agent_action_and_inputs_stand_in_a_row_or_in_options():
    row = words("service", "status", "service=exim4", "note=a=b c")
    options = words("-a", "service", "--action", "status", "--arg", "service=exim4", "--argument", "note=a=b c")
    assert row == options == ("service", "status", ["service=exim4", "note=a=b c"])


def test_a_plain_message_has_no_action():
    assert words("echo", "--body", "1") == ("echo", None, [])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ((), "which agent"),
        (("Service",), "names are lower case, so write service"),
        (("9x",), "which agent"),
        (("service",), "which action of service"),
        (("service", "a=b"), "which action"),
        (("echo", "go", "--body", "1"), "without an action"),
    ],
)
def test_what_is_missing_is_said(wrong, says):
    with pytest.raises(UsageError, match=says):
        words(*wrong)


def test_an_action_runs_on_the_hosts_of_a_filter_only(desk):
    answer = desk.mco("rpc", "rpcutil", "get_fact", "fact=country", "-C", "role::web", "--sort")
    assert answer.code == 0
    assert answer.lines[:3] == ["web1", "    Fact: country", "   Value: uk"]
    assert answer.lines[3] == "web2"
    assert re.fullmatch(r"Finished processing 2 / 2 hosts in \d+\.\d\d ms", answer.lines[-1])


def test_a_float_stays_a_float_and_a_denial_is_a_failure(desk):
    answer = desk.mco("rpc", "echo", "--body", "2.5", "--json")
    document = json.loads(answer.out)
    assert answer.code == 2
    good = {reply["sender"]: reply["data"] for reply in document["replies"] if reply["statuscode"] == 0}
    assert good == {"db1": {"body": 2.5}, "web1": {"body": 2.5}}
    (denied,) = [reply for reply in document["replies"] if reply["refusal"] == "denied"]
    assert (denied["sender"], denied["statuscode"]) == ("web2", 1)
    assert document["replies"][0] == denied  # failures first
    assert document["stats"]["denied"] == 1


def test_a_setting_that_a_host_does_not_know_is_a_failure_that_says_so(desk):
    document = json.loads(desk.mco("rpc", "rpcutil", "get_config_item", "item=nope", "-I", "web1", "-j").out)
    (reply,) = document["replies"]
    assert (reply["statuscode"], reply["statusmsg"]) == (1, "Unknown config property nope")


def test_denied_everywhere_has_an_exit_code_of_its_own_when_strict(desk):
    words = ("rpc", "echo", "--body", "x", "-I", "web2")
    answer = desk.mco(*words)
    assert f"{'web2':<40} Denied" in answer.out
    assert "echo.policy" in answer.out
    assert (answer.code, desk.mco(*words, "--strict").code) == (2, 77)


def test_silent_hosts_are_named_and_answers_count(desk):
    answer = desk.mco("rpc", "rpcutil", "ping", "-I", "web1", "-I", "nosuch", "-t", "1")
    assert answer.code == 0
    assert "No response from:\n\n   nosuch\n" in answer.out
    assert answer.lines[-1].startswith("Finished processing 1 / 2 hosts")


@pytest.mark.parametrize(
    ("filter", "code"),
    [(("-I", "nosuch", "-t", "0.5"), 4), (("-C", "nosuch"), 1), (("-C", "role::db"), 0)],
    ids=["named", "nobody", "one"],
)
def test_the_exit_code_says_how_it_went(desk, filter, code):
    assert desk.mco("rpc", "rpcutil", "ping", *filter).code == code


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("rpcutil", "pong"), "has no action 'pong'"),
        (("rpcutil", "get_fact"), "needs the input fact"),
        (("rpcutil", "get_fact", "fact=a;b"), "fact"),
        (("rpcutil", "ping", "x=1"), "x"),
        (("nosuch", "ping"), "mco plugin doc"),
        (("rpcutl", "ping"), "did you mean rpcutil?"),
        (("rpcutil", "pnig"), "did you mean ping?"),
        (("rpcutil", "get_fact", "fct=os"), "did you mean fact?"),
        (("rpcutil",), "which action? rpcutil has agent_inventory, "),
        (("echo",), "echo: this is a plain agent, without actions: mco rpc echo --body VALUE"),
        (("echo", "status"), "echo: this is a plain agent, without actions: mco rpc echo --body VALUE"),
        (("rpcutil", "ping", "--limit", "0"), "limit"),
    ],
)
def test_wrong_words_are_1_and_told_in_one_message(desk, wrong, says):
    answer = desk.mco("rpc", *wrong)
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 40 + b"]" * 40], ids=["bytes", "depth"])
def test_a_body_that_cannot_be_sent_is_a_wrong_word(desk, body):
    words = ("rpc", "echo", "-I", "web1", "--body", body)
    answers = [desk.mco(*words), desk.mco(*words, "--strict")]
    assert [(answer.code, answer.err.count("\n")) for answer in answers] == [(1, 1), (64, 1)]


def test_wrong_words_are_told_without_a_broker(desk, tmp_path):
    config = tmp_path / "client.cfg"
    config.touch(mode=0o600)
    config.write_text(desk.config.read_text().replace(str(desk.running.broker_port), "1"))
    answer = desk.mco("rpc", "rpcutil", "get_fact", "-c", str(config))
    assert (answer.code, "needs the input fact" in answer.err) == (1, True)


def test_without_results_only_the_request_id_is_printed(desk):
    answer = desk.mco("rpc", "rpcutil", "ping", "--nr")
    assert answer.code == 0
    assert re.fullmatch(r"Request sent with id: [0-9a-f]{32}\n", answer.out)


@pytest.mark.parametrize("more", [(), ("--nr",)])
def test_where_replies_go_is_printed_and_none_is_waited_for(desk, more):
    answer = desk.mco("rpc", "rpcutil", "ping", "--reply-to", "/queue/mcollective.reply.elsewhere", *more)
    assert answer.code == 0
    assert re.fullmatch(r"Request sent with id: [0-9a-f]{32} replies to /queue/mcollective\.reply\.elsewhere\n", answer.out)


@pytest.mark.parametrize(
    "words",
    [
        ("rpcutil", "ping", "--reply-to", "/topic/bad"),
        ("rpcutil", "ping", "--reply-to", "/topic/bad", "--json", "--nr"),
        ("rpcutil", "ping", "-I", "web1", "--reply-to", "/topic/bad"),
        ("echo", "--body", "x", "--reply-to", "/topic/bad"),
    ],
)
@pytest.mark.parametrize(("more", "code"), [((), 1), (("--strict",), 69)])
def test_what_the_broker_refuses_was_not_sent(desk, words, more, code):
    answer = desk.mco("rpc", *words, *more)
    assert (answer.code, answer.out) == (code, "")
    assert re.search(r"^mco rpc: the broker \S+ refuses this client: .*/topic/bad", answer.err)


def test_without_results_nothing_is_sent_where_the_login_may_not_publish(desk, tmp_path):
    config, site = tmp_path / "client.cfg", desk.running.site
    site.issue("web3", "node")  # a node may not send to nodes
    text = desk.config.read_text().replace(str(site.certificate(OPERATOR)), str(site.certificate("web3")))
    config.write_text(text.replace(str(site.key(OPERATOR)), str(site.key("web3"))))
    answer = desk.mco("rpc", "rpcutil", "ping", "-I", "web1", "--nr", "-c", str(config))
    assert (answer.code, answer.out) == (1, "")
    assert "may not send to /queue/mcollective.nodes" in answer.err


def test_where_replies_go_is_in_the_document(desk):
    document = json.loads(desk.mco("rpc", "echo", "--body", "x", "--reply-to", "/queue/mcollective.reply.elsewhere", "--json").out)
    assert document == {"request_id": document["request_id"], "reply_to": "/queue/mcollective.reply.elsewhere"}


def test_batches_ask_so_many_at_a_time_under_one_request_id(desk):
    answer = desk.mco("rpc", "rpcutil", "ping", "--batch", "2", "--batch-sleep", "0.5", "--json")
    document = json.loads(answer.out)
    assert answer.code == 0
    assert sorted(reply["sender"] for reply in document["replies"]) == ["db1", "web1", "web2"]
    assert document["stats"]["agent_time"] > 0.5
    assert document["stats"]["not_asked"] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--batch", "0"), "a batch is a number of hosts above 0 or a percentage up to 100%, not '0'"),
        (("--batch", "2", "--no-results"), "--batch goes neither with --no-results nor with --reply-to"),
        (("--reply-to", "nowhere"), "nowhere is no place for replies"),
        (("--reply-to", "/queue/mcollective.nodes"), "is no place for replies: /queue/NAME for example, and not where requests travel"),
    ],
)
def test_options_that_cannot_be_are_told(desk, words, says):
    answer = desk.mco("rpc", "rpcutil", "ping", *words)
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err


def test_a_limit_asks_the_first_by_name(desk):
    document = json.loads(desk.mco("rpc", "rpcutil", "ping", "-1", "--json").out)
    assert [reply["sender"] for reply in document["replies"]] == ["db1"]
    assert document["stats"]["discovered"] == ["db1"]


def test_what_is_displayed_can_be_chosen(desk):
    assert [line.split()[0] for line in desk.mco("rpc", "rpcutil", "ping", "--display", "failed").lines] == ["Finished"]


def test_verbose_adds_the_statistics(desk):
    assert re.search(r"Nodes: 3 / 3\n +Pass / Fail: 3 / 0\n +Request: [0-9a-f]{32}\n", desk.mco("rpc", "rpcutil", "ping", "-v").out)


def test_ctrl_c_shows_what_there_is_and_leaves_with_130(desk):
    process = desk.start("rpc", "rpcutil", "ping", "-I", "web1", "-I", "nosuch", "-t", "60")
    assert process.stdout.readline() == "web1\n"
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert time.monotonic() - started < 10
    assert process.returncode == 130
    assert "No response from:\n\n   nosuch\n" in out
    assert "interrupted" in err


class Hostile:
    """A node with a good certificate on the real broker: an honest pong, then to any action what `forge` makes of its reply."""

    def __init__(self, running, name, forge):
        config = Config.from_file(running.site.write_host(SiteHost(name), running.broker), "server")
        self.name, self.forge, self.security = name, forge, security_plugin(config, "server", time.time)
        self.connector = open_connector(config, name, is_daemon=True)
        self.thread = threading.Thread(target=self.run, name=name)

    def __enter__(self):
        self.connector.connect(10.0)
        self.connector.subscribe(
            [Destination(Kind.AGENT, "mcollective", "discovery"), Destination(Kind.NODE, "mcollective", self.name)]
        )
        assert self.connector.wait_subscribed(10.0)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.connector.close()
        self.thread.join(10)

    def run(self):
        while True:
            try:
                request = self.security.open_request(self.security.read(self.connector.receive().payload))
            except ConnectorClosed:
                return
            is_ping = request.agent == "discovery"
            made = Reply(
                request.id, request.digest, self.name, request.agent, request.action, "pong" if is_ping else {"pong": 1}, time.time()
            )
            (payload,) = self.security.seal_reply(made, request)
            destination = Destination(Kind.REPLY, request.collective, request.reply_to)
            payload = payload if is_ping else self.forge(self.security, payload)
            self.connector.publish([Publication(payload, destination, self.name, time.time(), 60)])


def in_anothers_name(security, payload):
    body = read_envelope(payload, len(payload)).body
    assert b'"node":"evil1"' in body
    return security._seal(REPLY, body.replace(b'"node":"evil1"', b'"node":"web1"'))


def with_its_signature_changed(security, payload):
    found = read_envelope(payload, len(payload))
    return replace(found, signature=found.signature[:-1] + bytes([found.signature[-1] ^ 1])).encode()


def with_its_content_changed(security, payload):
    found = read_envelope(payload, len(payload))
    return replace(found, body=found.body.replace(b'{"pong":1}', b'{"pong":2}')).encode()


def unsigned(security, payload):
    return re.sub(rb'"s":\[.*\]', b'"s":[]', payload)


FORGERIES = [in_anothers_name, with_its_signature_changed, with_its_content_changed, unsigned]


def test_what_is_not_forged_is_shown(desk):
    with Hostile(desk.running, "evil1", lambda security, payload: payload):
        answer = desk.mco("rpc", "rpcutil", "ping", "-I", "evil1")
    assert (answer.code, answer.lines[0]) == (0, "evil1")


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_reply_that_nobody_vouches_for_is_dropped_counted_told_and_2(desk, forge):
    """S-33."""
    words = ("rpc", "rpcutil", "ping", "-I", "evil1", "-I", "web2", "-t", "2")
    with Hostile(desk.running, "evil1", forge):
        beside = desk.start(*words, "--json")  # each of them waits to the end of its time
        answer = desk.mco(*words)
        document = json.loads(beside.communicate(timeout=60)[0])
    assert answer.code == 2
    assert answer.lines[0] == "web2"
    assert "1 reply dropped as unverified: unreadable, or not signed by whom it should be" in answer.lines
    assert "No response from:\n\n   evil1\n" in answer.out
    assert answer.out.count("evil1") == 1
    assert "web1" not in answer.out
    assert [reply["sender"] for reply in document["replies"]] == ["web2"]
    assert (document["stats"]["unverified"], document["stats"]["no_response"]) == (1, ["evil1"])


def test_inputs_come_from_files_json_and_the_standard_input(desk, tmp_path):
    (tmp_path / "fact").write_text("country")
    words = ("rpc", "rpcutil", "get_fact", "-I", "web1", "--json")
    for given, stdin in ((f"fact=@{tmp_path}/fact", ""), ('fact:="country"', ""), ("fact=-", "country"), ("-", '{"fact": "country"}')):
        document = json.loads(desk.mco(*words, given, input=stdin).out)
        assert [reply["data"]["value"] for reply in document["replies"]] == ["uk"]


def test_the_standard_input_cannot_name_hosts_and_be_an_input(desk):
    answer = desk.mco("rpc", "rpcutil", "get_fact", "fact=-", "--nodes", "-", input="web1\n")
    assert (answer.code, answer.out) == (1, "")
    assert "it cannot be both" in answer.err


def test_a_json_value_of_another_type_is_refused_before_anything_is_sent(desk):
    answer = desk.mco("rpc", "rpcutil", "get_fact", "fact:=5")
    assert (answer.code, answer.out) == (1, "")
    assert "fact" in answer.err
