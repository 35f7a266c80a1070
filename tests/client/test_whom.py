import pytest

from mcollective_py.client.whom import Groups, whom
from mcollective_py.config import Config
from mcollective_py.errors import DiscoveryError, FilterError, UsageError
from mcollective_py.filter import Filter

GROUPS = {"web": ("web1", "web2")}.__getitem__


def test_named_hosts_are_those_of_names_node_sets_and_groups_without_the_excluded():
    meant = whom(Filter.parse(identities=["db[1-2]", "group:web"]), ["web1", "/2$/"], GROUPS)
    assert meant.names == ("db1",)
    assert meant.is_decided_here


def test_a_filter_is_sent_with_its_identities_while_a_message_has_room():
    few = whom(Filter.parse(identities=["web[1-20]"], facts=["a=b"]), (), GROUPS)
    many = whom(Filter.parse(identities=["web[1-100]"], facts=["a=b"]), (), GROUPS)
    assert few.wire.identities == tuple(f"web{number}" for number in range(1, 21))
    assert not few.is_decided_here
    assert many.wire == Filter.parse(facts=["a=b"])
    assert many.is_decided_here
    assert [many.judge()(name) for name in ("web100", "web101")] == [True, False]


def test_who_is_excluded_is_not_meant():
    is_meant = whom(Filter(), ["web[1-2]", "/^db/", "group:web"], GROUPS).judge()
    assert [is_meant(name) for name in ("web1", "web3", "db7", "xdb")] == [False, True, False, True]


@pytest.mark.parametrize("word", ["", " ", "/(/", "web[", "a b"])
def test_a_word_that_excludes_nobody_is_an_error(word):
    with pytest.raises((UsageError, FilterError)):
        whom(Filter(), [word], GROUPS)


def test_groups_are_read_once_from_the_configured_file_or_another(tmp_path):
    file = tmp_path / "fleet.yaml"
    file.write_text("hosts: {web1: , db1: }\ngroups: {web: [web1], none: ['/x/']}\n")
    groups = Groups(Config.from_text(f"plugin.discovery.inventory.file = {file}\n", "client"))
    assert groups("web") == Groups(Config.from_text("", "client"), str(file))("web") == ("web1",)
    with pytest.raises(DiscoveryError, match="the group none has no hosts"):
        groups("none")
    file.unlink()
    assert groups("web") == ("web1",)


def test_without_an_inventory_there_are_no_groups():
    with pytest.raises(UsageError, match=r"there is no group web: .*plugin\.discovery\.inventory\.file"):
        Groups(Config.from_text("", "client"))("web")
