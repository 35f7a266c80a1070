from pathlib import Path

from mcollective_py.testing import conformance_problems

FOLDER = Path(__file__).parents[1]


def test_the_folder_is_as_hosts_and_operators_expect():
    assert conformance_problems(FOLDER) == []
