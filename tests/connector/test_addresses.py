import socket
import threading
import time

import pytest

from mcollective_py.connector.addresses import AddressBook, NotResolved, SocketAddress

FIRST: list[SocketAddress] = [(int(socket.AF_INET), ("192.0.2.1", 61613))]


def refuse(host: str, port: int) -> list[SocketAddress]:
    raise AssertionError("nobody may be asked")


def test_an_address_needs_no_look_up():
    assert AddressBook(refuse).find("192.0.2.1", 61613, 0) == FIRST
    assert AddressBook(refuse).find("2001:db8::1", 61613, 0)[0][0] == socket.AF_INET6


def test_a_name_is_looked_up():
    assert AddressBook(lambda host, port: [(2, (f"{host}!", port))]).find("mq1", 61613, 10) == [(2, ("mq1!", 61613))]


def test_localhost_is_known_to_the_system():
    assert (int(socket.AF_INET), ("127.0.0.1", 61613)) in AddressBook().find("localhost", 61613, 10)


def test_a_name_that_nobody_knows_says_what_to_check():
    def unknown(host: str, port: int) -> list[SocketAddress]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(NotResolved, match=r"mq1 is not known \(Name or service not known\): check \.host"):
        AddressBook(unknown).find("mq1", 61613, 10)


def test_a_resolver_that_never_answers_costs_no_more_than_the_limit_and_one_thread():
    never, asked = threading.Event(), []

    def hang(host: str, port: int) -> list[SocketAddress]:
        asked.append(host)
        never.wait(60)
        return []

    book = AddressBook(hang)
    start = time.monotonic()
    for _ in range(3):
        with pytest.raises(NotResolved, match=r"not resolved within"):
            book.find("mq1", 61613, 0.05)
    assert time.monotonic() - start < 5
    assert asked == ["mq1"]
    never.set()


def test_the_last_good_address_serves_while_the_resolver_is_dead():
    answers = iter([FIRST])

    def once(host: str, port: int) -> list[SocketAddress]:
        try:
            return next(answers)
        except StopIteration:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution") from None

    book = AddressBook(once)
    assert book.find("mq1", 61613, 10) == FIRST
    assert book.find("mq1", 61613, 10) == FIRST


def test_a_new_address_replaces_the_old_one():
    answers = iter([FIRST, [(2, ("192.0.2.2", 61613))]])
    book = AddressBook(lambda host, port: next(answers))
    book.find("mq1", 61613, 10)
    assert book.find("mq1", 61613, 10) == [(2, ("192.0.2.2", 61613))]
