import pytest
import yaml

from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.jsondocument import call_document
from mcollective_py.cli.output.yamldocument import YAMLDocument, yaml_text
from mcollective_py.cli.render import Style
from mcollective_py.client.results import RPCResult, RPCStats
from mcollective_py.wire.symbol import Symbol

RESULT = RPCResult("web1", "disk", "status", 0, "OK", {"on": "yes", "n": "1", "t": "a\nb\n", "m": {"x": [1, 2.5, None, True]}})


def test_it_is_the_document_of_json():
    ending = Ending(RPCStats(request_id="0e1", no_response=("web2",)))
    made = YAMLDocument(None, Style())
    assert made.result(RESULT) == ""
    assert yaml.safe_load(made.end(ending)) == {
        **call_document([RESULT], ending), "replies": [call_document([RESULT], ending)["replies"][0]]
    }  # fmt: skip


@pytest.mark.parametrize("without_libyaml", [False, True])
@pytest.mark.parametrize("value", ["\x1b[2J\x9b\u202e", "no", "1e3", "=", "<<", "- a", "a: b", "#c", "~", "é\U0001f600", "2026-01-01"])
def test_every_text_stays_one_and_is_plain_ascii(monkeypatch, value, without_libyaml):
    if without_libyaml:
        monkeypatch.delattr(yaml, "CSafeDumper", raising=False)
    text = yaml_text({value: [value, {value: value}]})
    assert text.isascii()
    assert not {char for char in text if char < " " and char != "\n"} | ({"\x7f"} & set(text))
    assert yaml.safe_load(text) == {value: [value, {value: value}]}


def test_nothing_is_shared_and_only_plain_types_are_named():
    same = ["x"]
    assert yaml_text({"a": same, "b": same, "c": Symbol("s"), "d": b"\xff"}) == "a:\n- x\nb:\n- x\nc: s\nd:\n  base64: /w==\n"


def test_half_a_surrogate_pair_is_written_out():
    assert yaml.safe_load(yaml_text({"a": "x\udc80"})) == {"a": "x\\udc80"}
