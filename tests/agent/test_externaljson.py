import json

import pytest

from mcollective_py.agent.externaljson import ExternalAnswer, input_variables, read_answer, settings_text, wants_activation
from mcollective_py.errors import Malformed


@pytest.mark.parametrize(
    ("value", "text"),
    [("a b", "a b"), ("", ""), (True, "true"), (5, "5"), (1.5, "1.5"), (["a", 1], '["a",1]'), ({"a": None}, '{"a":null}'), (b"x", "x")],
)
def test_an_input_is_a_variable_as_text_or_as_json(value, text):
    assert input_variables({"name": value}) == {"MCOLLECTIVE_INPUT_name": text}


@pytest.mark.parametrize(
    "inputs",
    [{"name": None}, {"na=me": "x"}, {"name": "a\0b"}, {"name": "x" * 70_000}, {"code": "x"}],
    ids=lambda inputs: str(inputs)[:20],
)
def test_what_no_environment_holds_or_should_hold_stays_out(inputs):
    assert input_variables(inputs, frozenset({"code"})) == {}


def test_all_inputs_together_leave_room_for_the_program():
    found = input_variables({f"name{number}": "x" * 60_000 for number in range(10)})
    assert 200_000 < sum(len(text) for text in found.values()) <= 256 * 1024


@pytest.mark.parametrize(
    ("text", "exitcode", "answer"),
    [
        (b"", 0, ExternalAnswer()),
        (b'{"a": 1}', 0, ExternalAnswer(0, "OK", {"a": 1})),
        (b'{"a": 1}', 4, ExternalAnswer(4, "no", {"a": 1})),
        (b'{"statuscode": 0, "data": {"a": 1}}', 0, ExternalAnswer(0, "OK", {"a": 1})),
        (b'{"statuscode": 3, "data": {}}', 0, ExternalAnswer(3, "no", {})),
        (b'{"statuscode": 3, "statusmsg": "what?", "data": null}', 0, ExternalAnswer(3, "what?", {})),
        (b'{"statuscode": 200, "body": "x"}', 0, ExternalAnswer(0, "OK", {"statuscode": 200, "body": "x"})),
        (b"{", 0, None),
        (b'{"a": 1, "a": 2}', 0, None),
        (b"[" * 100_000, 0, None),
        (b"\xff", 1, None),
        (b'{"statuscode": true, "data": {}}', 0, None),
        (b'{"statuscode": 0, "data": []}', 0, None),
    ],
)
def test_an_answer_is_outputs_or_the_envelope_of_choria(text, exitcode, answer):
    found = read_answer(text, exitcode, "no\n", "agent.sh")
    if answer is None:
        assert found.statuscode == 5 and "cannot be read" in found.statusmsg and found.data == {}
    else:
        assert found == answer


def test_settings_are_lines_that_hold_nothing_but_their_value():
    assert settings_text({"b": "x\ny = 2", "a": "1"}) == "a = 1\nb = x y = 2\n"


def test_an_activation_check_says_yes_or_no():
    assert wants_activation(b'{"activate": true}') and not wants_activation(b'{"activate": false}')
    for text in (b"", b"{}", b'{"activate": 1}', b"[]"):
        with pytest.raises(Malformed):
            wants_activation(text)


def test_a_message_is_bounded():
    assert len(read_answer(b"", 1, "x" * 10_000, "agent.sh").statusmsg) == 4096
    assert len(read_answer(json.dumps({"statuscode": 1, "statusmsg": "x" * 10_000}).encode(), 0, "", "agent.sh").statusmsg) == 4096
