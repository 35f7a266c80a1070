"""The reference page and the sample files are what the table of settings says."""

from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.reference import reference_page, sample_file, write
from mcollective_py.settings import SETTINGS

TREE = Path(__file__).parents[1]


def test_the_page_names_every_setting_with_its_default():
    page = reference_page()
    for row in SETTINGS:
        (line,) = (line for line in page.splitlines() if line.startswith(f"| `{row.key}` |"))
        assert row.default is None or f"`{row.default}`" in line


def test_the_page_in_docs_is_up_to_date():
    assert (TREE / "docs/configuration.md").read_text() == reference_page(), "run `make reference`"


@pytest.mark.parametrize("side", ["server", "client"])
def test_the_sample_files_are_up_to_date(side):
    assert (TREE / f"packaging/config/{side}.cfg").read_text() == sample_file(side), "run `make reference`"


@pytest.mark.parametrize("side", ["server", "client"])
def test_a_sample_file_as_it_is_shipped_sets_nothing(side):
    config = Config.from_text(sample_file(side), side)
    assert config.keys() == ()
    assert config.warnings == ()


@pytest.mark.parametrize("side", ["server", "client"])
def test_a_sample_file_with_every_default_taken_in_says_the_same(side):
    lines = sample_file(side).splitlines()
    taken = [line[1:].replace(".N.", ".1.").replace(".NAME.", ".puppet.") for line in lines if line.startswith("#") and line[1] != " "]
    with_values = [line for line in taken if not line.endswith("=") and ".pool." not in line]
    assert len(with_values) > 50
    assert Config.from_text("\n".join(with_values), side).warnings == ()


def test_the_page_and_the_samples_are_written_where_they_are_asked_for(tmp_path):
    write(tmp_path / "page.md", tmp_path)
    assert (tmp_path / "page.md").read_text() == reference_page()
    assert (tmp_path / "server.cfg").read_text() == sample_file("server")
    assert (tmp_path / "client.cfg").read_text() == sample_file("client")
