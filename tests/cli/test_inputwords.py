import io

import pytest

from mcollective_py.cli.inputwords import MAX_BYTES, InputWords, read_inputs, takes_stdin
from mcollective_py.ddl.model import ActionDDL, Input
from mcollective_py.errors import UsageError

LOGIN = ActionDDL(
    "login", "", {"password": Input("password", "", "", "string", sensitive=True), "text": Input("text", "", "", "string")}
)


def test_a_value_goes_up_to_the_end_of_the_word():
    assert read_inputs(["a=1", "b=x=y", "c="]) == InputWords({"a": "1", "b": "x=y", "c": ""}, {})


def test_a_file_is_taken_as_it_is(tmp_path):
    (tmp_path / "f").write_text("one\n")
    assert read_inputs([f"text=@{tmp_path}/f", "b=@@home"], LOGIN).texts == {"text": "one\n", "b": "@home"}


def test_a_secret_out_of_a_file_is_without_the_newline_at_its_end(tmp_path):
    (tmp_path / "f").write_text("secret\n")
    assert read_inputs([f"password=@{tmp_path}/f"], LOGIN).texts == {"password": "secret"}


def test_json_keeps_its_type():
    assert read_inputs(["a:=5", 'b:={"c": [true]}', 'd:="-"']) == InputWords({}, {"a": 5, "b": {"c": [True]}, "d": "-"})


def test_the_standard_input_is_one_value():
    assert read_inputs(["a=-", "b=1"], None, io.BytesIO(b"text\n")) == InputWords({"a": "text\n", "b": "1"}, {}, True)


def test_or_all_inputs_as_an_object():
    found = read_inputs(["-", "b=1"], None, io.BytesIO(b'{"a": 5}'))
    assert found == InputWords({"b": "1"}, {"a": 5}, True)


@pytest.mark.parametrize(
    ("words", "stdin", "problem"),
    [
        (["x"], b"", "'x' is no input: write name=value"),
        (["a b=1"], b"", "'a b=1' is no input"),
        (["=1"], b"", "'=1' is no input"),
        (["a=1", "a:=2"], b"", "the input a is given twice"),
        (["a=1", "-"], b'{"a": 1}', "the input a is given twice"),
        (["a=-", "b=-"], b"", "the standard input is one value"),
        (["a=@"], b"", "which file?"),
        (["a=@/nonexistent/file"], b"", "a=@/nonexistent/file: /nonexistent/file cannot be read: No such file or directory"),
        (["a=@/"], b"", "a=@/: / "),
        (["a=@/dev/zero"], b"", "a=@/dev/zero: /dev/zero "),
        (["a:=yes"], b"", "after := stands JSON"),
        (["a:=[1, NaN]"], b"", "after := stands JSON"),
        (["-"], b"[1]", "is to be a JSON object"),
        (["-"], b'{"a b": 1}', "is to be a JSON object"),
        (["-"], b"x", "is no JSON"),
        (["a=-"], b"\xff", "the standard input: is no UTF-8 text, at byte 0"),
        (["a=-"], b"x" * (MAX_BYTES + 1), "larger than the 1048576 bytes"),
    ],
)
def test_what_is_none_is_named(words, stdin, problem):
    with pytest.raises(UsageError) as caught:
        read_inputs(words, None, io.BytesIO(stdin))
    assert problem in str(caught.value)


def test_whether_the_standard_input_is_wanted_is_known_beforehand():
    assert [takes_stdin(words) for words in (["-"], ["a=-"], ["a=x-"], ["a:=-"], [])] == [True, True, False, False, False]


def test_json_that_cannot_be_read_is_not_shown_for_it_may_be_a_secret():
    with pytest.raises(UsageError) as refused:
        read_inputs(["password:=hunter2"])
    assert str(refused.value).startswith("password:=: after := stands JSON")
    assert "hunter2" not in str(refused.value)
