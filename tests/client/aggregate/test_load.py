import pytest

from mcollective_py.client.aggregate.base import AggregateFunction
from mcollective_py.client.aggregate.load import OURS, aggregate_class
from mcollective_py.errors import PluginError


@pytest.mark.parametrize("name", OURS)
def test_every_one_of_ours_is_there(name):
    assert issubclass(aggregate_class(name, []), AggregateFunction)


def test_a_libdirs_one_comes_before_ours(tmp_path):
    folder = tmp_path / "aggregates" / "summary"
    folder.mkdir(parents=True)
    (folder / "aggregate.py").write_text("class Summary:\n    pass\n")
    assert aggregate_class("summary", [tmp_path]).__module__.startswith("_mcollective_plugin_summary")


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(PluginError, match="did you mean percentiles"):
        aggregate_class("percentile", [])
