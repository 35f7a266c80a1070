import pytest

from mcollective_py.client.discovery.hostwords import HostWords, expanded
from mcollective_py.errors import FilterError, UsageError


def test_node_sets_and_groups_become_names_and_all_else_stays():
    groups = {"web": ("web1", "web2")}
    assert expanded(["db[1-2],db2", "/^x/", "group:web", "web1", "pql:nodes{}"], groups.__getitem__) == (
        *("db1", "db2", "/^x/", "web1", "web2", "pql:nodes{}"),
    )


def test_a_group_is_an_error_where_there_are_none():
    with pytest.raises(UsageError, match=r"plugin\.discovery\.inventory\.file"):
        expanded(["group:web"])


def test_names_and_regular_expressions_mean_hosts():
    some = HostWords(["web1", "/^db[0-9]/"])
    assert [name in some for name in ("web1", "web11", "db1", "xdb1")] == [True, False, True, False]
    assert some
    assert not HostWords([])


@pytest.mark.parametrize("word", ["/(/", "web 1", "", "a..b", "-x"])
def test_a_word_that_means_no_host_is_refused(word):
    with pytest.raises(FilterError):
        HostWords([word])
