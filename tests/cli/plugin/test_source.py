import os

import pytest

from mcollective_py.cli.plugin.source import MAX_FILE, read_sources
from mcollective_py.errors import UsageError


def test_one_plugin_is_read_with_what_may_be_run(plugin):
    [source] = read_sources(plugin("agent", "greeter", "--external", "sh"))
    assert (source.kind, source.one, source.name) == ("agents", "agent", "greeter")
    assert {name: file.is_program for name, file in source.files.items()} == {
        "README.md": False, "agent.sh": True, "ddl.yaml": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "words"),
    [("agent", ()), ("data", ("--outputs", "x")), ("validator", ()), ("aggregate", ()), ("discovery", ()), ("facts", ())],
)
def test_a_kind_is_told_by_its_files_wherever_the_folder_lies(plugin, tmp_path, kind, words):
    folder = plugin(kind, "thing", *words).rename(tmp_path / "thing")
    assert [source.one for source in read_sources(folder)] == [kind]


def test_a_ddl_alone_says_whose_it_is(plugin, tmp_path):
    for number, (kind, words, code) in enumerate(
        [("agent", (), "agent.py"), ("data", ("--outputs", "x"), "data.py"), ("discovery", (), "discovery.py")]
    ):
        folder = plugin(kind, f"thing{number}", *words)
        (folder / code).unlink()
        assert [source.one for source in read_sources(folder.rename(tmp_path / folder.name))] == [kind]


def test_a_folder_of_several_is_read_as_a_libdir_is(plugin):
    folder = plugin("agent", "greeter")
    plugin("validator", "polite")
    assert [(source.kind, source.name) for source in read_sources(folder.parents[1])] == [
        ("agents", "greeter"),
        ("validators", "polite"),
    ]


def test_caches_tests_and_copies_of_editors_are_left_out(plugin):
    folder = plugin("agent", "greeter")
    for name in ("__pycache__/agent.cpython-311.pyc", ".git/config", "agent.py~", "notes.orig"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    assert sorted(read_sources(folder)[0].files) == ["README.md", "agent.py", "ddl.yaml"]


def test_a_link_within_is_its_file(plugin):
    folder = plugin("agent", "greeter")
    (folder / "again.py").symlink_to("agent.py")
    files = read_sources(folder)[0].files
    assert files["again.py"].content == files["agent.py"].content


def _link_out(folder):
    (folder / "passwd").symlink_to("/etc/passwd")


def _link_to_folder(folder):
    (folder / "inner").mkdir()
    (folder / "link").symlink_to("inner")


def _loop(folder):
    (folder / "loop").symlink_to("loop")


def _fifo(folder):
    os.mkfifo(folder / "pipe")


def _huge(folder):
    with (folder / "big").open("wb") as file:
        file.truncate(MAX_FILE + 1)


def _many(folder):
    for number in range(2100):
        (folder / f"f{number}").touch()


def _deep(folder):
    (folder / "/".join("abcdefghij")).mkdir(parents=True)


def _touch(name):
    return lambda folder: (folder / name).touch()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_link_out, "passwd is a link that leads out of "),
        (_link_to_folder, "link is a link to a folder"),
        (_loop, "loop is a link that leads nowhere"),
        (_fifo, "pipe is not a regular file"),
        (_huge, "big has 16777217 bytes, the limit is 16777216"),
        (_many, "more than 2000 files"),
        (_deep, "deeper than 8"),
        (_touch("a b"), "a b: a plugin's files have names of letters"),
        (_touch("a\nb"), r"a\nb: a plugin's files have names of letters"),
        (_touch("$(reboot)"), "$(reboot): a plugin's files have names of letters"),
        (_touch("-rf"), "-rf: a plugin's files have names of letters"),
    ],
)
def test_what_is_no_plain_file_is_refused_by_name(plugin, spoil, says):
    folder = plugin("agent", "greeter")
    spoil(folder)
    with pytest.raises(UsageError) as refused:
        read_sources(folder)
    assert says in str(refused.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_named(plugin):
    folder = plugin("agent", "greeter")
    (folder / "agent.py").chmod(0)
    with pytest.raises(UsageError, match=r"agent\.py cannot be read: Permission denied"):
        read_sources(folder)


def test_a_folder_that_is_no_plugin_says_what_one_has(tmp_path):
    for path, says in (
        (tmp_path, "no plugin is here: one has agent.py"),
        (tmp_path / "none", "there is no such folder"),
        (tmp_path / "a\0b", "cannot be looked at|there is no such folder"),
    ):
        with pytest.raises(UsageError, match=says):
            read_sources(path)
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "nagios.ddl").touch()
    with pytest.raises(UsageError, match=r"a plugin of Ruby: `mco plugin convert agent/nagios\.ddl`"):
        read_sources(tmp_path)
    (tmp_path / "agents" / "Bad-Name").mkdir(parents=True)
    (tmp_path / "agents" / "Bad-Name" / "agent.py").touch()
    with pytest.raises(UsageError, match="Bad-Name: a plugin's folder is called as the plugin is"):
        read_sources(tmp_path)
