import pytest

from mcollective_py.client.discovery.base import CAPABILITIES
from mcollective_py.client.discovery.flatfile import Flatfile
from mcollective_py.client.discovery.methods import all_capabilities, check_capabilities, discovery_method, used
from mcollective_py.config import Config
from mcollective_py.errors import FilterError, UsageError
from mcollective_py.filter import Filter


@pytest.fixture
def libdir(tmp_path):
    folder = tmp_path / "discovery" / "racks"
    folder.mkdir(parents=True)
    (folder / "discovery.py").write_text(
        "class Racks:\n    def __init__(self, options, settings): pass\n    def discover(self, question): return ['web1']\n"
    )
    (folder / "ddl.yaml").write_text(
        "metadata: {name: racks, description: d, author: a, license: l, version: '1', url: u, timeout: 1}\ncapabilities: [classes]\n"
    )
    (tmp_path / "discovery" / "broken").mkdir()
    (tmp_path / "discovery" / "broken" / "discovery.py").write_text("")
    return tmp_path


def test_methods_are_ours_or_those_of_the_libdirs(libdir):
    config = Config.from_text(f"libdir = {libdir}\n", "client")
    assert isinstance(discovery_method("flatfile", ["x"], config), Flatfile)
    assert discovery_method("racks", [], config).capabilities == {"classes"}


def test_a_method_that_is_not_there_is_named_with_the_nearest():
    config = Config.from_text("", "client")
    with pytest.raises(UsageError, match="no discovery method 'flatfil': did you mean flatfile"):
        discovery_method("flatfil", [], config)
    with pytest.raises(UsageError, match="there are external, flatfile, inventory, mc, puppetdb, stdin"):
        discovery_method("zzz", [], config)


def test_a_part_that_a_method_cannot_apply_is_refused_with_those_that_can(libdir):
    method = Flatfile(("x",), Config.from_text("", "client"))
    check_capabilities(method, Filter.parse(identities=["web1", "/db/"]), [libdir])
    with pytest.raises(FilterError, match=r"flatfile cannot apply -C: mc, .*inventory.*racks can"):
        check_capabilities(method, Filter.parse(classes=["web"]), [libdir])
    with pytest.raises(FilterError, match=r"cannot apply -S \(and ! before -F and -C\): mc, inventory can"):
        check_capabilities(method, Filter.parse(facts=["!country=uk"]), [])


def test_what_each_can_apply_is_known_and_a_broken_one_is_left_out(libdir):
    known = all_capabilities([libdir])
    assert known["mc"] == known["inventory"] == frozenset(CAPABILITIES)
    assert known["flatfile"] == known["stdin"] == {"identity"}
    assert known["racks"] == {"classes"}
    assert "broken" not in known


def test_the_parts_of_a_filter_have_names():
    assert used(Filter()) == []
    assert used(Filter.parse(facts=["a=b"], classes=["c"], agents=["d"], identities=["e"], compound=["f"])) == list(CAPABILITIES)
