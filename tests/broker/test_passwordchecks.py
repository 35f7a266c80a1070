import asyncio
import threading

import pytest

from mcollective_py.broker.frames import RefusedFrame
from mcollective_py.broker.passwordchecks import PasswordChecks
from mcollective_py.broker.rights import ADMIN, Member


class SlowPasswords:
    """Passwords whose checks wait until they may end; every password is right, but `fault` breaks."""

    def __init__(self):
        self.may_end = threading.Event()
        self.checked = []

    def check(self, name, password):
        self.may_end.wait(10)
        self.checked.append(name)
        if password == "fault":
            raise MemoryError("no room")
        return name


def member(user):
    if user is None:
        raise RefusedFrame("wrong")
    return Member(user, ADMIN)


def run(scenario):
    async def bounded():
        checks, passwords = PasswordChecks(), SlowPasswords()
        try:
            await asyncio.wait_for(scenario(checks, passwords), 20)
        finally:
            passwords.may_end.set()
            checks.stop()

    asyncio.run(bounded())


def test_one_login_is_checked_once_for_all_who_ask():
    async def scenario(checks, passwords):
        answers = [checks.check(passwords, "node", "x", "10.0.0.1", member) for _ in range(1000)]
        passwords.may_end.set()
        assert {one.name for one in await asyncio.gather(*answers)} == {"node"}
        assert passwords.checked == ["node"]

    run(scenario)


def test_beyond_the_bound_the_answer_is_busy_at_once_and_an_address_has_half_of_it():
    async def scenario(checks, passwords):
        begun = [checks.check(passwords, f"a{number}", "x", "10.0.0.1", member) for number in range(32)]
        with pytest.raises(RefusedFrame, match="busy"):
            checks.check(passwords, "more", "x", "10.0.0.1", member)
        begun += [checks.check(passwords, f"b{number}", "x", "10.0.0.2", member) for number in range(32)]
        with pytest.raises(RefusedFrame, match="busy"):
            checks.check(passwords, "more", "x", "10.0.0.3", member)
        passwords.may_end.set()
        assert len(await asyncio.gather(*begun)) == 64
        assert (await checks.check(passwords, "more", "x", "10.0.0.1", member)).name == "more"

    run(scenario)


def test_a_check_whose_clients_have_gone_makes_room_and_is_not_done():
    async def scenario(checks, passwords):
        for _ in range(20):
            gone = [checks.check(passwords, f"x{number}", "x", "10.0.0.1", member) for number in range(32)]
            for answer in gone:
                answer.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        honest = checks.check(passwords, "honest", "x", "10.0.0.1", member)
        passwords.may_end.set()
        assert (await honest).name == "honest"
        assert len(passwords.checked) <= 3  # the two that had begun, and this one

    run(scenario)


def test_one_of_two_that_leaves_does_not_end_the_check_of_the_other():
    async def scenario(checks, passwords):
        stays, leaves = (checks.check(passwords, "node", "x", "10.0.0.1", member) for _ in range(2))
        leaves.cancel()
        await asyncio.sleep(0)
        passwords.may_end.set()
        assert (await stays).name == "node"

    run(scenario)


def test_a_check_that_breaks_is_a_refusal_and_a_line_of_the_log(caplog):
    async def scenario(checks, passwords):
        passwords.may_end.set()
        with pytest.raises(RefusedFrame, match="wrong"):
            await checks.check(passwords, "node", "fault", "10.0.0.1", member)
        assert "could not be checked: MemoryError('no room')" in caplog.text

    run(scenario)
