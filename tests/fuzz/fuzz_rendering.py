"""What hosts answer, shown: nothing of it moves a cursor or breaks a line, a cell or a document, in any format."""

import csv
import io
import json

import yaml

from mcollective_py.cli.output.base import Ending, Output
from mcollective_py.cli.output.csvrows import CSVRows
from mcollective_py.cli.output.folded import Folded
from mcollective_py.cli.output.jsondocument import JSONDocument
from mcollective_py.cli.output.jsonlines import JSONLines
from mcollective_py.cli.output.senders import Senders
from mcollective_py.cli.output.table import Table
from mcollective_py.cli.output.text import Text
from mcollective_py.cli.output.yamldocument import YAMLDocument
from mcollective_py.cli.render import Style
from mcollective_py.client.results import RPCResult, RPCStats
from mcollective_py.errors import Malformed
from mcollective_py.wire import strictjson
from tests.cli.output.fleet import SERVICE
from tests.fuzz.mutation import fuzz

FOR_PEOPLE = (Text, Table, Folded, Senders)
STYLES = (Style(), Style(verbose=True, width=40, is_terminal=True, fold_above=0))
SEEDS = (
    b'{"message": "OK", "data": {"status": "running", "version": "1.2", "config": "port = 25\\ntls = yes", "pid": 1002}}',
    b'{"message": "no \\u001b[2J\\u202e\\u2028 unit",'
    + b' "data": {"text": "\\u001b]0;t\\u0007", "=cmd": "@SUM(1)", "list": [1, null, {"a": [true]}]}}',
    b'{"message": "", "data": {"\\u0000": "\\r\\n\\t\\u009b31m", "wide": "\\u65e5\\u672c\\ud83d\\ude00e\\u0301",'
    + b' "n": -1.5e300, "deep": [[[[[[]]]]]]}}',
)
WORDS = (b"\\u001b[2J", b"\\u009b", b"\\u202e", b"\\u2028", b"\\r", b"\\n", b"\\t", b"\\u0000", b"\\u0007", b"\\ud83d\\ude00",
         b"\\u0301", b"\\ufeff",
         b"\\u0085", b"=cmd|", b"+1", b"@x", b'\\"', b"'", b",", b";", b'"status":', b'"pid":', b'"version":', b"[", b"]", b"{", b"}",
         b"null", b"true", b"1e308", b"x" * 300, b'"' + b"\\n" * 50 + b'"', b"---", b"!!python/name:os.system", b"{{7*7}}", b"%s%n",
         b"[/bold]", b"\\u00ad", b"\\u200b")  # fmt: skip


def results(message: str, data: dict[str, object]) -> list[RPCResult]:
    """Of three hosts: two that say the same, and one that failed."""
    one = [RPCResult(sender, "service", "status", 0, message, data) for sender in ("web1", "web2")]
    return [*one, RPCResult("web3", "service", "status", 1, message, {}, "denied")]


def shown(output: Output, found: list[RPCResult]) -> str:
    stats = RPCStats(
        request_id="0" * 32, agent="service", action="status", responses=3, ok=2, failed=1, discovered=("web1", "web2", "web3")
    )
    return "".join(output.result(result) for result in found) + output.end(Ending(stats))


def is_space(char: str) -> bool:
    """A space of another width, which moves nothing but what follows on its line."""
    return ord(char) >= 0xA0 and char.isspace() and char not in "\u2028\u2029"


def check(data: bytes) -> bool:
    try:
        fields = strictjson.loads(data, strictjson.REPLY)
    except Malformed:
        return False
    if not (isinstance(fields, dict) and isinstance(fields.get("message"), str) and isinstance(fields.get("data"), dict)):
        return False
    found = results(fields["message"], fields["data"])
    for style in STYLES:
        for kind in FOR_PEOPLE:
            for ddl in (None, SERVICE):
                text = shown(kind(ddl, style), found)
                bad = {char for char in text if not (char.isprintable() or char in "\n\t" or is_space(char))}
                assert not bad, f"{kind.__name__}: {bad!r} comes to the terminal"
    style = STYLES[0]
    document = json.loads(shown(JSONDocument(SERVICE, style), found))
    assert repr(document["replies"][-1]["data"]) == repr(json.loads(json.dumps(fields["data"]))), "JSON says something else"
    lines = shown(JSONLines(SERVICE, style), found)
    assert len(lines.splitlines()) == lines.count("\n") == 4, "a line of JSON is not one line"
    assert all(isinstance(json.loads(line), dict) for line in lines.splitlines())
    rows = list(csv.reader(io.StringIO(shown(CSVRows(SERVICE, style), found), newline="")))
    assert {len(row) for row in rows} == {len(rows[0])} and len(rows) == 4, "a row of CSV is not one row"
    if len(data) < 1_000:
        document = yaml.safe_load(shown(YAMLDocument(SERVICE, style), found))
        assert len(document["replies"]) == 3
    return True


if __name__ == "__main__":
    fuzz("rendering", check, SEEDS, WORDS)
