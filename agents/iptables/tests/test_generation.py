"""The generation of the kernel's rules."""

import pytest

from agents.iptables.generation import Generation, answered, generation, question

ANSWER = bytes.fromhex("300000000f0a0000010000000400000000000001080001000000001c080002000000001fc40b000300707974686f6e0000")
REFUSED = bytes.fromhex("240000000200000001000000000000000100000014000000100a01000100000000000000")


def test_the_number_of_an_answer_is_read():
    assert answered(ANSWER) == 28


def test_the_question_has_the_length_that_it_says():
    assert question()[:4] == len(question()).to_bytes(4, "little")


def test_a_refusal_is_no_number():
    assert answered(REFUSED) is None


@pytest.mark.parametrize("data", [b"", ANSWER[:30], ANSWER[:12], b"\x14\0\0\0" + ANSWER[4:20], bytes(48)])
def test_what_is_cut_off_or_something_else_is_refused(data: bytes):
    with pytest.raises(ValueError):
        answered(data)


def test_it_is_the_same_twice_where_the_kernel_tells_it():
    found = generation()
    assert found is None or (isinstance(found, Generation) and found == generation())
