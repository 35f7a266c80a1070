from mcollective_py.cli.demosite import OPERATOR
from mcollective_py.cli.stories.service import SHOP, STORY


def test_the_line_that_denies_is_the_one_the_tale_names() -> None:
    lines = STORY.policies["service"].splitlines()
    assert lines[3] == f"deny\tcert={OPERATOR}\t*\t*\trole::database"
    assert any("service\\.policy:4 " in wanted for wanted in STORY.steps[-1].shows)


def test_units_are_systemds() -> None:
    assert all(host.has_systemd for host in STORY.hosts)
    assert "ExecStart=/usr/bin/python3 " in SHOP
