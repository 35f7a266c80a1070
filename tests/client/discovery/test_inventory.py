import json

import pytest

from mcollective_py.client.discovery.base import Question
from mcollective_py.client.discovery.inventory import Inventory
from mcollective_py.config import Config
from mcollective_py.errors import DiscoveryError, UsageError
from mcollective_py.filter import Filter

UK = Question(Filter.parse(facts=["country=uk"]), "mcollective", 1.0)


@pytest.mark.parametrize("name", ["fleet.yaml", "fleet.json", "fleet"])
def test_a_file_is_found_by_option_or_by_setting(tmp_path, name):
    (tmp_path / name).write_text(json.dumps({"hosts": {"web2": {"facts": {"country": "uk"}}, "web1": {"facts": {"country": "uk"}}}}))
    configured = Config.from_text(f"plugin.discovery.inventory.file = {tmp_path / name}\n", "client")
    for method in (Inventory((str(tmp_path / name),), Config.from_text("", "client")), Inventory((), configured)):
        answer = method.discover(UK)
        assert (answer.nodes, answer.method, answer.ended) == (("web1", "web2"), "inventory", "source")


def test_without_a_file_it_says_which_would_do():
    with pytest.raises(UsageError, match=r"--do FILE, or plugin\.discovery\.inventory\.file"):
        Inventory((), Config.from_text("", "client"))


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "cannot be read"), (b"\xff", "is no text"), (b"{", "no JSON"), (b"- [", "no YAML")]
)
def test_a_file_that_cannot_be_used_is_an_error(tmp_path, content, problem):
    file = tmp_path / "fleet"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DiscoveryError, match=problem):
        Inventory((str(file),), Config.from_text("", "client")).discover(UK)


def test_ten_thousand_hosts_are_read_and_filtered(tmp_path):
    hosts = {f"web{n}.example.com": {"facts": {"country": "uk" if n % 2 else "de"}, "classes": ["role::web"]} for n in range(10_000)}
    (tmp_path / "fleet.json").write_text(json.dumps({"hosts": hosts}))
    assert len(Inventory((str(tmp_path / "fleet.json"),), Config.from_text("", "client")).discover(UK).nodes) == 5_000
