import pytest

from mcollective_py.cli.completion.sources import Machine
from mcollective_py.cli.console.completing import Completer, offered

DDL = """\
metadata: {name: larder, description: D, author: A, license: L, version: "1", url: U, timeout: 5}
actions:
  - action: put
    description: Puts something down
    input:
      where: {prompt: P, description: Which one, type: list, list: [upper, lower]}
      what: {prompt: P, description: D, type: string, maxlength: 5}
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    folder = tmp_path / "libdir" / "agents" / "larder"
    folder.mkdir(parents=True)
    (folder / "ddl.yaml").write_text(DDL)
    (tmp_path / "client.cfg").write_text(f"libdir = {tmp_path / 'libdir'}\ncollectives = mcollective,uk\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    known = tmp_path / "cache" / "mcollective_py" / "known"
    known.mkdir(parents=True)
    (known / "x.json").write_text('{"hosts": {"web1": 1, "web2": 1, "db1": 1}}')
    return Machine(str(tmp_path / "client.cfg"))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["lar"], ["larder"]),
        (["filt"], ["filter"]),
        (["inven"], ["inventory"]),
        (["larder", ""], ["put"]),
        (["larder", "put", "wh"], ["what=", "where="]),
        (["larder", "put", "where="], ["where=lower", "where=upper"]),
        (["larder", "put", "what=x", "wh"], ["where="]),
        (["larder", "put", "--limit-s"], ["--limit-seed"]),
        (["filter", "-I", "w"], ["web1", "web2"]),
        (["filter", "n"], ["none"]),
        (["ping", "-T", ""], ["mcollective", "uk"]),
        (["doc", "lar"], ["larder"]),
        (["help", "fin"], ["find"]),
        (["hosts", ""], []),
        (["no_such_command", ""], []),
    ],
)
def test_what_could_stand_next(machine, words, found):
    assert [one.word for one in offered(words, machine)] == found


def test_readline_gets_whole_words_closed_and_inputs_open(machine):
    line = ""
    completer = Completer(machine, lambda: line)
    for line, found in (("lar", ["larder "]), ("larder put wha", ["what="]), ("larder put where=u", ["where=upper "])):  # noqa: B007
        assert [completer("", state) for state in range(len(found) + 1)] == [*found, None]
