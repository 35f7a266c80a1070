import pytest

from mcollective_py.agent.ownsettings import flag, number, whole
from mcollective_py.errors import RPCAborted


@pytest.mark.parametrize("word", ["1", "y", "YES", "t", "true", "on", " 1 "])
def test_yes_is_said_in_the_words_of_every_setting(word: str):
    assert flag({"strict": word}, "package", "strict", False) is True


@pytest.mark.parametrize("word", ["0", "n", "No", "f", "false", "off"])
def test_no_is_too(word: str):
    assert flag({"allow_arguments": word}, "nrpe", "allow_arguments", True) is False


@pytest.mark.parametrize("settings", [{}, {"strict": ""}, {"strict": "  "}])
def test_what_is_not_set_is_the_default(settings: dict[str, str]):
    assert flag(settings, "package", "strict", True) is True
    assert whole(settings, "process", "strict", 100, 1, 200) == 100
    assert number(settings, "service", "strict", 1.5, 0, 3600) == 1.5


def test_another_word_is_told_and_not_guessed_at():
    with pytest.raises(RPCAborted, match=r"^plugin\.nrpe\.allow_arguments is 'never': it must be 1 or 0$"):
        flag({"allow_arguments": "never"}, "nrpe", "allow_arguments", True)


def test_numbers_have_bounds():
    assert whole({"parallel": "32"}, "nrpe", "parallel", 4, 1, 32) == 32
    assert number({"wait": "2.5"}, "service", "wait", 100, 0, 3600) == 2.5


@pytest.mark.parametrize("text", ["0", "33", "4.0", "four", "1_0", "\u0663", "9" * 30])
def test_what_is_no_whole_number_within_them_is_told(text: str):
    with pytest.raises(RPCAborted, match=r"^plugin\.nrpe\.parallel is '.+': it must be a whole number from 1 to 32$"):
        whole({"parallel": text}, "nrpe", "parallel", 4, 1, 32)


@pytest.mark.parametrize("text", ["-1", "3601", "nan", "inf", "1e3", "soon"])
def test_what_is_no_number_within_them_is_told(text: str):
    with pytest.raises(RPCAborted, match=r"^plugin\.service\.wait is '.+': it must be a number from 0 to 3600$"):
        number({"wait": text}, "service", "wait", 100, 0, 3600)
