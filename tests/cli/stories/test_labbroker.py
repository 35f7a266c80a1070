from pathlib import Path

import pytest

from mcollective_py.cli.demosite import Site
from mcollective_py.cli.stories.lab import Lab
from mcollective_py.cli.stories.labbroker import LabBroker, lab_broker
from mcollective_py.errors import NotReady

# Stands for labhost with a broker behind it: says its port, and stays.
LISTENS = """#!/bin/sh
[ "$1" = net ] || exit 0
while [ "$1" != --port-file ]; do shift; done
echo 61999 >"$2.new"; mv "$2.new" "$2"
echo $$ >{folder}/pid
exec sleep 60
"""
ENDS = "#!/bin/sh\n[ $1 = net ] || exit 0\necho the address is taken >&2; exit 1\n"


def lab(folder: Path, text: str) -> Lab:
    program = folder / "labhost"
    program.write_text(text.format(folder=folder))
    program.chmod(0o755)
    return Lab(program, [])


def test_a_broker_is_there_while_its_block_is(tmp_path: Path) -> None:
    with lab_broker(lab(tmp_path, LISTENS), Site(tmp_path)) as place:
        assert (place.host, place.port) == ("10.77.0.1", 61999)
        process = Path("/proc") / (tmp_path / "pid").read_text().strip()
        assert process.exists()
    assert not process.exists()


def test_a_broker_that_does_not_come_up_is_told_in_its_words(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="the address is taken"), lab_broker(lab(tmp_path, ENDS), Site(tmp_path)):
        pass


def test_a_broker_that_was_killed_starts_again_where_it_was(tmp_path: Path) -> None:
    broker = LabBroker(lab(tmp_path, LISTENS), Site(tmp_path))
    broker.start()
    first = (tmp_path / "pid").read_text()
    broker.kill()
    broker.start()
    try:
        assert broker.place.port == 61999 and (tmp_path / "pid").read_text() != first
    finally:
        broker.stop()
