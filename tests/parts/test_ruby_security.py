"""Ruby's security plugins, as installed, open what ours seal and ours open what they seal; both refuse what was changed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import NotSigned
from mcollective_py.facttest import FactTest
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security.load import security_plugin
from mcollective_py.wire import marshal, rubyyaml
from mcollective_py.wire.symbol import Symbol
from tests.parts.require import require_programs
from tests.parts.rubyalone import write_ruby_alone

pytestmark = pytest.mark.parts

HERE = Path(__file__).parent
KEYS = HERE.parent / "wire/vectors/activemq-ssl-marshal/test-only-keys"
NOW = 1_800_000_000.0
ID = "0123456789abcdef0123456789abcdef"
PLUGINS = {
    "psk": "securityprovider = psk\nplugin.psk = only-for-this-test-aiJah3ooquaiPh5a\n",
    "ssl marshal": "securityprovider = ssl\n",
    "ssl yaml": "securityprovider = ssl\nplugin.ssl_serializer = yaml\n",
}
SSL_FILES = """\
plugin.ssl_server_private = {folder}/server-private.pem
plugin.ssl_server_public = {folder}/server-public.pem
plugin.ssl_client_private = {folder}/alice-private.pem
plugin.ssl_client_public = {folder}/alice.pem
plugin.ssl_client_cert_dir = {folder}/clients
"""


class Meeting:
    """Our plugins and Ruby's with the same settings."""

    def __init__(self, name: str, folder: Path) -> None:
        require_programs("ruby", "mco")
        self.folder, self.serializer = folder, rubyyaml if name.endswith("yaml") else marshal
        (folder / "clients").mkdir()
        for source, target in (("server-private", "server-private"), ("server-public", "server-public"),
                               ("testuser-private", "alice-private"), ("testuser-public", "alice"),
                               ("testuser-public", "clients/alice")):  # fmt: skip
            shutil.copyfile(KEYS / f"{source}.pem", folder / f"{target}.pem")
            (folder / f"{target}.pem").chmod(0o600)
        text = PLUGINS[name] + (SSL_FILES.format(folder=folder) if name != "psk" else "")
        self.config = write_ruby_alone(folder, text)
        self.client = security_plugin(Config.from_text(text, "client"), "client", lambda: NOW, {})
        self.node = security_plugin(Config.from_text(text, "server"), "server", lambda: NOW, {})

    def ruby(self, **payloads: bytes) -> dict[str, dict[str, str]]:
        """What Ruby makes of payloads, by name: `x_request` is opened as a node does, `x_reply` as a client does."""
        for name, payload in payloads.items():
            (self.folder / f"{name.replace('_', '.')}.bin").write_bytes(payload)
        command = [
            "ruby",
            "-r",
            str(HERE / "rubycompat.rb"),
            str(HERE / "rubysecurity.rb"),
            str(self.config),
            str(self.folder),
        ]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=True)
        found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return {entry.pop("file").removesuffix(".bin").replace(".", "_"): entry for entry in found}

    def request(self) -> Request:
        filter = Filter.parse(facts=["country=us"], agents=["service"], compound=["fstat('/etc/hosts').md5=/ab/ and country=us"])
        return Request(
            ID, self.client.caller, "desk", "mcollective", "service", "status", {"service": "näme", "state": Symbol("running")}, filter,
            NOW, 60, "/queue/mcollective.reply.desk_1.1",
        )  # fmt: skip


@pytest.fixture(scope="module", params=list(PLUGINS))
def meeting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Meeting:
    return Meeting(request.param, tmp_path_factory.mktemp("meeting"))


def test_ruby_opens_what_ours_sealed_and_ours_what_ruby_sealed(meeting: Meeting) -> None:
    asked = meeting.request()
    body = {"status": Symbol("running"), "bytes": b"\xff", "deep": {"a": [1.5, None, True]}}
    (reply,) = meeting.node.seal_reply(Reply(ID, "", "web1", "service", "status", body, NOW), asked)
    found = meeting.ruby(good_request=meeting.client.seal_request(asked).payload, good_reply=reply)
    said = found["good_request"]["opened"]
    assert ':action=>"status"' in said
    assert f':caller=>"{asked.caller}", :data=>{{:service=>"näme", :state=>:running, :process_results=>true}}' in said
    assert '"fact"=>[{:fact=>"country", :value=>"us", :operator=>"=="}]' in said
    assert '"r_compare"=>/ab/' in said
    assert '{:status=>:running, :bytes=>"\\xFF", :deep=>{"a"=>[1.5, nil, true]}}' in found["good_reply"]["opened"]

    read = meeting.node.read((meeting.folder / "ruby-request").read_bytes())
    opened = meeting.node.open_request(read)
    assert (opened.caller, opened.agent, opened.action, opened.wants_reply) == (asked.caller, "service", "status", True)
    assert opened.body == {"service": "näme", "state": "running"}
    assert type(opened.body["state"]) is Symbol
    assert opened.filter.facts == (FactTest("country", "==", "us"),)
    assert opened.filter.compound == asked.filter.compound
    answer = meeting.client.open_reply(meeting.client.read((meeting.folder / "ruby-reply").read_bytes()))
    assert (answer.sender, answer.agent, answer.statuscode, answer.body) == ("ruby.example", "service", 0, body)
    assert type(answer.body["status"]) is Symbol


def test_both_refuse_what_was_changed(meeting: Meeting) -> None:
    asked = meeting.request()
    (reply,) = meeting.node.seal_reply(Reply(ID, "", "web1", "service", "status", {"status": "running"}, NOW), asked)
    payloads = {"request": meeting.client.seal_request(asked).payload, "reply": reply}
    changed = {}
    for kind, payload in payloads.items():
        fields = meeting.serializer.loads(payload)
        body, proof = fields["body"], fields["hash"]
        other = body.replace(b"status", b"stat\x01s") if isinstance(body, bytes) else body.replace("status", "statos")
        assert other != body
        wrong = ("0" if proof[0] != "0" else "1") + proof[1:]
        for name, change in (("body", {"body": other}), ("proof", {"hash": wrong}), ("none", {"hash": None})):
            twin = {**fields, **{Symbol(key): value for key, value in change.items()}}
            changed[f"{name}_{kind}"] = meeting.serializer.dumps(twin)
    found = meeting.ruby(**changed)
    for name, payload in changed.items():
        assert "refused" in found[name], name
        plugin = meeting.node if name.endswith("request") else meeting.client
        with pytest.raises(NotSigned):
            plugin.open_request(plugin.read(payload)) if name.endswith("request") else plugin.open_reply(plugin.read(payload))
