import pytest

from mcollective_py.client.discovery.base import Question
from mcollective_py.client.discovery.siteplugins import capabilities_in, site_methods, site_plugin
from mcollective_py.config import Config
from mcollective_py.errors import DDLError, DiscoveryError, PluginError
from mcollective_py.filter import Filter

DDL = "metadata: {name: racks, description: By rack, author: a, license: l, version: '1', url: u, timeout: 5}\n"
CONFIG = Config.from_text("plugin.racks.site = north\n", "client")
ALL = Question(Filter(), "mcollective", 1.0)


@pytest.fixture
def plugin(tmp_path):
    """Makes the folder of a plugin `racks` and gives it."""

    def make(code, ddl=DDL + "capabilities: [identity, facts]\n"):
        folder = tmp_path / "discovery" / "racks"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "discovery.py").write_text(code)
        (folder / "ddl.yaml").write_text(ddl)
        return folder

    return make


def racks(body):
    return (
        "class Racks:\n    def __init__(self, options, settings):\n        self.options, self.settings = options, settings\n"
        f"    def discover(self, question):\n        {body}\n"
    )


def test_a_plugin_gets_its_options_and_settings_and_gives_names(plugin, tmp_path):
    folder = plugin(racks("return ['web2', 'web1', self.options[0] + self.settings['site']]"))
    assert site_methods([tmp_path])["racks"] == folder
    method = site_plugin("racks", folder, ["r1-"], CONFIG)
    assert method.capabilities == {"identity", "facts"}
    answer = method.discover(ALL)
    assert (answer.nodes, answer.method, answer.ended) == (("r1-north", "web1", "web2"), "racks", "source")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("return 1 / 0", "the discovery method racks failed: ZeroDivisionError"),
        ("return ['../x']", "gave '../x', which is no host name"),
        ("return [None]", "which is no host name"),
        ("return None", "failed: TypeError"),
        ("import itertools; return (f'web{n}' for n in itertools.count())", "more than 100000 hosts"),
    ],
)
def test_a_plugin_that_fails_is_an_error_and_never_nobody(plugin, body, problem):
    with pytest.raises(DiscoveryError, match=problem):
        site_plugin("racks", plugin(racks(body)), [], CONFIG).discover(ALL)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("class Other: pass", "has no class Racks"),
        ("class Racks: pass", "has no discover"),
        ("class Racks:\n    def discover(self, question): return []", "TypeError"),
        ("boom(", "SyntaxError"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_named(plugin, code, problem):
    with pytest.raises(PluginError, match=problem):
        site_plugin("racks", plugin(code), [], CONFIG)


@pytest.mark.parametrize(
    ("ddl", "problem"),
    [
        (DDL, "capabilities: is a list of facts, classes, agents, identity, compound"),
        (DDL + "capabilities: []", "one at least"),
        (DDL + "capabilities: [rack]", "must be one of"),
        (DDL.replace("name: racks", "name: other") + "capabilities: [facts]", "must be racks, as the folder is called"),
        (DDL + "capability: [facts]", "is not known here"),
    ],
)
def test_a_ddl_that_will_not_do_is_named(plugin, ddl, problem):
    with pytest.raises(DDLError) as refused:
        capabilities_in(plugin(racks("return []"), ddl))
    assert problem in str(refused.value)
