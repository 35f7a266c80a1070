import ipaddress

from mcollective_py.cli.stories.iptables import GUEST, STORY


def test_the_address_that_is_blocked_is_that_of_the_guest_alone() -> None:
    assert [host.name for host in STORY.hosts if host.address == GUEST] == ["guest"]
    assert ipaddress.ip_address(GUEST) in ipaddress.ip_network("10.77.0.0/24")


def test_the_same_attempt_is_made_before_during_and_after() -> None:
    attempts = [step for step in STORY.steps if " connect " in step.command]
    assert [step.code for step in attempts] == [0, 2, 0]
    assert len({step.command for step in attempts}) == 1
