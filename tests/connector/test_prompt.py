import os
import pty
import subprocess
import sys

import pytest

from mcollective_py.connector.pool import Broker
from mcollective_py.connector.prompt import Prompt
from mcollective_py.errors import ConfigError

_ASKING = """
from mcollective_py.connector.pool import Broker
from mcollective_py.connector.prompt import Prompt
broker = Prompt("plugin.activemq.", wants_user=True, wants_password=True).complete(Broker("mq1"))
print(broker.user, broker.password)
"""


class Person:
    """Answers questions, and keeps them."""

    def __init__(self, *answers: str | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, bool]] = []

    def __call__(self, question: str, is_hidden: bool) -> str:
        self.asked.append((question, is_hidden))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def prompt(person: Person, *, user: bool = True, password: bool = True) -> Prompt:
    return Prompt("plugin.rabbitmq.", wants_user=user, wants_password=password, read=person)


def test_user_and_password_are_asked_once_for_all_brokers():
    person = Person("ops", "s3cret")
    ask = prompt(person)
    assert [ask.complete(Broker(name)) for name in ("mq1", "mq2")] == [
        Broker("mq1", 61613, "ops", "s3cret"),
        Broker("mq2", 61613, "ops", "s3cret"),
    ]
    assert person.asked == [("The broker's user: ", False), ("The broker's password: ", True)]


def test_what_is_set_is_not_asked_for():
    person = Person("s3cret")
    assert prompt(person).complete(Broker("mq1", user="nodes")) == Broker("mq1", 61613, "nodes", "s3cret")
    assert prompt(person, user=False, password=False).complete(Broker("mq1")) == Broker("mq1")
    assert [question for question, _ in person.asked] == ["The broker's password: "]


@pytest.mark.parametrize("answer", [OSError("no terminal"), EOFError(), "", "a\0b"])
def test_without_a_terminal_or_an_answer_it_says_what_to_set(answer: str | Exception):
    with pytest.raises(
        ConfigError, match=r"prompt_password: .*nobody answers.*STOMP_PASSWORD or plugin\.rabbitmq\.pool\.N\.password_file"
    ):
        prompt(Person(answer), user=False).complete(Broker("mq1"))


def test_a_process_without_a_terminal_does_not_read_standard_input():
    done = subprocess.run(
        [sys.executable, "-c", _ASKING], input="ops\ns3cret\n", capture_output=True, text=True, start_new_session=True, timeout=30
    )
    assert "set STOMP_USER or plugin.activemq.pool.N.user" in done.stderr
    assert done.stdout == ""


@pytest.mark.filterwarnings("ignore:This process")  # it forks, with threads of other tests around
def test_the_terminal_is_asked_and_does_not_show_the_password():
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", _ASKING])
    shown = b""
    for question, answer in ((b"user: ", b"ops\n"), (b"password: ", b"s3cret\n")):
        while question not in shown:
            shown += os.read(terminal, 1000)
        os.write(terminal, answer)
    while b"ops s3cret" not in shown:
        shown += os.read(terminal, 1000)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
    assert shown.count(b"s3cret") == 1
