import pytest

from mcollective_py.client.addressing import Address, address
from mcollective_py.errors import UsageError
from mcollective_py.filter import Filter

WEB = Filter.parse(classes=["webserver"])
ELEVEN = tuple(f"web{number}" for number in range(11))


def test_few_discovered_nodes_are_addressed_by_name_with_no_filter_but_the_agent():
    assert address("service", WEB, ["web1", "web2"], is_named=False) == Address(Filter(agents=("service",)), ("web1", "web2"))


def test_many_discovered_nodes_get_a_broadcast_with_the_filter():
    assert address("service", WEB, ELEVEN, is_named=False) == Address(WEB.with_agent("service"), None)


def test_named_nodes_are_addressed_by_name_however_many():
    assert address("service", WEB, ELEVEN, is_named=True).targets == ELEVEN


def test_without_direct_addressing_named_nodes_stand_in_the_filter():
    expected = Address(Filter(agents=("service",), identities=("web1",)), None)
    assert address("service", Filter(), ["web1"], is_named=True, direct_addressing=False) == expected


def test_without_direct_addressing_discovered_nodes_get_a_broadcast():
    assert address("service", WEB, ["web1"], is_named=False, direct_addressing=False).targets is None


def test_more_named_nodes_than_a_filter_holds_need_direct_addressing():
    names = [f"web{n}" for n in range(64)]
    most = address("service", Filter(), names[:63], is_named=True, direct_addressing=False)
    assert Filter.from_wire(most.filter.to_wire()) == most.filter  # every node takes it
    with pytest.raises(UsageError, match="direct_addressing"):
        address("service", Filter(), names, is_named=True, direct_addressing=False)


def test_nobody_is_never_everybody():
    for is_named in (True, False):
        with pytest.raises(UsageError):
            address("service", Filter(), [], is_named=is_named)


@pytest.mark.parametrize("name", ["", "web 1", "web/1", "../x", "-x", "w" * 256])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(UsageError):
        address("service", Filter(), [name], is_named=True)


def test_a_long_list_is_signed_in_chunks_of_200():
    names = tuple(f"web{number}" for number in range(450))
    chunks = list(Address(Filter(), names).chunks())
    assert [len(chunk) for chunk in chunks] == [200, 200, 50]
    assert sum(chunks, ()) == names


def test_a_broadcast_is_one_request():
    assert list(Address(WEB, None).chunks()) == [None]


def test_a_name_given_twice_is_asked_once():
    assert address("service", Filter(), ["web1", "web1"], is_named=True).targets == ("web1",)


def test_a_directed_request_carries_the_filter_where_each_host_is_to_apply_it():
    filter = Filter(classes=("web",))
    assert address("echo", filter, ["web1"], is_named=True, keeps_filter=True) == Address(
        Filter(classes=("web",), agents=("echo",)), ("web1",)
    )
