import os
import threading

import pytest

from mcollective_py.client.discovery.base import Question
from mcollective_py.client.discovery.flatfile import Flatfile
from mcollective_py.config import Config
from mcollective_py.errors import DiscoveryError, UsageError
from mcollective_py.filter import Filter

CONFIG = Config.from_text("", "client")
ALL = Question(Filter(), "mcollective", 1.0)


def found(path):
    return Flatfile((str(path),), CONFIG).discover(ALL)


@pytest.mark.parametrize(
    ("name", "text"),
    [("hosts", "web1\nweb2\n"), ("hosts.json", '["web1", "web2"]'), ("hosts.yaml", "[web1, web2]"), ("hosts.yml", "- web1\n- web2\n")],
)
def test_a_file_is_read_by_what_its_name_ends_in(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    answer = found(tmp_path / name)
    assert (answer.nodes, answer.method, answer.ended) == (("web1", "web2"), "flatfile", "source")


def test_a_pipe_with_a_name_is_read_to_its_end(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_text("web1\ndb1\n"))
    writer.start()
    assert found(tmp_path / "pipe").nodes == ("web1", "db1")
    writer.join(10)


@pytest.mark.parametrize("name", ["nosuch", "."])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path, name):
    with pytest.raises(DiscoveryError, match="the list of hosts /"):
        found(tmp_path / name)


def test_it_needs_one_file():
    for options in ((), ("a", "b"), ("",)):
        with pytest.raises(UsageError, match="--do FILE"):
            Flatfile(options, CONFIG)
